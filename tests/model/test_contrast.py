import math

import numpy as np
import pytest
import torch
from pytorch_metric_learning.losses import SupConLoss

from epidecouple.model.losses import (
    LABEL_TEMPERATURE,
    LINE_TEMPERATURE,
    contrast_over_lines,
    line_contrast,
    orthogonality,
)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def some_labels(n, share=0.4, seed=0):
    return torch.from_numpy((np.random.default_rng(seed).random(n) < share).astype(np.float32))


def label_contrast(z, labels):
    """The contrast of a single line."""
    return contrast_over_lines(z, labels[:, None])


def library(z, labels):
    """SupConLoss with anchors limited to positives; the library's mean leaves out rows that are no
    anchors, which are zero.
    """
    n, anchor = len(labels), labels == 1
    same = anchor[:, None] & anchor[None] & ~torch.eye(n, dtype=torch.bool)
    other = anchor[:, None] & ~anchor[None]
    pairs = (*torch.where(same), *torch.where(other))
    return SupConLoss(temperature=LABEL_TEMPERATURE)(z, indices_tuple=pairs)


def naive(z, labels):
    """Khosla 2020, equation 2, one anchor at a time."""
    unit = [row / np.linalg.norm(row) for row in z.double().numpy()]
    rows, losses = range(len(unit)), []
    positives = [i for i in rows if labels[i] == 1]
    for i in positives:
        share = {j: math.exp(unit[i] @ unit[j] / LABEL_TEMPERATURE) for j in rows if j != i}
        others = [j for j in positives if j != i]
        losses.append(-sum(math.log(share[j] / sum(share.values())) for j in others) / len(others))
    return float(np.mean(losses))


@pytest.mark.parametrize(("n", "size"), [(5, 2), (12, 3), (40, 48)])
def test_label_contrast_is_that_of_the_library_and_of_the_plain_loop(n, size):
    z, labels = random(n, size, seed=n), some_labels(n, seed=3)
    found = label_contrast(z, labels)
    assert labels.sum() >= 2
    assert float(found) == pytest.approx(naive(z, labels), rel=1e-5)
    torch.testing.assert_close(found, library(z, labels), rtol=1e-5, atol=1e-6)


def test_gradients_are_those_of_the_library():
    labels, gradients = some_labels(20), []
    for loss in (label_contrast, library):
        z = random(20, 6).requires_grad_()
        loss(z, labels).backward()
        gradients.append(z.grad)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)
    assert gradients[0].abs().max() > 1e-3


def test_two_positives_and_one_negative_by_hand():
    z = torch.tensor([[1.0, 0], [0, 2], [3, 0]])
    expected = (math.log(1 + math.exp(1 / LABEL_TEMPERATURE)) + math.log(2)) / 2
    assert float(label_contrast(z, torch.tensor([1.0, 1, 0]))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 0, 0]])
def test_fewer_than_two_positives_have_no_contrast_and_no_silent_zero(labels):
    labels = torch.tensor(labels, dtype=torch.float32)
    assert torch.isnan(label_contrast(random(4, 3), labels))
    assert torch.isnan(contrast_over_lines(random(4, 3), labels[:, None].expand(4, 2)))


def test_order_of_rows_and_scale_of_z_do_not_matter():
    z, labels, order = (
        random(30, 5),
        some_labels(30),
        torch.randperm(30, generator=torch.Generator().manual_seed(1)),
    )
    found = label_contrast(z, labels)
    torch.testing.assert_close(label_contrast(z[order], labels[order]), found)
    torch.testing.assert_close(label_contrast(z * (1 + torch.arange(30)[:, None]), labels), found)
    assert (label_contrast(z[order], labels) - found).abs() > 1e-3


def test_positives_that_lie_together_have_a_lower_contrast():
    labels = some_labels(30)
    together = random(30, 5) + 4 * labels[:, None]
    assert label_contrast(together, labels) < label_contrast(random(30, 5), labels) - 0.1
    assert label_contrast(together, labels) < label_contrast(together, 1 - labels) - 0.1


def test_half_precision_is_contrasted_in_float32():
    found = label_contrast(random(30, 5).bfloat16(), some_labels(30))
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(
        naive(random(30, 5).bfloat16().float(), some_labels(30)), rel=1e-4
    )


def test_contrast_over_lines_is_the_mean_over_lines_that_have_positives():
    z = random(25, 4)
    labels = torch.stack(
        [some_labels(25, share, seed) for seed, share in enumerate((0.3, 0.6, 0.2, 0.0))], dim=1
    )
    labels[3, 3] = 1
    by_line = [label_contrast(z, column) for column in labels.T]
    assert torch.isnan(by_line[3])
    torch.testing.assert_close(contrast_over_lines(z, labels), torch.stack(by_line[:3]).mean())


