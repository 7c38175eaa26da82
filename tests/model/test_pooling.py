import pytest
import torch
from torch import nn

from epidecouple.model.sequence import rectified_pool


def plain(x):
    """The same by autograd."""
    active = torch.relu(x)
    return nn.functional.max_pool1d(active, active.shape[-1])[..., 0], active.square().mean(-1)


def gradients(pool, x, weights):
    leaf = x.clone().requires_grad_()
    highest, mean_square = pool(leaf * 1)
    (highest * weights[0] + mean_square * weights[1]).sum().backward()
    return highest.detach(), mean_square.detach(), leaf.grad


@pytest.mark.parametrize("shift", [-0.5, 0, -9])
def test_values_and_gradients_are_those_of_autograd(shift):
    """Also where a row has no activation at all: its maximum takes no gradient."""
    torch.manual_seed(0)
    x, weights = (
        torch.randn(5, 7, 40, dtype=torch.float64) + shift,
        torch.randn(2, 5, 7, dtype=torch.float64),
    )
    x[0] = -1
    for ours, theirs in zip(
        gradients(rectified_pool, x, weights), gradients(plain, x, weights), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(1)
    x = torch.randn(2, 3, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: rectified_pool(x * 1), (x,))


@pytest.mark.parametrize("used", [0, 1])
def test_either_pool_may_go_unused(used):
    x = torch.randn(2, 3, 9, requires_grad=True)
    rectified_pool(x * 1)[used].sum().backward()
    assert x.grad.abs().sum() > 0


def test_the_activations_are_rectified_in_place():
    x = torch.randn(2, 3, 9)
    before = x.clone()
    rectified_pool(x)
    assert torch.equal(x, before.relu()) and not torch.equal(x, before)
