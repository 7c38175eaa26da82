import numpy as np
import pytest
import torch
from concept_erasure import LeaceFitter
from sklearn.linear_model import LogisticRegression

from epidecouple.model.erasure import LineEraser, cross_covariance

N, SIZE, LINES = 3000, 6, 4


@pytest.fixture
def natural():
    """z that tells the line by its mean, the label by its mean, and the line by its spread; lines
    and labels.
    """
    rng = np.random.default_rng(0)
    line, label = rng.choice(LINES, N, p=[0.4, 0.3, 0.2, 0.1]), rng.integers(0, 2, N)
    z = rng.normal(size=(N, SIZE)) @ rng.normal(size=(SIZE, SIZE))
    z += rng.normal(size=(LINES, SIZE))[line] + 3 * label[:, None] * rng.normal(size=SIZE)
    z[:, 0] *= 1 + line
    return torch.from_numpy(z), torch.from_numpy(line), label


def read(z, target):
    """Accuracy of a linear probe on its own data, which is all it could ever do."""
    return LogisticRegression(max_iter=2000).fit(z.numpy(), target).score(z.numpy(), target)


def marginal(target):
    return np.bincount(target).max() / len(target)


def fitted(z, line):
    eraser = LineEraser(z.shape[1])
    return eraser, eraser.refit(z, line)


def test_before_it_is_fitted_it_is_the_identity():
    z = torch.randn(20, SIZE)
    assert torch.equal(LineEraser(SIZE)(z), z)


def test_it_has_no_parameter_and_lets_the_gradient_to_z_through(natural):
    eraser, _ = fitted(natural[0].float(), natural[1])
    assert list(eraser.parameters()) == []
    assert set(eraser.state_dict()) == {"projection", "centre"}
    z = torch.randn(5, SIZE, requires_grad=True)
    eraser(z).sum().backward()
    torch.testing.assert_close(z.grad, eraser.projection.sum(0).expand(5, SIZE))


def test_after_fitting_a_linear_probe_finds_nothing(natural):
    z, line, _ = natural
    eraser = LineEraser(SIZE).double()
    residual = eraser.refit(z, line)
    one_hot = torch.nn.functional.one_hot(line).double()
    assert residual == float(cross_covariance(eraser(z), one_hot).abs().max()) <= 1e-8
    assert cross_covariance(z, one_hot).abs().max() > 0.05
    assert read(z, line.numpy()) > marginal(line.numpy()) + 0.05
    assert read(eraser(z), line.numpy()) <= marginal(line.numpy()) + 1e-9


def test_buffers_of_float32_leave_less_than_the_ledger_allows(natural):
    _, residual = fitted(natural[0].float(), natural[1])
    assert residual <= 1e-6


def test_what_is_not_linear_in_the_line_is_kept(natural):
    """Both the label and the line as a spread: a probe of absolute values still tells it."""
    z, line, label = natural
    eraser, _ = fitted(z.float(), line)
    erased = eraser(z.float())
    assert read(erased, label) > 0.8
    assert read((erased - erased.mean(0)).abs(), line.numpy()) > marginal(line.numpy()) + 0.02


def test_the_mean_of_z_stays_and_directions_without_the_line_are_not_touched(natural):
    z, line, _ = natural
    eraser, _ = fitted(z.float(), line)
    torch.testing.assert_close(eraser(z.float()).mean(0), z.float().mean(0), atol=1e-4, rtol=0)
    assert torch.linalg.matrix_rank(torch.eye(SIZE) - eraser.projection, tol=1e-3) == LINES - 1


def test_refitting_starts_from_raw_z_and_not_from_what_was_fitted_before(natural):
    z, line, _ = natural
    eraser, _ = fitted(z.float(), line)
    eraser.refit(3 * z.float().flip(1), line)
    torch.testing.assert_close(eraser.projection, fitted(3 * z.float().flip(1), line)[0].projection)


def test_on_a_crossed_panel_it_is_the_identity():
    z = torch.randn(200, SIZE, generator=torch.Generator().manual_seed(0))
    crossed, line = z.repeat(LINES, 1), torch.arange(LINES).repeat_interleave(len(z))
    eraser, residual = fitted(crossed, line)
    assert residual <= 1e-6
    torch.testing.assert_close(eraser(z), z, atol=1e-6, rtol=0)


def test_a_line_that_is_hardly_told_is_erased_too():
    """A correlation of 0.002, which the library's own tolerance would leave as it is."""
    z = torch.randn(50000, SIZE, generator=torch.Generator().manual_seed(0)).double()
    line = torch.arange(len(z)) % 2
    z -= z.view(-1, 2, SIZE).mean(0).repeat(len(z) // 2, 1)
    z[:, 0] += 0.004 * line
    eraser = LineEraser(SIZE).double()
    assert cross_covariance(z, torch.nn.functional.one_hot(line).double()).abs().max() > 5e-4
    assert eraser.refit(z, line) <= 1e-8


def test_a_direction_with_almost_no_variance_does_not_blow_up_the_projection():
    """As after a LayerNorm, where z has one dimension less than it has columns."""
    generator = torch.Generator().manual_seed(0)
    z = torch.nn.functional.layer_norm(torch.randn(80, SIZE, generator=generator), [SIZE])
    eraser, residual = fitted(z, torch.randint(0, LINES, (80,), generator=generator))
    assert residual <= 1e-6
    assert eraser.projection.abs().max() < 100


def test_lines_coded_as_integers_would_leave_information(natural):
    """One direction is erased instead of one per line but one; that is why the lines are
    one-hot.
    """
    z, line, _ = natural
    integers = LeaceFitter.fit(z, line[:, None].double()).eraser
    erased = z - (z - z.mean(0)) @ (torch.eye(SIZE).double() - integers.P).T
    assert cross_covariance(erased, line[:, None].double()).abs().max() < 1e-2
    assert cross_covariance(erased, torch.nn.functional.one_hot(line).double()).abs().max() > 0.02
    assert read(erased, line.numpy()) > marginal(line.numpy()) + 0.02
