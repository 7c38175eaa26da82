"""The table of docs/method.md, from runs of the default under several seeds.

    python docs/results.py results/demo results/demo_2 results/demo_3

Each run is that of `snakemake --cores 2 --config seed=2 run=demo_2` and the like. A figure is the
mean over the runs ± its standard deviation, to two digits.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from epidecouple.core.paths import ROOT
from epidecouple.core.provenance import read_metrics

BLOCK = re.compile(r"(<!-- results -->\n).*?(<!-- /results -->)", re.S)
HEAD = "| test chromosomes | epidecouple | to compare with |\n|---|---|---|\n"


class Line(NamedTuple):
    """A row: what is measured, stage and metric, and what stands beside it, by words."""

    text: str
    stage: str
    metric: str
    beside: dict[str, tuple[str, str]]


LINES = (
    Line(
        "AUPR, lines never seen",
        "recovery",
        "aupr_unseen",
        {
            "true R and the part of the true U that DNA determines": (
                "recovery",
                "aupr_unseen_dna_oracle",
            ),
            "true energies": ("recovery", "aupr_unseen_oracle"),
            "base rate": ("evaluate", "base_rate_unseen_line_unseen_chromosome"),
        },
    ),
    Line(
        "AUPR, seen lines",
        "evaluate",
        "aupr_seen_line_unseen_chromosome",
        {
            "closeness": ("evaluate", "aupr_baseline_distance"),
            "element lookup": ("evaluate", "aupr_baseline_element_lookup"),
            "base rate": ("evaluate", "base_rate_seen_line_unseen_chromosome"),
        },
    ),
    Line(
        "In which line does a pair loop? AUC of −R, balanced over couples of lines",
        "evaluate",
        "balanced_auc",
        {
            "true R": ("recovery", "balanced_auc_oracle"),
            "H3K27ac at both ends": ("evaluate", "balanced_auc_activity"),
            "the line's label rate": ("evaluate", "balanced_auc_label_rate"),
        },
    ),
    Line(
        "Correlation of U with the part of the true U that DNA determines",
        "recovery",
        "potential_dna_corr",
        {"with the whole true U": ("recovery", "potential_corr")},
    ),
    Line(
        "Within-pair correlation of R with the truth",
        "recovery",
        "resistance_within_pair_corr",
        {"in a held-out line that lacks two marks": ("recovery", "resistance_corr_MixG")},
    ),
    Line(
        "Share of the entropy of the line, H(line), that a linear probe reads from z, "
        "what the model keeps of the DNA",
        "diagnose",
        "z_line_linear",
        {"untrained encoder": ("diagnose", "z_line_linear_floor")},
    ),
    Line(
        "Planted motifs found in U, recall",
        "motif_recovery",
        "motif_recall",
        {"precision": ("motif_recovery", "motif_precision")},
    ),
)


def table(runs: list[Path]) -> str:
    """The rows, over the runs."""
    return HEAD + "".join(_row(line, runs) for line in LINES)


def _row(line: Line, runs: list[Path]) -> str:
    beside = [f"{text} {_figure(runs, *where)}" for text, where in line.beside.items()]
    found = _figure(runs, line.stage, line.metric)
    return f"| {line.text} | **{found}** | {'; '.join(beside)} |\n"


def _figure(runs: list[Path], stage: str, metric: str) -> str:
    values = [float(read_metrics(run / stage / "metrics.json")[metric]) for run in runs]
    # Adding 0 turns -0.00 into 0.00.
    spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{round(float(np.mean(values)), 2) + 0:.2f}{spread}"


if __name__ == "__main__":
    page = ROOT / "docs" / "method.md"
    rows = table([Path(name) for name in sys.argv[1:]])
    page.write_text(BLOCK.sub(lambda found: found[1] + rows + found[2], page.read_text()))
