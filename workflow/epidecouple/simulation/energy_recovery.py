"""Recovery of the known energies of a simulated world, on test chromosomes. The only stage that
reads the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..core.config import Config
from ..statistics.jackknife import (
    ANYTHING,
    CORRELATION,
    SHARE,
    interval,
    rows_without_each,
    unit_metrics,
    units_seen,
)
from ..statistics.ranking import balanced_auc, macro_aupr, within_pair_auc, without_levels

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


class Figure(NamedTuple):
    """A figure as a function of rows, and the bounds that it cannot pass."""

    of_rows: Callable[[np.ndarray], float]
    within: tuple[float, float] = ANYTHING


def recovered(energies: pd.DataFrame, truth: pd.DataFrame, config: Config) -> dict[str, float]:
    """Agreement of the energies with the truth on test chromosomes, each figure with an interval
    over chromosomes.

    energies, truth : one row per pair in the same order.
    """
    chrom = energies.chrom.to_numpy(dtype=str)
    without = rows_without_each(chrom)
    metrics: dict[str, float] = {}
    for name, figure in _figures(energies, truth, config).items():
        value = figure.of_rows(np.arange(len(energies)))
        each = (figure.of_rows(rows) for rows in without)
        lower, upper = interval(value, each, figure.within)
        metrics |= {name: value, f"{name}_lower": lower, f"{name}_upper": upper}
    copies = (np.bincount(rows, minlength=len(chrom)) for rows in without)
    return metrics | unit_metrics(units_seen(copies), len(energies.chrom.unique()))


def _figures(energies: pd.DataFrame, truth: pd.DataFrame, config: Config) -> dict[str, Figure]:
    """What is compared."""
    lines = config.all_lines
    estimated = energies_of(energies, lines)
    true = energies_of(truth, lines)
    lineage = truth.filter(regex="^lineage_motif_").to_numpy()
    figures = _of_potential(estimated.potential, truth, lineage)
    figures |= _of_resistance(estimated.resistance, true.resistance, lines)
    figures |= _against_oracles(energies, estimated, truth, config)
    labels = energies[[f"label_{line}" for line in lines]].to_numpy()
    return figures | _best_within_pairs(labels, true.resistance)


def _of_potential(u: np.ndarray, truth: pd.DataFrame, lineage: np.ndarray) -> dict[str, Figure]:
    """U (n,) against the true U, the part of it that DNA tells, and the counts of lineage motifs
    (n, k).
    """
    true, of_dna = truth.potential.to_numpy(), truth.potential_of_dna.to_numpy()
    return {
        "potential_dna_corr": Figure(lambda rows: correlation(u[rows], of_dna[rows]), CORRELATION),
        "potential_corr": Figure(lambda rows: correlation(u[rows], true[rows]), CORRELATION),
        "potential_slope": Figure(lambda rows: slope(true[rows], u[rows])),
        "lineage_leak": Figure(lambda rows: lineage_leak(u[rows], lineage[rows]), SHARE),
        "lineage_leak_of_truth": Figure(
            lambda rows: lineage_leak(true[rows], lineage[rows]), SHARE
        ),
    }


def _of_resistance(r: np.ndarray, true: np.ndarray, lines: list[str]) -> dict[str, Figure]:
    """R (n, C) against the true R (n, C): within pairs, and in each line."""
    centred, expected = (within_pair_centred(energy) for energy in (r, true))

    def of_line(c: int) -> Figure:
        return Figure(lambda rows: correlation(r[rows, c], true[rows, c]), CORRELATION)

    return {
        "resistance_within_pair_corr": Figure(
            lambda rows: correlation(centred[rows], expected[rows]), CORRELATION
        ),
        "resistance_within_line_corr": Figure(
            lambda rows: correlation(*(without_levels(x[rows]) for x in (centred, expected))),
            CORRELATION,
        ),
        "resistance_slope": Figure(lambda rows: slope(expected[rows], centred[rows])),
        **{f"resistance_corr_{line}": of_line(c) for c, line in enumerate(lines)},
    }


def _best_within_pairs(labels: np.ndarray, resistance: np.ndarray) -> dict[str, Figure]:
    """In which line does a pair loop, by the true R (n, C) on the pairs whose labels (n, C) are
    discordant: what the same figures of the stage `evaluate` could reach.
    """
    discordant = (labels.min(1) == 0) & (labels.max(1) == 1)

    def kept(rows: np.ndarray) -> np.ndarray:
        return rows[discordant[rows]]

    levelled = np.full(resistance.shape, np.nan)
    levelled[discordant] = without_levels(resistance[discordant])
    return {
        "balanced_auc_oracle": Figure(
            lambda rows: balanced_auc(labels[kept(rows)], -resistance[kept(rows)]), SHARE
        ),
        "balanced_auc_levels_removed_oracle": Figure(
            lambda rows: balanced_auc(labels[kept(rows)], -levelled[kept(rows)]), SHARE
        ),
        "within_pair_auc_oracle": Figure(
            lambda rows: float(within_pair_auc(labels[kept(rows)], -resistance[kept(rows)]).mean()),
            SHARE,
        ),
    }


def _against_oracles(
    energies: pd.DataFrame, estimated: Energies, truth: pd.DataFrame, config: Config
) -> dict[str, Figure]:
    """AUPR on unseen lines and chromosomes beside that of the true energies, of the true potential
    alone, and of what can be known: the true R and the part of the true U that DNA tells. Shares
    are of what each has above the base rate.
    """
    true = energies_of(truth, config.all_lines)
    knowable = Energies(truth.potential_of_dna.to_numpy(), true.resistance)
    unseen = [config.all_lines.index(line) for line in config.held_out_lines]
    labels = energies[[f"label_{line}" for line in config.held_out_lines]].to_numpy()
    potential_alone = Energies(true.potential, np.zeros_like(true.resistance))

    def aupr(scored: Energies) -> Callable[[np.ndarray], float]:
        return lambda rows: macro_aupr(labels[rows], scored.of(rows, unseen))

    def share_of(oracle: Energies) -> Callable[[np.ndarray], float]:
        return lambda rows: share_above(
            aupr(estimated)(rows), aupr(oracle)(rows), float(labels[rows].mean())
        )

    return {
        "aupr_unseen": Figure(aupr(estimated), SHARE),
        "aupr_unseen_oracle": Figure(aupr(true), SHARE),
        "aupr_unseen_potential_oracle": Figure(aupr(potential_alone), SHARE),
        "aupr_unseen_dna_oracle": Figure(aupr(knowable), SHARE),
        "aupr_unseen_share_of_oracle": Figure(share_of(true)),
        "aupr_unseen_share_of_dna_oracle": Figure(share_of(knowable)),
    }


def share_above(value: float, best: float, base: float) -> float:
    """What a score reaches above the base rate, as a share of what the best one does."""
    return (value - base) / (best - base)


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
