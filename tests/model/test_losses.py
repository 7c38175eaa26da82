import math
from itertools import combinations, product

import numpy as np
import pytest
import torch

from epidecouple.model.losses import (
    conditional_nll,
    line_pair_nll,
    line_pair_weights,
    log_elementary_symmetric,
    task_nll,
)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def labels_with_both_classes(n, lines, seed=0):
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.arange(lines) < rng.integers(1, lines)) for _ in range(n)]
    return torch.from_numpy(np.array(rows).astype(np.float32))


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 8])
def test_elementary_symmetric_polynomials_against_enumeration(lines):
    log_weights = 2 * random(4, lines, seed=lines).double()
    found = log_elementary_symmetric(log_weights).exp()
    for row, weights in zip(found, log_weights.exp().tolist(), strict=True):
        expected = [
            sum(math.prod(chosen) for chosen in combinations(weights, k)) for k in range(lines + 1)
        ]
        assert row.tolist() == pytest.approx(expected)


def test_sixty_equal_weights_give_binomial_coefficients_in_float32():
    found = log_elementary_symmetric(torch.zeros(1, 60))[0]
    expected = [math.log(math.comb(60, k)) for k in range(61)]
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx(expected, abs=2e-4)


def test_sixty_unequal_weights_in_float32_agree_with_float64():
    log_weights = 5 * random(8, 60)
    torch.testing.assert_close(
        log_elementary_symmetric(log_weights).double(),
        log_elementary_symmetric(log_weights.double()),
        atol=1e-3,
        rtol=1e-5,
    )


@pytest.mark.parametrize("lines", [2, 3, 4, 5, 6, 7, 8])
def test_conditional_likelihood_against_enumeration(lines):
    n = 6
    resistance, offset, labels = (
        random(n, lines).double(),
        random(lines, seed=1).double(),
        labels_with_both_classes(n, lines).double(),
    )
    expected = []
    for r, y in zip(resistance, labels, strict=True):
        same_sum = [
            torch.tensor(v, dtype=torch.double)
            for v in product((0, 1), repeat=lines)
            if sum(v) == y.sum()
        ]
        weight = [float(torch.exp(-(v * (r + offset)).sum())) for v in same_sum]
        expected.append(-math.log(float(torch.exp(-(y * (r + offset)).sum())) / sum(weight)))
    assert float(conditional_nll(resistance, offset, labels)) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("scale", [1, 10, 100])
def test_sixty_lines_in_float32_are_finite_and_agree_with_float64(scale):
    resistance, offset, labels = (
        (scale * random(12, 60)).abs(),
        random(60, seed=1),
        labels_with_both_classes(12, 60),
    )
    single, double = (
        conditional_nll(resistance.to(kind), offset.to(kind), labels.to(kind))
        for kind in (torch.float32, torch.float64)
    )
    assert torch.isfinite(single) and single > 0
    assert float(single) == pytest.approx(float(double), rel=1e-4)


def test_sixty_equal_lines_are_as_likely_as_any_choice_of_them():
    labels = (torch.arange(60) < torch.tensor([[1], [30], [59]])).float()
    expected = np.mean([math.log(math.comb(60, k)) for k in (1, 30, 59)])
    assert float(
        conditional_nll(torch.full((3, 60), 2.0), torch.zeros(60), labels)
    ) == pytest.approx(expected, abs=1e-4)


def test_conditional_likelihood_of_a_pair_sums_to_one_over_label_vectors():
    resistance, offset = random(1, 6), random(6, seed=1)
    for total in range(7):
        vectors = [
            torch.tensor([v], dtype=torch.float32)
            for v in product((0, 1), repeat=6)
            if sum(v) == total
        ]
        assert sum(
            math.exp(-float(conditional_nll(resistance, offset, v))) for v in vectors
        ) == pytest.approx(1, abs=1e-5)


