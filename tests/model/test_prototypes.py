import copy

import numpy as np
import pytest
import torch

from epidecouple.model.prototypes import (
    MOMENTUM,
    TEMPERATURE,
    LinePrototypes,
    StatePrototypes,
    line_state,
)
from epidecouple.statistics.clustering import centroids

CORNERS = torch.tensor([[10.0, 0], [0, 10], [-10, 0], [0, -10]])


def blobs(per_state=25, noise=0.1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return CORNERS.repeat_interleave(per_state, 0) + noise * torch.randn(
        4 * per_state, 2, generator=generator
    )


def prototypes(codebook):
    made = StatePrototypes(*codebook.shape)
    made.codebook.copy_(codebook)
    return made


def test_assignments_are_the_softmax_of_squared_distances_and_sum_to_one():
    e = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    made = prototypes(CORNERS)
    squared = (e[:, :, None] - CORNERS).square().sum(-1)
    torch.testing.assert_close(made.distances(e), squared, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(made.assign(e), torch.softmax(-squared / TEMPERATURE, -1))
    torch.testing.assert_close(made.assign(e).sum(-1), torch.ones(3, 5))


def test_the_codebook_is_no_parameter_and_gets_no_gradient():
    made = prototypes(CORNERS)
    assert list(made.parameters()) == []
    assert set(made.state_dict()) == {"codebook", "usage"}
    e = torch.randn(6, 2, requires_grad=True)
    made.assign(e)[:, 0].sum().backward()
    assert made.codebook.grad is None
    assert not made.codebook.requires_grad
    assert e.grad.abs().max() > 0


def test_states_start_at_the_k_means_centroids():
    made = StatePrototypes(4, 2)
    made.usage.fill_(0)
    e = blobs()
    made.start(torch.from_numpy(centroids(e.numpy(), 4, seed=0)))
    means = e.view(4, 25, 2).mean(1)
    nearest = torch.cdist(means, made.codebook).min(1)
    assert nearest.values.max() < 1e-4
    assert sorted(nearest.indices.tolist()) == [0, 1, 2, 3]
    assert torch.equal(made.usage, torch.full((4,), 0.25))


def test_following_moves_each_state_by_the_moving_average():
    made = prototypes(torch.tensor([[0.0, 0], [10, 0], [50, 50]]))
    e = torch.tensor([[1.0, 0], [3, 0], [9, 3], [1, 2]])
    reseeded = made.follow(e, torch.Generator().manual_seed(0))
    step = 1 - MOMENTUM
    expected = torch.tensor([[step * 5 / 3, step * 2 / 3], [10 - step, 3 * step], [50, 50]])
    assert reseeded == 0
    torch.testing.assert_close(made.codebook, expected)
    torch.testing.assert_close(made.usage, (1 - step) / 3 + step * torch.tensor([3 / 4, 1 / 4, 0]))


def test_following_long_enough_reaches_the_means_of_the_members():
    made = prototypes(CORNERS * 0.7)
    e, generator = blobs(), torch.Generator().manual_seed(0)
    for _ in range(400):
        made.follow(e, generator)
    torch.testing.assert_close(made.codebook, e.view(4, 25, 2).mean(1), atol=0.01, rtol=0)


def test_a_dead_state_is_put_onto_a_locus_and_a_living_one_is_not():
    made = prototypes(torch.cat([CORNERS[:3], torch.full((1, 2), 1000.0)]))
    e, generator, steps = blobs(), torch.Generator().manual_seed(0), 0
    while made.usage[3] * MOMENTUM >= 1 / 16:
        assert made.follow(e, generator) == 0
        steps += 1
    assert steps == int(np.ceil(np.log(1 / 4) / np.log(MOMENTUM))) - 1
    before = made.codebook.clone()
    assert made.follow(e, generator) == 1
    assert (e == made.codebook[3]).all(1).any()
    assert made.usage[3] == 0.25
    assert (made.codebook[:3] - before[:3]).abs().max() < 1


def test_of_two_states_in_one_direction_the_later_one_is_put_onto_a_locus():
    made = prototypes(torch.tensor([[1.0, 0], [0, 1], [2, 0.01]]))
    e = torch.tensor([[1.0, 0], [0, 1], [2, 0.01], [-3, -3]])
    before = made.codebook.clone()
    assert made.follow(e, torch.Generator().manual_seed(0)) == 1
    assert (e == made.codebook[2]).all(1).any() and made.usage[2] == pytest.approx(1 / 3)
    assert (made.codebook[:2] - before[:2]).abs().max() < 0.1


def test_a_state_is_reseeded_where_no_other_one_is():
    """Nearly all loci lie at the first state; the duplicate goes to the few that do not."""
    made = prototypes(torch.tensor([[5.0, 0], [5, 0.01]]))
    e = torch.cat([torch.tensor([[5.0, 0]]).expand(197, 2), torch.tensor([[0.0, 5]]).expand(3, 2)])
    assert made.follow(e, torch.Generator().manual_seed(0)) == 1
    assert made.codebook[1].tolist() == [0, 5]


def test_reseeding_depends_on_the_generator_only():
    start = prototypes(torch.full((4, 2), 1000.0))
    start.usage.copy_(torch.tensor([1.0, 0, 0, 0]))
    runs = [copy.deepcopy(start) for _ in range(3)]
    for made, seed in zip(runs, (0, 0, 1), strict=True):
        assert made.follow(blobs(), torch.Generator().manual_seed(seed)) == 3
    assert torch.equal(runs[0].codebook, runs[1].codebook)
    assert not torch.equal(runs[0].codebook, runs[2].codebook)


def test_line_state_is_the_mean_assignment_of_each_module():
    assignment = torch.tensor([[1.0, 0], [0.5, 0.5], [0.2, 0.8], [0, 1]])
    found = line_state(assignment, torch.tensor([0, 2, 0, 2]), 4)
    assert found.tolist() == pytest.approx([0.6, 0.4, 0, 0, 0.25, 0.75, 0, 0])


def test_a_line_prototype_takes_the_first_state_whole_and_then_moves_slowly():
    made, first, second = (
        LinePrototypes(3, 2),
        torch.tensor([[1.0, 0], [0, 1]]),
        torch.tensor([[0.0, 1], [1, 1]]),
    )
    assert not list(made.parameters()) and set(made.state_dict()) == {"prototypes"}
    made.follow(first, [2, 0])
    assert made.prototypes.tolist() == [[0, 1], [0, 0], [1, 0]]
    made.follow(second, [2, 0])
    step = 1 - MOMENTUM
    torch.testing.assert_close(made.prototypes, torch.tensor([[step, 1], [0, 0], [1 - step, step]]))


def test_line_prototypes_reach_a_state_that_stays_and_take_no_gradient():
    made, state = LinePrototypes(1, 3), torch.tensor([[0.2, 0.3, 0.5]], requires_grad=True)
    made.follow(torch.ones(1, 3), [0])
    for _ in range(400):
        made.follow(state, [0])
    torch.testing.assert_close(made.prototypes, state.detach(), atol=1e-3, rtol=0)
    assert not made.prototypes.requires_grad


def test_usage_entropy_is_a_share_of_at_most_1():
    """Also after states were re-seeded, when usages add up to more than 1."""
    states = StatePrototypes(4, 2)
    assert states.usage_entropy_share() == pytest.approx(1)
    states.usage.copy_(torch.tensor([0.25, 0.25, 0.25, 0.9]))
    expected = torch.distributions.Categorical(states.usage).entropy() / np.log(4)
    assert states.usage_entropy_share() == pytest.approx(float(expected))
    assert float(expected) < 1
    states.usage.copy_(torch.tensor([0.0, 0.0, 0.0, 0.5]))
    assert states.usage_entropy_share() == pytest.approx(0, abs=1e-6)
