import pytest
import torch

from epidecouple.core.dna import Windows
from epidecouple.model.sequence import ElementEncoder, SequenceEncoder, one_hot
from toy_dna import complement_of_codes, random_codes
from toy_panel import toy_config

CONFIG = toy_config().model


def pooled(encoder, x):
    """What enters the projection."""
    found = []
    handle = encoder.project.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    encoder(x)
    handle.remove()
    return found[0]


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return ElementEncoder(CONFIG)


def test_one_hot_has_a_one_per_base_and_none_for_n():
    found = one_hot(torch.tensor([[0, 1, 2, 3, 4]], dtype=torch.uint8))
    expected = torch.cat([torch.eye(4), torch.zeros(4, 1)], dim=1)[None]
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


def test_pooling_equals_the_plain_formula(encoder):
    """amax and square().mean() over each strand, the second strand by reverse complementing the DNA
    and not the filter.
    """
    x = random_codes(letters=5)
    scans = [
        torch.relu(encoder.convolution(one_hot(strand))) for strand in (x, complement_of_codes(x))
    ]
    highest = torch.stack([scan.amax(2) for scan in scans]).amax(0)
    mean_square = torch.stack([scan.square().mean(2) for scan in scans]).mean(0)
    torch.testing.assert_close(pooled(encoder, x), torch.cat([highest, mean_square], dim=1))
    torch.testing.assert_close(
        encoder(x), encoder.project(torch.cat([highest, mean_square], dim=1))
    )


def test_the_strand_of_a_window_does_not_matter(encoder):
    x = random_codes(letters=5)
    torch.testing.assert_close(encoder(complement_of_codes(x)), encoder(x))
    assert (encoder(x.flip(1)) - encoder(x)).abs().max() > 1e-3
    assert (encoder(3 - random_codes()) - encoder(random_codes())).abs().max() > 1e-3


def test_a_motif_counts_wherever_and_on_whichever_strand_it_lies(encoder):
    motif = torch.tensor([0, 2, 1, 1, 3, 0], dtype=torch.uint8)
    with torch.no_grad():
        encoder.convolution.weight[0] = one_hot(motif[None])[0] - 0.5
        encoder.convolution.bias[0] = -2.5
    background = torch.full((4, 40), 4, dtype=torch.uint8)
    background[0, 5:11], background[1, 30:36], background[2, 17:23] = (
        motif,
        motif,
        complement_of_codes(motif[None])[0],
    )
    found = pooled(encoder, background)[:, [0, CONFIG.cnn_filters]]
    torch.testing.assert_close(found[:3], found[:1].expand(3, -1))
    assert (found[0] > found[3]).all()


def test_a_representation_does_not_depend_on_the_batch(encoder):
    x = random_codes(12)
    together = encoder(x)
    torch.testing.assert_close(torch.cat([encoder(x[i : i + 1]) for i in range(12)]), together)
    torch.testing.assert_close(encoder(torch.cat([random_codes(50, seed=3), x]))[50:], together)


def test_windows_without_any_activation_leave_gradients_finite(encoder):
    with torch.no_grad():
        encoder.convolution.bias.fill_(-100)
    x = random_codes(3)
    encoder(x).square().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in encoder.parameters())


def windows(enhancers, promoters, enhancer=None, promoter=None):
    """Pairs of windows: the rows of either table, or each row with its own."""
    rows = torch.arange(len(enhancers)) if enhancer is None else enhancer
    others = torch.arange(len(promoters)) if promoter is None else promoter
    return Windows(
        torch.cat([enhancers, promoters]), rows, others + len(enhancers), torch.zeros(len(rows), 2)
    )


def test_a_pair_is_put_together_from_its_own_windows():
    torch.manual_seed(0)
    network = SequenceEncoder(CONFIG, ElementEncoder).eval()
    enhancers, promoters = random_codes(5, seed=1), random_codes(4, seed=2)
    rows = torch.tensor([4, 0, 0, 2]), torch.tensor([1, 1, 3, 0])
    z = network(windows(enhancers, promoters, *rows))
    for i in range(4):
        first, second = enhancers[rows[0][i]][None], promoters[rows[1][i]][None]
        torch.testing.assert_close(z[i : i + 1], network(windows(first, second)))
    assert (z[1] - z[2]).abs().max() > 1e-3
    assert (z[0] - z[1]).abs().max() > 1e-3


def test_the_strand_of_either_window_does_not_change_z():
    torch.manual_seed(0)
    network = SequenceEncoder(CONFIG, ElementEncoder).eval()
    enhancers, promoters = random_codes(5, seed=1), random_codes(5, seed=2)
    z = network(windows(enhancers, promoters))
    torch.testing.assert_close(network(windows(complement_of_codes(enhancers), promoters)), z)
    torch.testing.assert_close(network(windows(enhancers, complement_of_codes(promoters))), z)
    assert (network(windows(promoters, enhancers)) - z).abs().max() > 1e-3
