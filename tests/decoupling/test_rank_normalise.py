import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from epidecouple.decoupling.rank_normalise import normal_scores, scrubbed
from toy_panel import N_REFERENCE, toy_panel


@pytest.fixture
def panel():
    return toy_panel()


def scrubbed_reference(panel, line):
    return scrubbed(panel.reference_tensor(line), panel, line)


def test_scrubbing_takes_offset_and_scale_and_leaves_ranks(panel):
    shards = [
        dataclasses.replace(s, reference=(2 + c) * s.reference.astype(np.float32) + 5 * c)
        for c, s in enumerate(panel.shards)
    ]
    altered = dataclasses.replace(panel, shards=shards)
    for line in range(4):
        found = scrubbed_reference(panel, line)
        torch.testing.assert_close(scrubbed_reference(altered, line), found, atol=1e-5, rtol=0)
        marks = panel.shards[line].reference[:, 0]
        single = np.unique(marks, return_index=True, return_counts=True)
        alone = single[1][single[2] == 1]
        expected = norm.ppf(rankdata(marks) / (N_REFERENCE + 1))
        np.testing.assert_allclose(found[alone, 0], expected[alone], atol=1e-4)
    assert not torch.equal(panel.reference_tensor(2), altered.reference_tensor(2))


def test_scrubbing_leaves_a_missing_mark_missing(panel):
    found = scrubbed_reference(panel, 1)
    assert (found[:, [3, 7]] == 0).all()
    assert found[:, 2].std() > 0.5


def test_pairs_are_ranked_among_the_reference_loci(panel):
    signal = panel.signal_tensor(np.arange(5), 0)
    found = scrubbed(signal, panel, 0)
    assert found.shape == signal.shape and torch.isfinite(found).all()
    reference = panel.reference_tensor(0)[:, 1].numpy()
    value = signal[2, 1, 1].item()
    below, upto = (reference < value).sum(), (reference <= value).sum()
    assert (
        norm.ppf((below + 0.4) / (N_REFERENCE + 1))
        < found[2, 1, 1]
        < norm.ppf((upto + 0.6) / (N_REFERENCE + 1))
    )


def test_how_many_loci_have_no_peak_is_scrubbed_too():
    """Two lines whose marks differ in the share of zeros only: after scrubbing both are normal all
    over, and zeros stay lowest.
    """
    rng = np.random.default_rng(0)
    for share in (0.5, 0.9):
        marks = np.where(rng.random(3000) < share, 0, rng.exponential(size=3000)).astype(np.float32)
        found = normal_scores(marks, marks, rng).numpy()
        assert abs(found.mean()) < 0.02 and found.std() == pytest.approx(1, abs=0.02)
        assert len(np.unique(found)) > 1500
        assert found[marks == 0].max() < found[marks > 0].min()


def test_values_beyond_the_reference_stay_finite():
    found = normal_scores(np.array([-9.0, 9.0]), np.linspace(-1, 1, 9), np.random.default_rng(0))
    np.testing.assert_allclose(found, norm.ppf([0.05, 0.95]), atol=1e-5)
