"""Recovery of the known energies of a simulated world, on test chromosomes. The only stage that reads the truth."""

import logging
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


def recovered(energies: pd.DataFrame, truth: pd.DataFrame, lines: list[str], held_out: list[str], config: Config) -> dict[str, float]:
    """Agreement of the energies with the truth on test chromosomes, with chromosome-bootstrap intervals.

    energies, truth : one row per pair in the same order. The slope is that of R on its estimate, within pairs.
    """
    ours, true = (table[[f"resistance_{line}" for line in lines]].to_numpy() for table in (energies, truth))
    centred, expected = within_pair_centred(ours), within_pair_centred(true)
    draws = bootstrap_groups(energies.chrom.to_numpy(dtype=str), config.diagnose.bootstrap, config.seed)
    potential, known = energies.potential.to_numpy(), truth.potential.to_numpy()
    values = {
        "potential_corr": lambda rows: correlation(potential[rows], known[rows]),
        "resistance_within_pair_corr": lambda rows: correlation(centred[rows], expected[rows]),
    }
    found = {name: value(np.arange(len(ours))) for name, value in values.items()}
    for name, value in values.items():
        found[f"{name}_lower"], found[f"{name}_upper"] = interval([value(draw) for draw in draws])
    found["resistance_slope"] = float((centred * expected).sum() / np.square(centred).sum())
    found |= {f"resistance_corr_{line}": correlation(ours[:, c], true[:, c]) for c, line in enumerate(lines)}
    return found | _against_oracle(energies, truth, held_out)


def _against_oracle(energies: pd.DataFrame, truth: pd.DataFrame, held_out: list[str]) -> dict[str, float]:
    """AUPR on unseen lines and chromosomes beside that of the true energies and of the true potential alone."""
    labels = energies[[f"label_{line}" for line in held_out]].to_numpy()
    columns = [f"resistance_{line}" for line in held_out]
    scores = {
        "aupr_unseen": energies.potential.to_numpy()[:, None] - energies[columns].to_numpy(),
        "aupr_unseen_oracle": truth.potential.to_numpy()[:, None] - truth[columns].to_numpy(),
        "aupr_unseen_potential_oracle": np.repeat(truth.potential.to_numpy()[:, None], len(held_out), axis=1),
    }
    auprs = {name: macro_aupr(labels, score) for name, score in scores.items()}
    return {**auprs, "aupr_unseen_share_of_oracle": auprs["aupr_unseen"] / auprs["aupr_unseen_oracle"]}


def main() -> None:
    """Stage `recovery`: compare the model's energies with the simulated truth."""
    parser = stage_parser(__doc__)
    for name in ("energies", "truth", "evaluated", "points", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    energies = pd.read_parquet(arguments.energies).query("split == 'test'")
    truth = energies[KEY].merge(pd.read_parquet(arguments.truth), on=KEY, how="left", validate="one_to_one")
    metrics = recovered(energies, truth, config.all_lines, config.held_out_lines, config)
    metrics["potential_sd_across_lines"] = read_metrics(arguments.evaluated)["potential_difference_between_lines"]
    metrics["truth_known"] = 1
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
