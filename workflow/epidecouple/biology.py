"""Biology checks: do the lines' prototypes mirror their epigenomes and loops, and does R follow the marks as it should?"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import rankdata

from .config import Config
from .dataset import Panel, load_panel
from .diagnose import line_states
from .energy import EnergyModel
from .genome import gc_content
from .mantel import correlation_distances, distances, mantel
from .provenance import write_metrics
from .stage import run_stage, stage_parser
from .storage import load_model
from .train import new_model, start_prototypes

log = logging.getLogger(__name__)

POSITIONS = ("enhancer", "promoter", "window")
# Sign that the resistance should have against a mark at the two ends: open chromatin lowers it, silenced raises it.
EXPECTED_SIGNS = {"DNase": -1, "H3K27ac": -1, "H3K4me1": -1, "H3K4me3": -1, "H3K9ac": -1, "H3K27me3": 1, "H3K9me3": 1}
# Above this share the residual, not the states, carries R, and the report says so.
LARGEST_RESIDUAL_SHARE = 0.5
GATED_MARKS = ("DNase", "H3K27ac", "H3K27me3", "H3K9me3")


def line_distances(model: EnergyModel, panel: Panel) -> np.ndarray:
    """Distances (C, C) between the states g of all lines on all reference loci."""
    return distances(line_states(model, panel, list(range(len(panel.lines))), [np.arange(panel.n_reference)], scrub=False))


def loop_distances(panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """1 - correlation of the lines' labels over those of the pairs that loop in some line."""
    labels = panel.labels[pairs]
    return correlation_distances(labels[labels.any(1)].T.astype(float))


def epigenome_distances(panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """1 - correlation of the lines' normalised marks at both ends of the pairs."""
    return correlation_distances(np.stack([shard.signal[pairs][:, :2].astype(np.float32).ravel() for shard in panel.shards]))


def offset_distances(panel: Panel) -> np.ndarray:
    """Distances of the lines' mean mark levels before normalisation: the offset-only control."""
    levels = [[mark["mean"] for mark in shard.manifest["marks"].values()] for shard in panel.shards]
    return distances(np.array(levels))


def agreement(ours: dict[str, np.ndarray], targets: dict[str, np.ndarray]) -> tuple[dict[str, float], pd.DataFrame]:
    """Mantel correlation and exact p of each set of distances with each target; metrics and a table of all."""
    rows = [(target, name, *mantel(b, a)) for target, b in targets.items() for name, a in ours.items()]
    table = pd.DataFrame(rows, columns=["target", "representation", "rho", "p"])
    metrics = {}
    for target, name, rho, p in rows:
        metrics |= {f"mantel_rho_{target}_{name}": rho, f"mantel_p_{target}_{name}": p}
    return metrics, table


def partial_spearman(x: np.ndarray, y: np.ndarray, covariates: np.ndarray) -> float:
    """Spearman correlation of x and y (n,) with ranked covariates (n, k) regressed out of both ranks."""
    design = np.column_stack([np.ones(len(x)), *(rankdata(column) for column in covariates.T)])
    residuals = []
    for ranks in (rankdata(x), rankdata(y)):
        residuals.append(ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0])
    return float(np.corrcoef(*residuals)[0, 1])


def resistance_against_marks(resistance: np.ndarray, panel: Panel, pairs: np.ndarray, config: Config) -> pd.DataFrame:
    """Partial Spearman of R (n, C) with each mark at each position, per line: line, mark, position, rho, expected sign."""
    covariates = np.column_stack([gc_content(panel.codes, panel.enhancer[pairs], panel.promoter[pairs]), panel.log_distance[pairs]])
    rows = []
    for c, line in enumerate(panel.lines):
        signal = panel.shards[c].signal[pairs].astype(np.float32)
        three = {"enhancer": signal[:, 0], "promoter": signal[:, 1], "window": signal[:, -config.windows.bins :].mean(1)}
        for m, mark in enumerate(config.marks):
            if panel.present[c, m]:
                rows += [(line, mark, at, partial_spearman(three[at][:, m], resistance[:, c], covariates)) for at in POSITIONS]
    table = pd.DataFrame(rows, columns=["line", "mark", "position", "rho"])
    return table.assign(
        expected=[EXPECTED_SIGNS.get(mark, 0) if at != "window" else 0 for mark, at in zip(table.mark, table.position, strict=True)]
    )