def test_conditional_likelihood_is_free_of_the_potential():
    resistance, offset, labels = random(20, 6), random(6, seed=1), labels_with_both_classes(20, 6)
    shifted = resistance + 5 * random(20, 1, seed=2)
    before, after = (
        conditional_nll(r.requires_grad_(), offset, labels) for r in (resistance, shifted)
    )
    assert float(after.detach()) == pytest.approx(float(before.detach()), abs=2e-6)
    gradients = [
        torch.autograd.grad(loss, r)[0] for loss, r in ((before, resistance), (after, shifted))
    ]
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(gradients[0].sum(1), torch.zeros(20), atol=1e-6, rtol=0)
    assert gradients[0].abs().max() > 1e-3


def test_a_large_common_resistance_costs_no_precision():
    """Values are multiples of 1/16, so that float32 holds the shifted ones exactly."""
    resistance, labels = (16 * random(20, 4)).round() / 16, labels_with_both_classes(20, 4)
    before, after = (
        float(conditional_nll(r, torch.zeros(4), labels)) for r in (resistance, resistance + 4096)
    )
    assert after == pytest.approx(before, abs=1e-6)


def test_conditional_likelihood_is_not_free_of_what_differs_between_lines():
    resistance, offset, labels = random(20, 6), random(6, seed=1), labels_with_both_classes(20, 6)
    before = float(conditional_nll(resistance, offset, labels))
    assert (
        abs(float(conditional_nll(resistance + random(20, 6, seed=2), offset, labels)) - before)
        > 0.01
    )
    assert abs(float(conditional_nll(resistance, offset + torch.arange(6), labels)) - before) > 0.01


def test_pairs_with_equal_labels_say_nothing():
    resistance = random(2, 5).requires_grad_()
    loss = conditional_nll(resistance, random(5, seed=1), torch.tensor([[0.0] * 5, [1.0] * 5]))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0, abs=1e-5)
    torch.testing.assert_close(resistance.grad, torch.zeros(2, 5), atol=1e-5, rtol=0)


def test_a_batch_without_pairs_costs_nothing():
    resistance, offset = torch.zeros(0, 5, requires_grad=True), torch.zeros(5, requires_grad=True)
    loss = conditional_nll(resistance, offset, torch.zeros(0, 5))
    loss.backward()
    assert float(loss.detach()) == 0 and offset.grad.tolist() == [0] * 5


def test_two_lines_are_a_logistic_regression_on_the_difference():
    resistance, offset = random(30, 2), random(2, seed=1)
    labels = labels_with_both_classes(30, 2)
    logit = (resistance + offset)[:, 1] - (resistance + offset)[:, 0]
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logit, labels[:, 0])
    torch.testing.assert_close(conditional_nll(resistance, offset, labels), expected)


@pytest.mark.parametrize("scale", [1, 30])
def test_gradients_are_finite_and_those_of_float64(scale):
    found = []
    for kind in (torch.float32, torch.float64):
        resistance = (scale * random(5, 40)).to(kind).requires_grad_()
        offset = torch.zeros(40, dtype=kind, requires_grad=True)
        conditional_nll(resistance, offset, labels_with_both_classes(5, 40).to(kind)).backward()
        found.append((resistance.grad, offset.grad))
    assert all(torch.isfinite(gradient).all() for gradient in found[0])
    for single, double in zip(*found, strict=True):
        torch.testing.assert_close(single.double(), double, atol=1e-3, rtol=1e-2)


