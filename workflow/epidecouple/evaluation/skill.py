"""Evaluation: the energies of every pair in every line, and skill per test cell against trivial
baselines.
"""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.labels import discordant
from ..data.panel import Panel
from ..statistics.bootstrap import (
    bootstrap_groups,
    independent_units,
    interval,
    resampling_units,
    unit_metrics,
    units_seen,
)
from ..statistics.ranking import element_lookup, line_aupr, macro_aupr, within_pair_auc
from .baselines import activity

ACTIVITY_MARK = "H3K27ac"


def skill(panel: Panel, scored: pd.DataFrame, config: Config) -> dict[str, float | str]:
    """All figures of skill on test chromosomes, and in held-out lines on training chromosomes too.

    scored : the table of `energy_table`
    """
    potential, resistance = energies_in(scored, panel.lines)
    energy, rows = logits(potential, resistance), panel.rows("test")
    chrom, mid = panel.chrom[rows], scored.enhancer_mid.to_numpy()[rows]
    draws = bootstrap_groups(resampling_units(chrom, mid), config.diagnose.bootstrap, config.seed)
    metrics = cells(panel, energy) | skill_lift(panel, energy, draws)
    metrics |= within_pair(panel, resistance, draws, config.marks)
    of_line = line_aupr(panel.labels[rows], energy[rows])
    metrics |= {f"aupr_{line}": value for line, value in zip(panel.lines, of_line, strict=True)}
    metrics |= drawn_units(draws, chrom, mid)
    return metrics | {
        "test_pairs": len(rows),
        "held_out_lines": len(panel.lines) - len(panel.training),
        "scored_additivity_error": additivity_error(energy, potential, resistance),
    }


def drawn_units(draws: list[np.ndarray], chrom: np.ndarray, mid: np.ndarray) -> dict[str, float]:
    """Over how many units bootstrap draws are made of pairs on these chromosomes (n,) and at these
    midpoints (n,), in bp.
    """
    copies = (np.bincount(draw, minlength=len(chrom)) for draw in draws)
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
        metrics["aupr_mean_label_unseen_line_seen_chromosome"] = mean_label_aupr(panel, held_out)
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


def skill_lift(panel: Panel, energy: np.ndarray, draws: list[np.ndarray]) -> dict[str, float | str]:
    """Macro AUPR on test chromosomes minus the best trivial baseline's, with the interval over
    bootstrap draws of test pairs, each the row numbers among them.
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
    differences = [
        macro_aupr(labels[draw], energies[draw]) - macro_aupr(labels[draw], rivals[best][draw])
        for draw in draws
    ]
    low, high = interval(differences)
    return {
        "skill_lift": macro_aupr(labels, energies) - auprs[best],
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


def within_pair(
    panel: Panel, resistance: np.ndarray, draws: list[np.ndarray], marks: list[str]
) -> dict[str, float]:
    """Within-pair AUC of -R on discordant test pairs against H3K27ac at both ends, with intervals
    over bootstrap draws of test pairs, each the row numbers among them.
    """
    rows = panel.rows("test")
    keep = discordant(panel.labels[rows])
    among = [_among(draw, keep) for draw in draws]
    rows, draws = rows[keep], [draw for draw in among if len(draw)]
    of_r = within_pair_auc(panel.labels[rows], -resistance[rows])
    metrics = {"within_pair_auc": float(of_r.mean()), "within_pair_pairs": len(rows)}
    metrics["within_pair_auc_lower"], metrics["within_pair_auc_upper"] = interval(
        [of_r[draw].mean() for draw in draws]
    )
    if ACTIVITY_MARK in marks:
        of_activity = within_pair_auc(
            panel.labels[rows], activity(panel, rows, marks.index(ACTIVITY_MARK))
        )
        metrics["within_pair_auc_activity"] = float(of_activity.mean())
        low, high = interval([(of_r[draw] - of_activity[draw]).mean() for draw in draws])
        metrics |= {"within_pair_gain_lower": low, "within_pair_gain_upper": high}
    return metrics


def _among(draw: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """The drawn rows of those to `keep` (bool (n,)), as row numbers among these."""
    return (np.cumsum(keep) - 1)[draw[keep[draw]]]


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


def mean_label_aupr(panel: Panel, held_out: list[int]) -> float:
    """The average-activity baseline of an unseen line on seen chromosomes (Schreiber 2020)."""
    rows = panel.rows("train")
    mean = panel.labels_of(rows, panel.training).mean(1)
    return macro_aupr(
        panel.labels_of(rows, held_out), np.repeat(mean[:, None], len(held_out), axis=1)
    )
