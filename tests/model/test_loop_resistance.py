import torch

from epidecouple.core.sections.targets import LoopPanelConfig
from epidecouple.model.loop_resistance import LoopResistance

CONFIG = LoopPanelConfig(states=3, locus_size=4, encoder_hidden=6, hidden=5)


def made(seed: int = 0) -> tuple[LoopResistance, torch.Tensor]:
    torch.manual_seed(seed)
    return LoopResistance(7, 4, CONFIG).eval(), torch.randn(5, 3, 7, 4)


def test_r_is_the_softplus_of_level_states_and_residual():
    network, inputs = made()
    torch.nn.init.normal_(network.state_resistance)
    of_states, residual = network.parts(inputs)
    expected = (network.level + of_states + residual).exp().log1p()
    torch.testing.assert_close(network(inputs), expected)
    assert (network(inputs) >= 0).all() and network(inputs).shape == (5, 3)
    assert of_states.std() > 0.01 and residual.std() > 0.01


def test_shares_of_the_states_follow_the_distance_to_them():
    network, _ = made()
    encoded = torch.randn(6, 4)
    distance = torch.cdist(encoded, network.states).square()
    torch.testing.assert_close(network.assign(encoded), (-distance).softmax(1))


def test_the_states_add_their_resistance_at_their_position():
    network, inputs = made()
    with torch.no_grad():
        network.state_resistance[2, 1] = 1.5
    share = network.assign(network.encoder(inputs))[:, :, 2, 1]
    torch.testing.assert_close(network.parts(inputs)[0], 1.5 * share)


def test_lines_and_loci_are_read_one_by_one():
    """What a line has says nothing of another but through the inputs."""
    network, inputs = made()
    changed = inputs.clone()
    changed[2, 1] += 1
    moved = network(changed) != network(inputs)
    assert moved[2, 1] and moved.sum() == 1
