"""Chromatin states shared by all lines, and the state of a line as its mixture of them.

A chromatin state is a prototype in the space of e, the encoded locus. Prototypes are buffers: each
follows the loci nearest to it by an exponential moving average (van den Oord 2017, appendix A.1),
and no gradient reaches it. A line needs nothing but its epigenome to have a state.
"""

import math

import torch
from torch import Tensor, nn

# Squared distances are divided by this before the softmax.
TEMPERATURE = 4.0
# Share of the old value in every moving average.
MOMENTUM = 0.98
# Cosine distance below which two states are duplicates. At a learning rate of 0.03 two of 16 states
# came as near as 0.006, and the ledger stops training at 0.01.
DUPLICATE_DISTANCE = 0.02
# How many of the loci that the states followed are remembered.
FOLLOWED = 32
# Loci that are drawn for a dead state, of which the farthest from all states is taken.
CANDIDATES = 8
# Lets a locus be drawn that lies exactly on a state, where too few others are left.
SMALLEST_CHANCE = 1e-9


class StatePrototypes(nn.Module):
    """The K chromatin states, to which loci are softly assigned.

    codebook : buffer (K, d), the prototypes q_k
    usage : buffer (K,), moving average of the share of loci nearest to each state
    followed : (few, d), some of the loci that the states followed last
    """

    codebook: Tensor
    usage: Tensor
    followed: Tensor

    def __init__(self, states: int, size: int) -> None:
        super().__init__()
        self.register_buffer("codebook", torch.zeros(states, size))
        self.followed = torch.zeros(0, size)
        self.register_buffer("usage", torch.full((states,), 1 / states))

    @property
    def least_share(self) -> float:
        """Share of the loci below which a state is hardly used: a quarter of an even share."""
        return 1 / (4 * len(self.codebook))

    def distances(self, e: Tensor) -> Tensor:
        """Squared Euclidean distances (..., K) of e (..., d) to the states."""
        return (
            e.square().sum(-1, keepdim=True)
            - 2 * e @ self.codebook.T
            + self.codebook.square().sum(-1)
        )

    def assign(self, e: Tensor) -> Tensor:
        """Soft assignment (..., K) of e (..., d) to the states; it sums to 1 over the states.

        The gradient flows to e only.
        """
        return torch.softmax(-self.distances(e) / TEMPERATURE, dim=-1)

    @torch.no_grad()
    def start(self, centroids: Tensor) -> None:
        """Place the states at centroids (K, d), all with the same usage."""
        self.codebook.copy_(centroids)
        self.usage.fill_(1 / len(self.codebook))

    @torch.no_grad()
    def usage_entropy_share(self) -> float:
        """Entropy of how loci share out over the states, as a share of log K: 1 where all states
        are used alike.

        A state that is re-seeded gets the usage 1 / K, after which usages add up to more than 1:
        their shares are taken first.
        """
        share = self.usage / self.usage.sum()
        entropy = -(share * share.clamp(min=1e-12).log()).sum()
        return float(entropy / math.log(len(share)))

    def follow(self, e: Tensor, generator: torch.Generator) -> int:
        """Move each state towards the mean of its nearest loci, and re-seed dead states.

        e : (n, d), encoded loci. A state is dead when its usage falls below `least_share`, or
        when it duplicates an earlier state in use. Returns the number of re-seeded states.
        """
        self.followed = e[:: len(e) // FOLLOWED + 1]
        member = nn.functional.one_hot(self.distances(e).argmin(-1), len(self.codebook)).float()
        count = member.sum(0)
        mean = (member.T @ e) / count.clamp(min=1)[:, None]
        self.codebook.lerp_(torch.where(count[:, None] > 0, mean, self.codebook), 1 - MOMENTUM)
        self.usage.lerp_(count / len(e), 1 - MOMENTUM)
        used = self.usage >= self.least_share
        living = used & ~self._duplicates(used)
        self.codebook[~living] = self._seeds(e, living, generator)
        self.usage[~living] = 1 / len(self.codebook)
        return int((~living).sum())

    def _duplicates(self, used: Tensor) -> Tensor:
        """Which states point in the direction of an earlier state in `used`; both bool (K,)."""
        unit = nn.functional.normalize(self.codebook, dim=1)
        return ((unit @ unit.T > 1 - DUPLICATE_DISTANCE) & used).tril(-1).any(1)

    def _seeds(self, e: Tensor, living: Tensor, generator: torch.Generator) -> Tensor:
        """Draw a locus for each dead state from e (n, d): (dead, d).

        A few loci are drawn, each with its squared distance to the nearest state for its chance,
        and the farthest is taken (greedy k-means++, Arthur 2007). Even chances would favour places
        with many loci, where a state is already.
        """
        if living.all():
            return e[:0]
        far, seeds = self.distances(e)[:, living].min(1).values.clamp(min=0).cpu(), []
        for _ in range(int((~living).sum())):
            drawn = torch.multinomial(far + SMALLEST_CHANCE, CANDIDATES, True, generator=generator)
            seeds.append(e[drawn[far[drawn].argmax()]])
            far = torch.minimum(far, (e - seeds[-1]).square().sum(1).cpu())
        return torch.stack(seeds)


class LinePrototypes(nn.Module):
    """One prototype p_c per training line: the moving average of its state g_c.

    prototypes : buffer (C, D), zeros until a line's first state
    """

    prototypes: Tensor

    def __init__(self, lines: int, size: int) -> None:
        super().__init__()
        self.register_buffer("prototypes", torch.zeros(lines, size))

    @torch.no_grad()
    def follow(self, states: Tensor, lines: list[int]) -> None:
        """Move the prototypes of some lines towards their states (len(lines), D).

        A line's first state becomes its prototype.
        """
        for line, state in zip(lines, states, strict=True):
            is_first = not self.prototypes[line].any()
            self.prototypes[line].lerp_(state, 1.0 if is_first else 1 - MOMENTUM)


def line_state(assignment: Tensor, modules: Tensor, n_modules: int) -> Tensor:
    """State g of a line, (n_modules * K,): mean assignment of its loci within each locus module.

    assignment : (n_loci, K); modules : int64 (n_loci,). A module without loci gives zeros.
    """
    member = nn.functional.one_hot(modules, n_modules).float()
    return ((member.T @ assignment) / member.sum(0).clamp(min=1)[:, None]).flatten()
