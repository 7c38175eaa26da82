import numpy as np
import pytest
import torch

from epidecouple.model.motif_encoder import (
    MATCHED,
    BilinearEnds,
    MotifEncoder,
    edge_bp,
    occupancy,
)
from epidecouple.model.potential import Potential
from epidecouple.model.sequence import SequenceEncoder, one_hot
from toy_dna import complement_of_codes, random_codes
from toy_panel import toy_config

CONFIG = toy_config(model={"encoder": "motifs"}).model
MOTIF = torch.tensor([0, 2, 1, 1, 3, 0], dtype=torch.uint8)
# The score of the motif itself is 12, of a place with one other base 9.
LOG_ODDS = 3 * one_hot(MOTIF[None])[0].T.double().numpy() - 1


def places(encoder, codes):
    """How many places each filter occupies, read off what enters the projection."""
    found = []
    handle = encoder.project.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    encoder(codes)
    handle.remove()
    return torch.expm1(found[0]).detach()


def empty_windows(n):
    return torch.full((n, 40), 4, dtype=torch.uint8)


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return MotifEncoder(CONFIG)


@pytest.fixture
def started(encoder):
    """An encoder whose first filter is the motif, and hard to occupy by anything else."""
    encoder.start([LOG_ODDS])
    with torch.no_grad():
        encoder.convolution.weight[0] *= 10
        encoder.convolution.bias[0] = -105
    return encoder


def test_occupancy_and_its_gradient_are_those_of_autograd():
    torch.manual_seed(0)
    x = 3 * torch.randn(4, 5, 30, dtype=torch.float64)
    weights = torch.randn(4, 5, dtype=torch.float64)
    ours, plain = (x.clone().requires_grad_() for _ in range(2))
    found, expected = occupancy(ours * 1), torch.sigmoid(plain).sum(-1)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(ours.grad, plain.grad, rtol=1e-12, atol=1e-12)


def test_gradients_of_occupancy_are_those_of_finite_differences():
    torch.manual_seed(1)
    x = torch.randn(2, 3, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: occupancy(x * 1), (x,))


def test_scores_are_turned_into_occupancies_in_place():
    x = torch.randn(2, 3, 9)
    before = x.clone()
    occupancy(x)
    assert torch.equal(x, before.sigmoid()) and not torch.equal(x, before)


def test_an_embedding_is_the_plain_formula(encoder):
    """log1p of sigmoid(score) over all places of both strands, the second strand by
    reverse-complementing the DNA and not the filter.
    """
    x = random_codes(letters=5)
    padded = torch.nn.functional.pad(x, (edge_bp(6),) * 2, value=4)
    scans = [
        torch.sigmoid(encoder.convolution(one_hot(strand))).sum(2)
        for strand in (padded, complement_of_codes(padded))
    ]
    torch.testing.assert_close(encoder(x), encoder.project(torch.log1p(scans[0] + scans[1])))


def test_the_strand_of_a_window_does_not_matter(encoder):
    x = random_codes(letters=5)
    torch.testing.assert_close(encoder(complement_of_codes(x)), encoder(x))
    assert (encoder(x.flip(1)) - encoder(x)).abs().max() > 1e-3
    assert (encoder(3 - random_codes()) - encoder(random_codes())).abs().max() > 1e-3


def test_a_motif_counts_as_often_as_it_stands_there_on_either_strand(started):
    turned = complement_of_codes(MOTIF[None])[0]
    windows = empty_windows(4)
    windows[1, 5:11] = MOTIF
    windows[2, 5:11], windows[2, 20:26] = MOTIF, MOTIF
    windows[3, 5:11], windows[3, 20:26], windows[3, 30:36] = MOTIF, turned, turned
    torch.testing.assert_close(
        places(started, windows)[:, 0], torch.tensor([0.0, 1, 2, 3]), atol=1e-4, rtol=0
    )


