"""Recovery of the known energies of a simulated world, on test chromosomes. The only stage that
reads the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.config import Config
from ..statistics.bootstrap import bootstrap_groups, interval, unit_metrics, units_seen
from ..statistics.ranking import macro_aupr

KEY = ["chrom", "enhancer_mid", "promoter_mid"]


def within_pair_centred(x: np.ndarray) -> np.ndarray:
    """Each pair's values minus their mean over lines, (n, C)."""
    return x - x.mean(1, keepdims=True)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation of two arrays of equal shape, flattened."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def slope(true: np.ndarray, estimate: np.ndarray) -> float:
    """Slope of the truth on its estimate, both centred: 1 when the scale is right, above 1 when the
    estimate is shrunk.
    """
    a, b = (x - x.mean() for x in (true, estimate))
    return float((a * b).sum() / np.square(b).sum())


@dataclass(frozen=True)
class Energies:
    """U (n,) and R (n, C) of test pairs, in logit units."""

    potential: np.ndarray
    resistance: np.ndarray

    def of(self, rows: np.ndarray, lines: list[int]) -> np.ndarray:
        """U - R (len(rows), len(lines))."""
        columns = np.asarray(lines, dtype=np.intp)
        return self.potential[rows, None] - self.resistance[np.ix_(rows, columns)]


def energies_of(table: pd.DataFrame, lines: list[str]) -> Energies:
    """The energies of a table with `potential` and `resistance_<line>`."""
    return Energies(
        table.potential.to_numpy(), table[[f"resistance_{line}" for line in lines]].to_numpy()
    )


def lineage_leak(potential: np.ndarray, lineage: np.ndarray) -> float:
    """Largest |correlation| of U (n,) with a lineage motif's count (n, k): such motifs are no part
    of the true U.
    """
    return max(abs(correlation(potential, lineage[:, k])) for k in range(lineage.shape[1]))


def recovered(energies: pd.DataFrame, truth: pd.DataFrame, config: Config) -> dict[str, float]:
    """Agreement of the energies with the truth on test chromosomes, each figure with a
    chromosome-bootstrap interval.

    energies, truth : one row per pair in the same order.
    """
    values = _figures(energies, truth, config)
    chrom = energies.chrom.to_numpy(dtype=str)
    draws = bootstrap_groups(chrom, config.diagnose.bootstrap, config.seed)
    figures = {name: value(np.arange(len(energies))) for name, value in values.items()}
    for name, value in values.items():
        figures[f"{name}_lower"], figures[f"{name}_upper"] = interval(
            [value(draw) for draw in draws]
        )
    copies = (np.bincount(draw, minlength=len(chrom)) for draw in draws)
    return figures | unit_metrics(units_seen(copies), len(energies.chrom.unique()))


def _figures(
    energies: pd.DataFrame, truth: pd.DataFrame, config: Config
) -> dict[str, Callable[[np.ndarray], float]]:
    """What is compared, as functions of the rows."""
    lines = config.all_lines
    estimated = energies_of(energies, lines)
    true = energies_of(truth, lines)
    centred, expected = (within_pair_centred(energy.resistance) for energy in (estimated, true))
    lineage = truth.filter(regex="^lineage_motif_").to_numpy()
    of_dna = truth.potential_of_dna.to_numpy()
    figures = {
        "potential_corr": lambda rows: correlation(estimated.potential[rows], true.potential[rows]),
        "potential_dna_corr": lambda rows: correlation(estimated.potential[rows], of_dna[rows]),
        "resistance_within_pair_corr": lambda rows: correlation(centred[rows], expected[rows]),
        "resistance_within_line_corr": lambda rows: correlation(
            *(x[rows] - x[rows].mean(0) for x in (centred, expected))
        ),
        "potential_slope": lambda rows: slope(true.potential[rows], estimated.potential[rows]),
        "resistance_slope": lambda rows: slope(expected[rows], centred[rows]),
        "lineage_leak": lambda rows: lineage_leak(estimated.potential[rows], lineage[rows]),
        "lineage_leak_of_truth": lambda rows: lineage_leak(true.potential[rows], lineage[rows]),
    }

    def of_line(c: int) -> Callable[[np.ndarray], float]:
        return lambda rows: correlation(estimated.resistance[rows, c], true.resistance[rows, c])

    by_line = {f"resistance_corr_{line}": of_line(c) for c, line in enumerate(lines)}
    return figures | by_line | _against_oracles(energies, estimated, truth, config)


def _against_oracles(
    energies: pd.DataFrame, estimated: Energies, truth: pd.DataFrame, config: Config
) -> dict[str, Callable[[np.ndarray], float]]:
    """AUPR on unseen lines and chromosomes beside that of the true energies, of the true potential
    alone, and of what can be known: the true R and the part of the true U that DNA tells.
    """
    true = energies_of(truth, config.all_lines)
    knowable = Energies(truth.potential_of_dna.to_numpy(), true.resistance)
    unseen = [config.all_lines.index(line) for line in config.held_out_lines]
    labels = energies[[f"label_{line}" for line in config.held_out_lines]].to_numpy()
    potential_alone = Energies(true.potential, np.zeros_like(true.resistance))

    def aupr(scored: Energies) -> Callable[[np.ndarray], float]:
        return lambda rows: macro_aupr(labels[rows], scored.of(rows, unseen))

    return {
        "aupr_unseen": aupr(estimated),
        "aupr_unseen_oracle": aupr(true),
        "aupr_unseen_potential_oracle": aupr(potential_alone),
        "aupr_unseen_dna_oracle": aupr(knowable),
        "aupr_unseen_share_of_oracle": lambda rows: aupr(estimated)(rows) / aupr(true)(rows),
        "aupr_unseen_share_of_dna_oracle": lambda rows: (
            aupr(estimated)(rows) / aupr(knowable)(rows)
        ),
    }


def points_shown(energies: pd.DataFrame, truth: pd.DataFrame, lines: list[str]) -> pd.DataFrame:
    """What the figure shows: estimated and true energies of every pair in every line (energy, line,
    estimate, truth).
    """
    frames = [
        pd.DataFrame(
            {
                "energy": "potential",
                "line": "all",
                "estimate": energies.potential.to_numpy(),
                "truth": truth.potential,
            }
        )
    ]
    estimated, true = (
        within_pair_centred(table[[f"resistance_{line}" for line in lines]].to_numpy())
        for table in (energies, truth)
    )
    for c, line in enumerate(lines):
        frames.append(
            pd.DataFrame(
                {
                    "energy": "resistance",
                    "line": line,
                    "estimate": estimated[:, c],
                    "truth": true[:, c],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
