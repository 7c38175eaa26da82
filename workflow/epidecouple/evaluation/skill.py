"""Evaluation: the energies of every pair in every line, and skill per test cell against trivial
baselines.
"""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.panel import Panel
from ..statistics.jackknife import (
    independent_units,
    interval,
    resampling_units,
    rows_without_each,
    unit_metrics,
    units_seen,
)
from ..statistics.ranking import element_lookup, line_aupr, macro_aupr
from .which_line import within_pair


def skill(panel: Panel, scored: pd.DataFrame, config: Config) -> dict[str, float | str]:
    """All figures of skill on test chromosomes, and in held-out lines on training chromosomes too.

    scored : the table of `energy_table`
    """
    potential, resistance = energies_in(scored, panel.lines)
    energy, rows = logits(potential, resistance), panel.rows("test")
    chrom, mid = panel.chrom[rows], scored.enhancer_mid.to_numpy()[rows]
    without = rows_without_each(resampling_units(chrom, mid))
    metrics = cells(panel, energy) | skill_lift(panel, energy, without)
    metrics |= within_pair(panel, resistance, without, config.marks)
    of_line = line_aupr(panel.labels[rows], energy[rows])
    metrics |= {f"aupr_{line}": value for line, value in zip(panel.lines, of_line, strict=True)}
    metrics |= units_left_out(without, chrom, mid)
    return metrics | {
        "test_pairs": len(rows),
        "held_out_lines": len(panel.lines) - len(panel.training),
        "scored_additivity_error": additivity_error(energy, potential, resistance),
    }


def units_left_out(
    without: list[np.ndarray], chrom: np.ndarray, mid: np.ndarray
) -> dict[str, float]:
    """How many units intervals leave out, of pairs on these chromosomes (n,) and at these midpoints
    (n,), in bp.

    without : the rows that stay when each unit is left out
    """
    copies = (np.bincount(rows, minlength=len(chrom)) for rows in without)
    return unit_metrics(units_seen(copies), independent_units(chrom, mid))


def logits(potential: np.ndarray, resistance: np.ndarray) -> np.ndarray:
    """What pairs are ranked by: U - R (n, C), from U (n,) and R (n, C)."""
    return potential[:, None] - resistance


def additivity_error(energy: np.ndarray, potential: np.ndarray, resistance: np.ndarray) -> float:
    """Largest difference between what pairs are ranked by (n, C) and U (n,) minus R (n, C): what it
    holds beside the two, such as a product of them.
    """
    return float(np.abs(energy + resistance - potential[:, None]).max())


def cells(panel: Panel, energy: np.ndarray) -> dict[str, float]:
    """Figures of every test cell that the panel has: (un)seen line x (un)seen chromosome; energy
    (n, C).
    """
    metrics = cell(panel, energy, "test", panel.training, "seen_line_unseen_chromosome")
    held_out = list(range(len(panel.training), len(panel.lines)))
    if held_out:
        metrics |= cell(panel, energy, "test", held_out, "unseen_line_unseen_chromosome")
        metrics |= cell(panel, energy, "train", held_out, "unseen_line_seen_chromosome")
        metrics |= {
            f"aupr_mean_label_unseen_line_{kind}_chromosome": mean_label_aupr(
                panel, held_out, split
            )
            for kind, split in (("seen", "train"), ("unseen", "test"))
        }
    return metrics


def baselines(panel: Panel, pairs: np.ndarray) -> dict[str, np.ndarray]:
    """Scores (n,) that know neither DNA nor epigenome: closeness, and how few pairs the two
    elements are in.
    """
    degree = [np.bincount(rows[pairs])[rows[pairs]] for rows in (panel.enhancer, panel.promoter)]
    return {"distance": -panel.log_distance[pairs], "degree": -np.log(degree[0] * degree[1])}


def cell(
    panel: Panel, energy: np.ndarray, split: str, lines: list[int], name: str
) -> dict[str, float]:
    """Macro AUPR, base rate and lift of one test cell (lines x chromosomes)."""
    rows = panel.rows(split)
    labels = panel.labels_of(rows, lines)
    aupr = macro_aupr(labels, energy[np.ix_(rows, np.asarray(lines))])
    base = float(labels.mean())
    return {f"aupr_{name}": aupr, f"base_rate_{name}": base, f"lift_{name}": aupr / base}


def skill_lift(
    panel: Panel, energy: np.ndarray, without: list[np.ndarray]
) -> dict[str, float | str]:
    """Macro AUPR on test chromosomes minus the best trivial baseline's, with its interval.

    without : the test pairs that stay when each unit is left out, as row numbers among them
    """
    rows, lines = panel.rows("test"), list(range(len(panel.lines)))
    labels, energies = panel.labels[rows], energy[rows]
    rivals = {
        name: np.repeat(score[:, None], len(lines), axis=1)
        for name, score in baselines(panel, rows).items()
    }
    rivals["element_lookup"] = np.repeat(_lookup(panel, rows)[:, None], len(lines), axis=1)
    auprs = {name: macro_aupr(labels, score) for name, score in rivals.items()}
    best = max(auprs, key=auprs.__getitem__)
    lift = macro_aupr(labels, energies) - auprs[best]
    low, high = interval(
        lift,
        (
            macro_aupr(labels[kept], energies[kept]) - macro_aupr(labels[kept], rivals[best][kept])
            for kept in without
        ),
    )
    return {
        "skill_lift": lift,
        "skill_lift_lower": low,
        "skill_lift_upper": high,
        "best_baseline": best,
        "element_lookup_lift_all_lines": auprs["element_lookup"] / float(labels.mean()),
        **{f"aupr_baseline_{name}": value for name, value in auprs.items()},
    }


def _lookup(panel: Panel, rows: np.ndarray) -> np.ndarray:
    return element_lookup(
        panel.labels[:, panel.training], [panel.enhancer, panel.promoter], panel.rows("train"), rows
    )


def energy_table(
    panel: Panel, potential: np.ndarray, resistance: np.ndarray, pairs: pd.DataFrame
) -> pd.DataFrame:
    """One row per pair: coordinates, split, potential, and per line resistance and label."""
    columns = {f"resistance_{line}": resistance[:, c] for c, line in enumerate(panel.lines)}
    labels = {f"label_{line}": panel.labels[:, c] for c, line in enumerate(panel.lines)}
    return pairs.assign(potential=potential, **columns, **labels)


def energies_in(scored: pd.DataFrame, lines: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """U (n,) and R (n, C) of a table of `energy_table`."""
    resistance = scored[[f"resistance_{line}" for line in lines]]
    return scored.potential.to_numpy(), resistance.to_numpy()


def mean_label_aupr(panel: Panel, held_out: list[int], split: str) -> float:
    """The average-activity baseline of unseen lines (Schreiber 2020): a pair's mean label over the
    training lines, which on test chromosomes the model never saw.
    """
    rows = panel.rows(split)
    mean = panel.labels_of(rows, panel.training).mean(1)
    return macro_aupr(
        panel.labels_of(rows, held_out), np.repeat(mean[:, None], len(held_out), axis=1)
    )
