"""Evaluation: the energies of every pair in every line, and skill per test cell against trivial
baselines.
"""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.labels import discordant
from ..data.panel import Panel
from ..statistics.bootstrap import bootstrap_groups, interval, resampling_units
from ..statistics.ranking import element_lookup, line_aupr, macro_aupr, within_pair_auc
from .baselines import activity

ACTIVITY_MARK = "H3K27ac"


def skill(
    panel: Panel, potential: np.ndarray, resistance: np.ndarray, mid: np.ndarray, config: Config
) -> dict[str, float | str]:
    """All figures of skill on test chromosomes, and in held-out lines on training chromosomes too.

    potential : U (n,); resistance : R (n, C); mid : midpoint (bp) of the enhancers (n,), which
    places a pair in a block
    """
    energy, rows = potential[:, None] - resistance, panel.rows("test")
    units = resampling_units(panel.chrom[rows], mid[rows])
    metrics = cells(panel, energy) | skill_lift(panel, energy, units, config)
    metrics |= within_pair(panel, resistance, units, config)
    of_line = line_aupr(panel.labels[rows], energy[rows])
    metrics |= {f"aupr_{line}": value for line, value in zip(panel.lines, of_line, strict=True)}
    return metrics | {
        "test_pairs": len(rows),
        "held_out_lines": len(panel.lines) - len(panel.training),
    }


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


def skill_lift(
    panel: Panel, energy: np.ndarray, units: np.ndarray, config: Config
) -> dict[str, float | str]:
    """Macro AUPR on test chromosomes minus the best trivial baseline's, with a bootstrap interval
    over `units`.
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
    draws = bootstrap_groups(units, config.diagnose.bootstrap, config.seed)
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
    panel: Panel, resistance: np.ndarray, units: np.ndarray, config: Config
) -> dict[str, float]:
    """Within-pair AUC of -R on discordant test pairs against H3K27ac at both ends, with a bootstrap
    interval over `units`.
    """
    rows = panel.rows("test")
    keep = discordant(panel.labels[rows])
    rows, units = rows[keep], units[keep]
    of_r = within_pair_auc(panel.labels[rows], -resistance[rows])
    metrics = {"within_pair_auc": float(of_r.mean()), "within_pair_pairs": len(rows)}
    draws = bootstrap_groups(units, config.diagnose.bootstrap, config.seed)
    metrics["within_pair_auc_lower"], metrics["within_pair_auc_upper"] = interval(
        [of_r[draw].mean() for draw in draws]
    )
    if ACTIVITY_MARK in config.marks:
        of_activity = within_pair_auc(
            panel.labels[rows], activity(panel, rows, config.marks.index(ACTIVITY_MARK))
        )
        metrics["within_pair_auc_activity"] = float(of_activity.mean())
        low, high = interval([(of_r[draw] - of_activity[draw]).mean() for draw in draws])
        metrics |= {"within_pair_gain_lower": low, "within_pair_gain_upper": high}
    return metrics


def energy_table(
    panel: Panel, potential: np.ndarray, resistance: np.ndarray, pairs: pd.DataFrame
) -> pd.DataFrame:
    """One row per pair: coordinates, split, potential, and per line resistance and label."""
    columns = {f"resistance_{line}": resistance[:, c] for c, line in enumerate(panel.lines)}
    labels = {f"label_{line}": panel.labels[:, c] for c, line in enumerate(panel.lines)}
    return pairs.assign(potential=potential, **columns, **labels)


def mean_label_aupr(panel: Panel, held_out: list[int]) -> float:
    """The average-activity baseline of an unseen line on seen chromosomes (Schreiber 2020)."""
    rows = panel.rows("train")
    mean = panel.labels_of(rows, panel.training).mean(1)
    return macro_aupr(
        panel.labels_of(rows, held_out), np.repeat(mean[:, None], len(held_out), axis=1)
    )
