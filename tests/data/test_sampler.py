from itertools import islice

import numpy as np
import pytest

from epidecouple.data.sampler import CellBatchSampler


def sampler(n=100, positives=20, lines=(0, 1, 2), batch=16, share=0.5, seed=1):
    pairs = np.arange(1000, 1000 + n)
    return CellBatchSampler(pairs, np.arange(n) < positives, list(lines), batch, share, seed)


def test_every_micro_batch_holds_one_line_and_every_step_all_lines_on_the_same_pairs():
    for step in sampler(lines=(0, 2, 5)).epoch(1):
        assert [batch.line for batch in step.micro_batches] == [0, 2, 5]
        for batch in step.micro_batches:
            assert set(batch.lines) == {batch.line}
            assert len(batch.lines) == len(batch.pairs)
            np.testing.assert_array_equal(batch.pairs, step.pairs)
        assert len(step.pairs) == len(step.weights) == 16


def test_an_epoch_has_as_many_steps_as_it_says():
    assert len(list(sampler().epoch(1))) == len(sampler()) == 100 // 16


def test_steps_depend_on_seed_and_epoch_only():
    def drawn(seed, epoch):
        return np.concatenate([step.pairs for step in sampler(seed=seed).epoch(epoch)])

    used = sampler(seed=1)
    list(used.epoch(1))
    again = np.concatenate([step.pairs for step in used.epoch(2)])
    np.testing.assert_array_equal(drawn(1, 2), again)
    assert (drawn(1, 1) != drawn(1, 2)).any()
    assert (drawn(1, 1) != drawn(2, 1)).any()


def test_the_least_share_of_positives_is_kept_and_a_larger_natural_share_is_not_lowered():
    for positives, share, expected in ((20, 0.5, 8), (20, 0.0, 3), (80, 0.25, 13)):
        for step in sampler(positives=positives, share=share).epoch(1):
            assert (step.pairs < 1000 + positives).sum() == expected


@pytest.mark.parametrize(
    ("positives", "share"),
    [(20, 0.5), (20, 0.0), (80, 0.25), (3, 0.0), (3, 1.0), (97, 0.0), (0, 0.5), (100, 0.5)],
)
def test_weighted_batch_means_estimate_the_plain_mean(positives, share):
    """Values differ between strata, so that a missing weight, or a stratum never drawn, shifts the
    estimate.
    """
    value = np.concatenate(
        [np.full(positives, 10.0), np.zeros(100 - positives)]
    ) + np.random.default_rng(0).normal(0, 1, 100)
    drawn = sampler(positives=positives, share=share)
    steps = [step for epoch in range(60) for step in drawn.epoch(epoch)]
    estimates = np.array([(value[step.pairs - 1000] * step.weights).mean() for step in steps])
    error = 5 * estimates.std() / np.sqrt(len(estimates)) + 1e-6
    assert abs(estimates.mean() - value.mean()) < error
    assert error < 0.6


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_weights_have_mean_one(share):
    for step in sampler(share=share).epoch(1):
        assert step.weights.dtype == np.float32
        assert step.weights.mean() == pytest.approx(1)


def test_a_rare_stratum_is_in_every_batch():
    for step in sampler(positives=1, share=0.0).epoch(1):
        assert 1000 in step.pairs
    for step in sampler(positives=20, share=1.0).epoch(1):
        assert (step.pairs >= 1020).any()


def test_a_batch_larger_than_the_data_is_the_data():
    steps = list(sampler(n=10, positives=4, batch=512, share=0.0).epoch(1))
    assert len(steps) == 1
    assert sorted(steps[0].pairs) == list(range(1000, 1010))


def test_no_pair_comes_twice_before_its_stratum_is_used_up():
    drawn = np.concatenate([step.pairs for step in islice(sampler(positives=100).epoch(1), 6)])
    assert len(np.unique(drawn)) == 96