def test_fitting_recovers_offsets_whatever_the_potential():
    """Rasch data: the conditional estimate of tau is right although pair effects are large and
    unknown.
    """
    generator = torch.Generator().manual_seed(0)
    tau = torch.tensor([-1.0, 0.0, 1.0])
    probability = torch.sigmoid(3 * torch.randn(20000, 1, generator=generator) - tau)
    labels = torch.bernoulli(probability, generator=generator)
    labels = labels[(labels.sum(1) > 0) & (labels.sum(1) < 3)]
    offset = torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.LBFGS([offset], max_iter=30)

    def closure():
        optimiser.zero_grad()
        loss = conditional_nll(torch.zeros(len(labels), 3), offset, labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    torch.testing.assert_close((offset - offset.mean()).detach(), tau, atol=0.1, rtol=0)


def test_task_likelihood_by_hand():
    potential, offset, labels = random(4), random(4, 3, seed=1), labels_with_both_classes(4, 3)
    weights = torch.tensor([0.5, 2.0, 1.0, 0.5])
    total = 0.0
    for i, c in product(range(4), range(3)):
        p = 1 / (1 + math.exp(-float(potential[i] + offset[i, c])))
        total -= float(weights[i]) * math.log(p if labels[i, c] else 1 - p)
    assert float(task_nll(potential, offset, labels, weights)) == pytest.approx(
        total / 12, rel=1e-5
    )
    plain = torch.nn.functional.binary_cross_entropy_with_logits(
        potential[:, None] + offset, labels
    )
    torch.testing.assert_close(task_nll(potential, offset, labels, torch.ones(4)), plain)


def test_the_pair_loss_is_the_conditional_likelihood_of_every_two_lines():
    """Of two lines at discordant loci each, by the conditional likelihood of those two alone."""
    labels, resistance = labels_with_both_classes(30, 4), random(30, 4)
    weights = line_pair_weights(labels)
    total = weight = 0.0
    for row, loops in enumerate(labels):
        for i, j in product(range(4), repeat=2):
            if loops[i] == 1 and loops[j] == 0:
                two = resistance[row, [i, j]][None]
                nll = conditional_nll(two, torch.zeros(2), torch.tensor([[1.0, 0.0]]))
                total += float(weights[i, j] * nll)
                weight += float(weights[i, j])
    assert float(line_pair_nll(resistance, labels, weights)) == pytest.approx(total / weight)


def test_weights_of_pairs_of_lines_by_hand():
    labels = torch.tensor([[1.0, 0, 0], [1, 0, 0], [1, 1, 0]])
    weights = line_pair_weights(labels)
    expected = torch.tensor([[0, 1 / 2, 1 / 3], [0, 0, 1], [0, 0, 0]])
    torch.testing.assert_close(weights / weights[1, 2], expected)
    assert weights[weights > 0].mean() == pytest.approx(1)


def test_the_pair_loss_gives_nothing_for_telling_the_lines_apart():
    """Where lines are compared both ways round, the best R of the line alone is a constant; the
    conditional likelihood follows the lines' label rates.
    """
    generator = torch.Generator().manual_seed(0)
    rates = torch.tensor([0.8, 0.4, 0.2, 0.1])
    labels = (torch.rand(400, 4, generator=generator) < rates).float()
    labels = labels[(labels.sum(1) > 0) & (labels.sum(1) < 4)]

    def pull(loss) -> torch.Tensor:
        level = torch.zeros(4, requires_grad=True)
        loss(level.expand(len(labels), 4)).backward()
        return level.grad

    weights = line_pair_weights(labels)
    balanced = pull(lambda r: line_pair_nll(r, labels, weights))
    conditional = pull(lambda r: conditional_nll(r, torch.zeros(4), labels))
    torch.testing.assert_close(balanced, torch.zeros(4), atol=1e-6, rtol=0)
    assert conditional.abs().max() > 0.1


def test_the_pair_loss_ignores_what_lines_of_a_locus_share_and_loci_that_do_not_compare():
    labels, resistance = labels_with_both_classes(20, 3), random(20, 3)
    weights = line_pair_weights(labels)
    loss = line_pair_nll(resistance, labels, weights)
    moved = line_pair_nll(resistance + random(20, 1, seed=1), labels, weights)
    torch.testing.assert_close(moved, loss)
    concordant = torch.cat([labels, torch.ones(2, 3)])
    torch.testing.assert_close(
        line_pair_nll(torch.cat([resistance, random(2, 3, seed=2)]), concordant, weights), loss
    )
    assert line_pair_nll(resistance[:2], torch.zeros(2, 3), weights).isnan()
