"""Biology checks: do the lines' prototypes mirror their epigenomes and loops, and does R follow the marks as it should?"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from .config import Config
from .dataset import Panel, load_panel
from .energy import EnergyModel
from .evaluate import resampling_units
from .mantel import group_contrast
from .provenance import write_metrics
from .rsa import Target, agreement_metrics, agreement_table, agreements, representations, targets
from .scoring import score_resistance
from .signs import GATED_MARKS, resistance_against_marks, sign_failures
from .skill import group_draws
from .stage import run_stage, stage_parser
from .storage import load_model
from .train import new_model, start_prototypes
from .trees import cophenetic_correlation, tree_agreement, tree_table

log = logging.getLogger(__name__)

# Above this share the residual, not the states, carries R, and the report says so.
LARGEST_RESIDUAL_SHARE = 0.5


def compare_lines(
    model: EnergyModel, untrained: EnergyModel, panel: Panel, found: list[Target], draws: np.ndarray, groups: list[list[int]]
) -> tuple[dict[str, float], pd.DataFrame, pd.DataFrame]:
    """Prototypes against loops and marks: metrics, the table of Mantel tests, and the trees. draws : (B, G)."""
    ours = {left_out: representations(model, untrained, _seen(panel, left_out)) for left_out in {target.left_out for target in found}}
    agreed = agreements(found, ours, draws)
    whole = np.ones((1, draws.shape[1]))
    trees = {"prototypes": ours[None]["trained"]}
    trees |= {target.name: target.distances(whole)[0] for target in found if target.role != "mark"}
    table = agreement_table(agreed)
    metrics = agreement_metrics(agreed) | tree_metrics(trees, groups)
    trained = table[(table.representation == "trained") & (table.role == "mark")]
    metrics |= {f"mantel_p_holm_{mark}_trained": p for mark, p in zip(trained.target, trained.p_holm, strict=True)}
    return metrics, table, tree_table(trees, panel.lines, groups)


def _seen(panel: Panel, left_out: int | None) -> Panel:
    return panel if left_out is None else panel.without(left_out)


def groups_of(names: list[list[str]], lines: list[str]) -> list[list[int]]:
    """Groups as columns of the lines; lines that the run does not have are left out, and groups of which fewer than two are left."""
    known = [[lines.index(line) for line in group if line in lines] for group in names]
    return [group for group in known if len(group) > 1]


def tree_metrics(matrices: dict[str, np.ndarray], groups: list[list[int]]) -> dict[str, float]:
    """How faithful each tree is, how well that of the prototypes agrees with the others, and how the groups hold together in each."""
    metrics = {}
    for name, matrix in matrices.items():
        metrics[f"cophenetic_correlation_{name}"] = cophenetic_correlation(matrix)
        if name != "prototypes":
            agreed = tree_agreement(matrices["prototypes"], matrix)
            metrics |= dict(zip((f"tree_agreement_{name}", f"tree_agreement_p_{name}"), agreed, strict=True))
        if len(groups) > 1:
            contrast = group_contrast(matrix, groups)
            metrics |= dict(zip((f"group_contrast_{name}", f"group_contrast_p_{name}"), contrast, strict=True))
    return metrics


def resistance_without_marks(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """R (M, n, C) of a model that is not shown one mark, for each mark in turn."""
    lines = list(range(len(panel.lines)))
    return np.stack([score_resistance(model, panel.without(mark), pairs, lines) for mark in range(panel.present.shape[1])])


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


def _arguments() -> argparse.Namespace:
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "mantel", "trees", "signs", "states", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    """Stage `biology`: prototypes against epigenome and loops, R against marks, the table of states."""
    arguments = _arguments()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    untrained = start_prototypes(new_model(config, panel), panel, panel.training, config).eval()
    pairs, energies = panel.rows("test"), pd.read_parquet(arguments.energies)
    units = np.unique(resampling_units(panel.chrom[pairs], energies.enhancer_mid.to_numpy()[pairs]), return_inverse=True)[1]
    draws = group_draws(units, config.diagnose.bootstrap, config.seed)
    groups = groups_of(config.biology.groups, panel.lines)
    found = targets(panel, pairs, units, config.marks)
    metrics, mantel_table, trees = compare_lines(model, untrained, panel, found, draws, groups)
    resistance = energies[[f"resistance_{line}" for line in panel.lines]].to_numpy()[pairs]
    without = resistance_without_marks(model, panel, pairs)
    signs = resistance_against_marks(resistance, without, panel, pairs, config.marks, units, draws, config.windows.bins)
    share = residual_share(model, panel, pairs)
    metrics |= {"residual_share": share, "prototypes_explain_resistance": int(share <= LARGEST_RESIDUAL_SHARE)}
    metrics |= sign_failures(signs) | {"lines": len(panel.lines), "groups": len(groups)}
    metrics |= {f"marks_{mark}": int(mark in config.marks) for mark in GATED_MARKS}
    mantel_table.to_csv(arguments.mantel, sep="\t", index=False, float_format="%.6f")
    trees.to_csv(arguments.trees, sep="\t", index=False, float_format="%.4f")
    signs.to_csv(arguments.signs, sep="\t", index=False, float_format="%.4f")
    state_table(model, panel, config).to_csv(arguments.states, sep="\t", float_format="%.4f")
    write_metrics(arguments.metrics, "biology", metrics, arguments.settings, [arguments.model, arguments.energies])
    log.info("joint Mantel test: rho %.2f, p %.4f", metrics["mantel_rho_joint_trained"], metrics["mantel_p_joint_trained"])


if __name__ == "__main__":
    run_stage(main)