def sign_failures(signs: pd.DataFrame) -> dict[str, int]:
    """For each gated mark that is present, in how many lines the mean correlation at the two ends has the wrong sign."""
    ends = signs[(signs.position != "window") & signs.mark.isin(GATED_MARKS)]
    mean = ends.groupby(["mark", "line"]).agg(rho=("rho", "mean"), expected=("expected", "first"))
    wrong = (np.sign(mean.rho) != mean.expected).groupby("mark").sum()
    return {f"wrong_sign_{mark}": int(count) for mark, count in wrong.items()}


@torch.no_grad()
def state_table(model: EnergyModel, panel: Panel, config: Config) -> pd.DataFrame:
    """One row per chromatin state: its resistance at each position, mean marks, and share of each line's reference loci.

    Marks are means of the normalised signal over the reference loci, weighted by assignment, all training lines together.
    """
    assignment = [model.resistance.prototypes.assign(model.resistance.encoder(panel.reference_tensor(c))) for c in range(len(panel.lines))]
    table = pd.DataFrame(model.resistance.state_resistance.numpy().T, columns=[f"resistance_{at}" for at in model.resistance.positions])
    weights = torch.cat([assignment[c] for c in panel.training]).numpy()
    marks = np.concatenate([panel.shards[c].reference for c in panel.training]).astype(np.float32)
    for m, mark in enumerate(config.marks):
        table[f"mark_{mark}"] = weights.T @ marks[:, m] / weights.sum(0)
    for c, line in enumerate(panel.lines):
        table[f"share_{line}"] = assignment[c].mean(0).numpy()
    return table.rename_axis("state")


@torch.no_grad()
def residual_share(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Share of the variance before the softplus that the residual carries: Var(residual) / (Var(states) + Var(residual))."""
    parts = [model.resistance.parts(panel.signal_tensor(pairs, line)) for line in range(len(panel.lines))]
    states, residual = (torch.stack([getattr(part, name) for part in parts]).var() for name in ("states", "residual"))
    return float(residual / (states + residual))


def main() -> None:
    """Stage `biology`: prototypes against epigenome and loops, R against marks, the table of states."""
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "mantel", "signs", "states", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    untrained = start_prototypes(new_model(config, panel), panel, panel.training, config).eval()
    pairs = panel.rows("test")
    ours = {"trained": line_distances(model, panel), "untrained": line_distances(untrained, panel), "offsets": offset_distances(panel)}
    targets = {"loops": loop_distances(panel, pairs), "epigenome": epigenome_distances(panel, pairs)}
    metrics, mantel_table = agreement(ours, targets)
    energies = pd.read_parquet(arguments.energies)
    resistance = energies[[f"resistance_{line}" for line in panel.lines]].to_numpy()[pairs]
    signs = resistance_against_marks(resistance, panel, pairs, config)
    share = residual_share(model, panel, pairs)
    metrics |= {"residual_share": share, "prototypes_explain_resistance": int(share <= LARGEST_RESIDUAL_SHARE)}
    metrics |= sign_failures(signs) | {"lines": len(panel.lines)}
    metrics |= {f"marks_{mark}": int(mark in config.marks) for mark in GATED_MARKS}
    mantel_table.to_csv(arguments.mantel, sep="\t", index=False, float_format="%.6f")
    signs.to_csv(arguments.signs, sep="\t", index=False, float_format="%.4f")
    state_table(model, panel, config).to_csv(arguments.states, sep="\t", float_format="%.4f")
    write_metrics(arguments.metrics, "biology", metrics, arguments.settings, [arguments.model, arguments.energies])
    log.info("Mantel with loops: rho %.2f, p %.4f", metrics["mantel_rho_loops_trained"], metrics["mantel_p_loops_trained"])


if __name__ == "__main__":
    run_stage(main)