def test_a_motif_counts_at_the_very_edge_and_cut_off_it_does_not(started):
    """A filter may be wider than what it found: places beyond the window are N."""
    with torch.no_grad():
        started.convolution.weight[0, :, :2] = 0
        started.convolution.bias[0] = -65
    windows = empty_windows(3)
    windows[0, :4], windows[1, -4:], windows[2, :3] = MOTIF[2:], MOTIF[2:], MOTIF[3:]
    found = places(started, windows)[:, 0]
    torch.testing.assert_close(found, torch.tensor([1.0, 1, 0]), atol=1e-4, rtol=0)


def test_filters_start_at_the_motifs_and_are_half_occupied_at_a_share_of_the_best_score(encoder):
    other = np.random.default_rng(0).normal(size=(6, 4))
    encoder.start([LOG_ODDS, other])
    weight, bias = encoder.convolution.weight, encoder.convolution.bias
    torch.testing.assert_close(weight[1].T.double(), torch.from_numpy(other))
    assert bias[0].item() == pytest.approx(-MATCHED * 12)
    window = empty_windows(1)
    window[0, 5:11] = MOTIF
    score = encoder.convolution(one_hot(window))[0, 0].max()
    assert score.item() == pytest.approx((1 - MATCHED) * 12)
    best = torch.from_numpy(other).max(1).values.sum().item()
    assert bias[1].item() == pytest.approx(-MATCHED * best)


def test_filters_without_a_motif_are_silent_in_any_window(encoder):
    encoder.start([LOG_ODDS])
    x = random_codes(20, letters=5)
    found = places(encoder, x)
    assert found[:, 0].min() > 0.01
    assert found[:, 1:].abs().max() < 1e-6
    encoder.start([])
    assert places(encoder, x).abs().max() < 1e-6


def test_starting_twice_leaves_nothing_of_the_first_start(encoder):
    encoder.start([LOG_ODDS, LOG_ODDS + 1])
    encoder.start([LOG_ODDS])
    assert not encoder.convolution.weight[1:].any()


def test_a_window_does_not_depend_on_its_batch(encoder):
    x = random_codes(12)
    torch.testing.assert_close(torch.cat([encoder(x[i : i + 1]) for i in range(12)]), encoder(x))


def test_ends_are_joined_by_what_adds_up_and_what_multiplies():
    torch.manual_seed(0)
    enhancer, promoter = torch.randn(2, 5, 8, dtype=torch.float64)
    expected = torch.stack(
        [
            enhancer[:, k] + promoter[:, k] + enhancer[:, 4 + k] * promoter[:, 4 + k]
            for k in range(4)
        ],
        dim=1,
    )
    torch.testing.assert_close(BilinearEnds()(enhancer, promoter), expected, rtol=0, atol=0)


@pytest.mark.parametrize("filter_bp", [1, 2, 3, 9])
def test_filters_of_any_width_read_a_window(filter_bp):
    config = toy_config(model={"encoder": "motifs", "filter_bp": filter_bp}).model
    encoder = MotifEncoder(config)
    assert encoder(random_codes(3, length=8)).shape == (3, 2 * config.z_size)


def test_the_potential_of_counts_has_z_of_its_size_and_trains():
    torch.manual_seed(0)
    potential = Potential(CONFIG)
    assert isinstance(potential.encoder.enhancer, MotifEncoder)
    assert isinstance(potential.encoder, SequenceEncoder)
    codes = random_codes(6, seed=1), random_codes(6, seed=2)
    energy = potential(*codes, torch.full((6,), 5.0))
    energy.square().sum().backward()
    for end in (potential.encoder.enhancer, potential.encoder.promoter):
        assert end.convolution.weight.grad.abs().max() > 0
    assert energy.shape == (6,) and energy.std() > 0


def test_another_encoder_takes_the_place_of_the_first_and_gets_its_name():
    torch.manual_seed(0)
    potential = Potential(CONFIG)
    potential.use_encoder("cnn")
    other = Potential(toy_config(model={"encoder": "cnn"}).model)
    assert potential.encoder_name == other.encoder_name == "cnn"
    shapes, expected = (
        {name: value.shape for name, value in each.state_dict().items()}
        for each in (potential, other)
    )
    assert shapes == expected
