"""Chromatin-state prototypes shared by all lines, and the state of a line as its mixture of them.

The codebook is a buffer that follows its members by an exponential moving average (van den Oord
2017, appendix A.1); no gradient reaches it. A line needs nothing but its epigenome to have a state.
"""

import torch
from torch import Tensor, nn

TEMPERATURE = 4.0
MOMENTUM = 0.98
# Cosine distance; at a learning rate of 0.03 two of 16 states came as near as 0.006, and the ledger
# stops at 0.01.
DUPLICATE_DISTANCE = 0.02
SMALLEST_CHANCE = 1e-9


class StatePrototypes(nn.Module):
    """K prototypes q_k (K, d_locus) with sharp soft assignment.

    usage : float32 (K,), moving average of the share of loci nearest to each state
    """

    def __init__(self, states: int, size: int) -> None:
        super().__init__()
        self.register_buffer("codebook", torch.zeros(states, size))
        self.register_buffer("usage", torch.full((states,), 1 / states))

    def distances(self, e: Tensor) -> Tensor:
        """Squared Euclidean distance of e (..., d) to each state (..., K)."""
        return (
            e.square().sum(-1, keepdim=True)
            - 2 * e @ self.codebook.T
            + self.codebook.square().sum(-1)
        )

    def assign(self, e: Tensor) -> Tensor:
        """Soft assignment (..., K) of e (..., d); rows sum to 1, gradient flows to e only."""
        return torch.softmax(-self.distances(e) / TEMPERATURE, dim=-1)

    @torch.no_grad()
    def start(self, centroids: Tensor) -> None:
        """Place the states at centroids (K, d), each as much in use as any other."""
        self.codebook.copy_(centroids)
        self.usage.fill_(1 / len(self.codebook))

    @torch.no_grad()
    def follow(self, e: Tensor, generator: torch.Generator) -> int:
        """Move each state towards the mean of the loci e (n, d) nearest to it, re-seed dead states.

        A state is dead when its usage falls below 1 / (4 K), or when it has come as close to an
        earlier one as makes it a duplicate. Returns how many were re-seeded.
        """
        member = nn.functional.one_hot(self.distances(e).argmin(-1), len(self.codebook)).float()
        count = member.sum(0)
        mean = (member.T @ e) / count.clamp(min=1)[:, None]
        self.codebook.lerp_(torch.where(count[:, None] > 0, mean, self.codebook), 1 - MOMENTUM)
        self.usage.lerp_(count / len(e), 1 - MOMENTUM)
        used = self.usage >= 1 / (4 * len(self.codebook))
        living = used & ~self._duplicates(used)
        self.codebook[~living] = self._seeds(e, living, generator)
        self.usage[~living] = 1 / len(self.codebook)
        return int((~living).sum())

    def _duplicates(self, used: Tensor) -> Tensor:
        """Which states (K,) point where an earlier one that is used points already."""
        unit = nn.functional.normalize(self.codebook, dim=1)
        return ((unit @ unit.T > 1 - DUPLICATE_DISTANCE) & used).tril(-1).any(1)

    def _seeds(self, e: Tensor, living: Tensor, generator: torch.Generator) -> Tensor:
        """A locus for each state that is not living, drawn by its squared distance to the living
        (k-means++, Arthur 2007).

        Drawn evenly, it would lie where most loci are, which is where a state is already.
        """
        chance = self.distances(e)[:, living].min(1).values.clamp(min=0) + SMALLEST_CHANCE
        if living.all():
            return e[:0]
        return e[
            torch.multinomial(chance.cpu(), int((~living).sum()), generator=generator).to(e.device)
        ]


class LinePrototypes(nn.Module):
    """One prototype p_c per training line: the moving average of its state g_c over random locus
    subsets.

    prototypes : (C, D) buffer, zeros until the first state is seen
    """

    def __init__(self, lines: int, size: int) -> None:
        super().__init__()
        self.register_buffer("prototypes", torch.zeros(lines, size))

    @torch.no_grad()
    def follow(self, states: Tensor, lines: list[int]) -> None:
        """Move the prototypes of some lines towards their states g (len(lines), D); the first
        state is taken whole.
        """
        for line, state in zip(lines, states, strict=True):
            fresh = not self.prototypes[line].any()
            self.prototypes[line].lerp_(state, 1.0 if fresh else 1 - MOMENTUM)


def line_state(assignment: Tensor, modules: Tensor, n_modules: int) -> Tensor:
    """Mean assignment of a line's reference loci within each locus module: g_c, flattened
    (n_modules * K,).

    assignment : (n_ref, K); modules : int64 (n_ref,). A module without loci gives zeros.
    """
    member = nn.functional.one_hot(modules, n_modules).float()
    return ((member.T @ assignment) / member.sum(0).clamp(min=1)[:, None]).flatten()