def test_line_contrast_of_two_lines_by_hand():
    """Each state has cosine 1 with its own prototype and 0 with the other."""
    states, prototypes = torch.tensor([[2.0, 0], [0, 3]]), torch.tensor([[1.0, 0], [0, 5]])
    near = math.log(1 + math.exp(-1 / LINE_TEMPERATURE))
    assert float(line_contrast(states, prototypes)) == pytest.approx(near, rel=1e-2)
    assert float(line_contrast(states.flip(0), prototypes)) == pytest.approx(
        near + 1 / LINE_TEMPERATURE, rel=1e-4
    )


def test_line_contrast_is_lower_when_states_match_their_own_prototypes():
    prototypes = random(5, 8)
    matching, shifted = (
        line_contrast(states, prototypes)
        for states in (prototypes + 0.1 * random(5, 8, seed=1), prototypes.roll(1, 0))
    )
    assert 0 < matching < math.log(5) < shifted


def test_prototypes_of_lines_that_are_all_alike_leave_the_logarithm_of_their_number():
    assert float(line_contrast(random(6, 8), random(1, 8).expand(6, 8))) == pytest.approx(
        math.log(6), rel=1e-5
    )


def test_line_contrast_moves_states_and_not_prototypes():
    """The stages hand in a buffer; a step against the gradient of the states brings them nearer."""
    states, prototypes = random(4, 6).requires_grad_(), random(4, 6, seed=1)
    before = line_contrast(states, prototypes)
    before.backward()
    assert prototypes.grad is None and not prototypes.requires_grad
    assert states.grad.abs().max() > 1e-3
    assert line_contrast((states - 0.01 * states.grad).detach(), prototypes) < before


def hadamard(*columns):
    """Columns of the 8 x 8 Hadamard matrix: centred (but for the first) and exactly orthogonal."""
    matrix = torch.ones(1, 1)
    for _ in range(3):
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    return matrix[:, list(columns)]


def test_orthogonal_designs_have_exactly_no_penalty_and_identical_ones_have_one():
    assert float(orthogonality(hadamard(1, 2, 3), 5 * hadamard(4, 6))) == 0
    assert float(orthogonality(hadamard(1), hadamard(1))) == 1
    assert float(orthogonality(hadamard(1), 7 - 3 * hadamard(1))) == pytest.approx(1)
    assert float(orthogonality(hadamard(1, 2), hadamard(1, 4))) == pytest.approx(1 / 4)


def test_the_penalty_is_the_mean_squared_correlation():
    z, e = random(50, 3), random(50, 4, seed=1)
    expected = np.square(np.corrcoef(z.T, e.T)[:3, 3:]).mean()
    assert float(orthogonality(z, e)) == pytest.approx(expected, rel=1e-4)
    assert float(orthogonality(10 * z - 3, e / 7 + 1)) == pytest.approx(expected, rel=1e-4)


def test_the_penalty_moves_e_and_never_z():
    z, e = random(20, 3).requires_grad_(), random(20, 4, seed=1).requires_grad_()
    before = orthogonality(z, e)
    before.backward()
    assert z.grad is None
    assert e.grad.abs().max() > 1e-4
    assert orthogonality(z, (e - e.grad).detach()) < before


def test_a_dimension_without_variance_is_no_penalty_and_leaves_gradients_finite():
    e = torch.cat([random(20, 2), torch.full((20, 1), 3.0)], dim=1).requires_grad_()
    loss = orthogonality(random(20, 3, seed=1), e)
    loss.backward()
    assert torch.isfinite(e.grad).all()
    torch.testing.assert_close(loss, orthogonality(random(20, 3, seed=1), e[:, :2]) * 2 / 3)


def test_pair_centred_e_does_not_covary_with_z_on_the_panel_whatever_e_is():
    """z_i stands once in every line and the centred e_ic sum to zero over lines, so each pair's
    share of the covariance is zero.

    Values are multiples of 1/16, so that the sums are exact.
    """
    pairs, lines = 30, 4
    z = (16 * random(pairs, 3)).round() / 16
    e = (16 * random(pairs, lines, 5, seed=1) + 20 * z[:, None, :1]).round() / 16
    centred = e - e.mean(1, keepdim=True)
    stacked_z, stacked_e = z[:, None].expand(pairs, lines, 3).flatten(0, 1), centred.flatten(0, 1)
    assert not (stacked_z.T @ stacked_e).any() and not stacked_e.sum(0).any()
    assert ((stacked_z - stacked_z.mean(0)).T @ stacked_e).abs().max() < 1e-4
    assert float(orthogonality(stacked_z, stacked_e)) < 1e-12
    assert float(orthogonality(stacked_z, e.flatten(0, 1))) > 0.01
