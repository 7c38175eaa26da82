"""How well R says in which line a pair loops, beside its rivals: within-pair AUC with intervals, and what bounds it.

Two things bound it. The pairs of the panel were chosen by the lines' own tables, so the line that lists a pair is
favoured; comparisons between lines of which neither lists the pair are free of that. And a line may have a loop just
beside the elements, which the label calls none.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.provenance import read_json, write_metrics
from ..data.labels import discordant, label_matrix
from ..evaluation.cross_fitting import ALL_LINES
from ..evaluation.resistance_benchmark import OURS, Ranking, arm_table, ceiling, headline, near_misses, pooled_scores
from ..files.catalog import catalog_of
from ..files.loops import named_like, read_loops
from ..model.scoring import LARGEST_RESIDUAL_SHARE
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `resistance`: the table of arms and its headline figures."""
    parser = stage_parser(__doc__)
    parser.add_argument("--panel", type=Path, required=True)
    for name in ("scores", "unseen", "folds"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    for name in ("arms", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    panel, lines = pd.read_parquet(arguments.panel), config.all_lines
    labels = label_matrix(panel, lines)
    rows = np.flatnonzero(discordant(labels))
    pairs, labels = panel.iloc[rows].reset_index(drop=True), labels[rows]
    loops = {line: named_like(read_loops(files.loops), pairs.chrom) for line, files in catalog_of(config).lines.items()}
    scores = pooled_scores(arguments.scores, rows) | pooled_scores(arguments.unseen, rows)
    ranking = Ranking(labels, pairs[[f"published_{line}" for line in lines]].to_numpy() >= 0, pairs.chrom.to_numpy(dtype=str), config)
    table = arm_table(scores, ranking, lines)
    near = {bp: near_misses(pairs, loops, labels, bp) for bp in config.crossfit.near_bp}
    metrics = headline(table) | ceiling(ranking, scores[f"{ALL_LINES}|{OURS}"], near)
    share = float(np.mean([read_json(path)["residual_share"] for path in arguments.folds]))
    metrics |= {"panel_pairs": len(panel), "discordant_pairs": len(pairs), "lines": len(lines), "residual_share": share}
    metrics |= {"prototypes_explain_resistance": int(share <= LARGEST_RESIDUAL_SHARE)}
    table.to_csv(arguments.arms, sep="\t", index=False, float_format="%.4f")
    write_metrics(arguments.metrics, "resistance", metrics, arguments.settings, [arguments.panel])
    log.info("within-pair AUC of -R on %d pairs: %.3f", len(pairs), metrics["within_pair_auc"])


if __name__ == "__main__":
    run_stage(main)
