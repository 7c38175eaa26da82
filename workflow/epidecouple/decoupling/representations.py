"""What is probed: the model's z, U, e and g, and its raw inputs, raw and scrubbed, on the rows of a
table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..core.config import Config
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.scoring import embed
from .composition import composition
from .probe_rows import Table
from .rank_normalise import scrubbed

LOCUS_SUBSETS = 40
SUBSET_SHARE = 0.5


class Encoded:
    """A model with z of the pairs of all questions: each window is encoded once, however many they
    are.
    """

    @torch.no_grad()
    def __init__(self, model: EnergyModel, panel: Panel, pairs: np.ndarray) -> None:
        self.model = model
        self.pairs = np.unique(pairs)
        self.values = embed(model, panel, self.pairs)

    def z(self, pairs: np.ndarray) -> np.ndarray:
        """z float32 (len(pairs), d_z) of some of the pairs."""
        return self.values[np.searchsorted(self.pairs, pairs)].numpy()

    @torch.no_grad()
    def potential(self, panel: Panel, pairs: np.ndarray) -> np.ndarray:
        """U float32 (len(pairs),) of some of the pairs."""
        return self.model.potential.of_z(
            torch.from_numpy(self.z(pairs)), torch.from_numpy(panel.log_distance[pairs])
        ).numpy()

    @torch.no_grad()
    def e(self, signal: torch.Tensor) -> np.ndarray:
        """e float32 (n, 3 d_locus) of flagged signal (n, P, 2M)."""
        return self.model.resistance.parts(signal).e.numpy()


def of_dna(network: Encoded, panel: Panel, table: Table) -> dict[str, np.ndarray]:
    """z (n, d_z) and U (n, 1) of the rows of a table."""
    return {"z": network.z(table.pair), "U": network.potential(panel, table.pair)[:, None]}


@dataclass(frozen=True)
class TableSignal:
    """Flagged signal of the rows of a table, line by line, raw and scrubbed.

    order : rows of the table (n,) in the order in which the lines' rows stand below each other
    """

    order: np.ndarray
    raw: list[torch.Tensor]
    scrubbed: list[torch.Tensor]

    def read(self, what: str, by: Callable[[torch.Tensor], np.ndarray]) -> dict[str, np.ndarray]:
        """`by(signal)` of the rows, in the order of the table: `<what> raw`, `<what> scrubbed`."""
        back = np.argsort(self.order)
        return {
            f"{what} {name}": np.concatenate([by(signal) for signal in signals])[back]
            for name, signals in (("raw", self.raw), ("scrubbed", self.scrubbed))
        }


def signal_of(panel: Panel, table: Table) -> TableSignal:
    """The signal of a table's rows, which every representation of marks reads."""
    order, raw, clean = [], [], []
    for line in np.unique(table.line):
        rows = np.flatnonzero(table.line == line)
        signal = panel.signal_tensor(table.pair[rows], line)
        raw.append(signal)
        clean.append(scrubbed(signal, panel, line))
        order.append(rows)
    return TableSignal(np.concatenate(order), raw, clean)


def of_environment(network: Encoded, signal: TableSignal) -> dict[str, np.ndarray]:
    """e (n, 3 d_locus) of the rows of a table, raw and from scrubbed signal."""
    return signal.read("e", network.e)


def of_inputs(panel: Panel, table: Table, signal: TableSignal) -> dict[str, np.ndarray]:
    """Raw inputs of the rows: DNA composition, and marks at enhancer, promoter and between, raw and
    scrubbed.

    Marks that some line of the table lacks are left out: their absence alone would tell the line.
    """
    everywhere = np.flatnonzero(panel.present[np.unique(table.line)].all(0))

    def marks(values: torch.Tensor) -> np.ndarray:
        between = values[:, 2 : values.shape[1] - panel.way_slots].mean(1, keepdim=True)
        return torch.cat([values[:, :2], between], dim=1)[..., everywhere].flatten(1).numpy()

    return composition(panel, table.pair) | signal.read("epigenome", marks)


@torch.no_grad()
def line_states(
    model: EnergyModel, panel: Panel, lines: list[int], loci: list[np.ndarray], scrub: bool
) -> np.ndarray:
    """g of each line on each set of loci: (len(lines) * len(loci), modules * K), lines in the outer
    order.
    """
    states = []
    for line in lines:
        reference = panel.reference_tensor(line)
        signal = scrubbed(reference, panel, line) if scrub else reference
        # The sets share their loci, so each locus is encoded once.
        assigned = model.resistance.assigned(signal)
        states += [
            model.resistance.state_of(assigned[chosen], torch.from_numpy(chosen)) for chosen in loci
        ]
    return torch.stack(states).numpy()


def locus_subsets(panel: Panel, config: Config) -> tuple[list[np.ndarray], np.ndarray]:
    """Random subsets of the reference loci, and which of two disjoint halves of the loci each was
    drawn from.
    """
    rng = rng_for(config.seed, Stream.LOCUS_SUBSETS)
    halves = np.array_split(rng.permutation(panel.n_reference), 2)
    loci = [
        rng.choice(half, int(SUBSET_SHARE * len(half)), replace=False)
        for half in halves
        for _ in range(LOCUS_SUBSETS // 2)
    ]
    return loci, np.repeat([0, 1], LOCUS_SUBSETS // 2)
