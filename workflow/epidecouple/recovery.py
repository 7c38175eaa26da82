"""Recovery of the known energies of a simulated world, on test chromosomes. The only stage that reads the truth."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .config import Config
from .provenance import read_metrics, write_metrics
from .skill import bootstrap_groups, interval, macro_aupr
from .stage import run_stage, stage_parser

log = logging.getLogger(__name__)

KEY = ["chrom", "enhancer_mid", "promoter_mid"]


def within_pair_centred(x: np.ndarray) -> np.ndarray:
    """Each pair's values minus their mean over lines, (n, C)."""
    return x - x.mean(1, keepdims=True)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation of two arrays of equal shape, flattened."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def slope(true: np.ndarray, estimate: np.ndarray) -> float:
    """Slope of the truth on its estimate, both centred: 1 when the scale is right, above 1 when the estimate is shrunk."""
    a, b = (x - x.mean() for x in (true, estimate))
    return float((a * b).sum() / np.square(b).sum())


@dataclass(frozen=True)
class Energies:
    """U (n,) and R (n, C) of test pairs, in logit units."""

    potential: np.ndarray
    resistance: np.ndarray

    def of(self, rows: np.ndarray, lines: list[int]) -> np.ndarray:
        """U - R (len(rows), len(lines))."""
        return self.potential[rows, None] - self.resistance[np.ix_(rows, lines)]


def energies_of(table: pd.DataFrame, lines: list[str]) -> Energies:
    """The energies of a table with `potential` and `resistance_<line>`."""
    return Energies(table.potential.to_numpy(), table[[f"resistance_{line}" for line in lines]].to_numpy())


def lineage_leak(potential: np.ndarray, lineage: np.ndarray) -> float:
    """Largest |correlation| of U (n,) with a lineage motif's count (n, k): such motifs are no part of the true U."""
    return max(abs(correlation(potential, lineage[:, k])) for k in range(lineage.shape[1]))


def recovered(energies: pd.DataFrame, truth: pd.DataFrame, config: Config) -> dict[str, float]:
    """Agreement of the energies with the truth on test chromosomes, each figure with a chromosome-bootstrap interval.

    energies, truth : one row per pair in the same order.
    """
    values = _figures(energies, truth, config)
    draws = bootstrap_groups(energies.chrom.to_numpy(dtype=str), config.diagnose.bootstrap, config.seed)
    found = {name: value(np.arange(len(energies))) for name, value in values.items()}
    for name, value in values.items():
        found[f"{name}_lower"], found[f"{name}_upper"] = interval([value(draw) for draw in draws])
    return found


def _figures(energies: pd.DataFrame, truth: pd.DataFrame, config: Config) -> dict[str, Callable[[np.ndarray], float]]:
    """What is compared, as functions of the rows."""
    lines = config.all_lines
    ours, true = energies_of(energies, lines), energies_of(truth, lines)
    centred, expected = (within_pair_centred(energy.resistance) for energy in (ours, true))
    lineage = truth.filter(regex="^lineage_motif_").to_numpy()
    figures = {
        "potential_corr": lambda rows: correlation(ours.potential[rows], true.potential[rows]),
        "resistance_within_pair_corr": lambda rows: correlation(centred[rows], expected[rows]),
        "resistance_within_line_corr": lambda rows: correlation(*(x[rows] - x[rows].mean(0) for x in (centred, expected))),
        "potential_slope": lambda rows: slope(true.potential[rows], ours.potential[rows]),
        "resistance_slope": lambda rows: slope(expected[rows], centred[rows]),
        "lineage_leak": lambda rows: lineage_leak(ours.potential[rows], lineage[rows]),
        "lineage_leak_of_truth": lambda rows: lineage_leak(true.potential[rows], lineage[rows]),
    }
    for c, line in enumerate(lines):
        figures[f"resistance_corr_{line}"] = lambda rows, c=c: correlation(ours.resistance[rows, c], true.resistance[rows, c])
    return figures | _against_oracle(energies, ours, true, config)


def _against_oracle(energies: pd.DataFrame, ours: Energies, true: Energies, config: Config) -> dict[str, Callable[[np.ndarray], float]]:
    """AUPR on unseen lines and chromosomes beside that of the true energies and of the true potential alone."""
    unseen = [config.all_lines.index(line) for line in config.held_out_lines]
    labels = energies[[f"label_{line}" for line in config.held_out_lines]].to_numpy()
    potential_alone = Energies(true.potential, np.zeros_like(true.resistance))

    def aupr(scored: Energies) -> Callable[[np.ndarray], float]:
        return lambda rows: macro_aupr(labels[rows], scored.of(rows, unseen))

    return {
        "aupr_unseen": aupr(ours),
        "aupr_unseen_oracle": aupr(true),
        "aupr_unseen_potential_oracle": aupr(potential_alone),
        "aupr_unseen_share_of_oracle": lambda rows: aupr(ours)(rows) / aupr(true)(rows),
    }


def main() -> None:
    """Stage `recovery`: compare the model's energies with the simulated truth."""
    parser = stage_parser(__doc__)
    for name in ("energies", "truth", "evaluated", "points", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    energies = pd.read_parquet(arguments.energies).query("split == 'test'")
    truth = energies[KEY].merge(pd.read_parquet(arguments.truth), on=KEY, how="left", validate="one_to_one")
    metrics = recovered(energies, truth, config)
    metrics["potential_sd_across_lines"] = read_metrics(arguments.evaluated)["potential_difference_between_lines"]
    metrics |= {"truth_known": 1, "biological_offset": config.simulation.biological_offset}
    _points(energies, truth, config.all_lines).to_csv(arguments.points, sep="\t", index=False, float_format="%.4f")
    write_metrics(arguments.metrics, "recovery", metrics, arguments.settings, [arguments.energies, arguments.truth])
    log.info("corr(U) %.3f, within-pair corr(R) %.3f", metrics["potential_corr"], metrics["resistance_within_pair_corr"])


def _points(energies: pd.DataFrame, truth: pd.DataFrame, lines: list[str]) -> pd.DataFrame:
    """What the figure shows: estimated and true energies of every pair in every line (energy, line, estimate, truth)."""
    frames = [pd.DataFrame({"energy": "potential", "line": "all", "estimate": energies.potential.to_numpy(), "truth": truth.potential})]
    ours, true = (within_pair_centred(table[[f"resistance_{line}" for line in lines]].to_numpy()) for table in (energies, truth))
    for c, line in enumerate(lines):
        frames.append(pd.DataFrame({"energy": "resistance", "line": line, "estimate": ours[:, c], "truth": true[:, c]}))
    return pd.concat(frames, ignore_index=True)


if __name__ == "__main__":
    run_stage(main)
