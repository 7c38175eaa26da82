"""All benchmarks, or the named ones: a table of ratios, all arms measured in this run.

make benchmark          python benchmarks/run.py reading signals
"""

import argparse
import importlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import pandas as pd
import torch

from timing import Row

FOLDER = Path(__file__).parent
NAMES = (
    "reading",
    "signals",
    "training",
    "scoring",
    "conditional",
    "scanning",
    "probes",
    "limits",
)
PEERS = (
    "genvarloader",
    "tangermeme",
    "pyfaidx",
    "bioframe",
    "pyranges",
    "polars-bio",
    "lightmotif",
    "scikit-learn",
    "statsmodels",
    "torch",
    "numpy",
    "pandas",
)


def machine() -> str:
    """What the figures depend on."""
    versions = " ".join(f"{name} {metadata.version(name)}" for name in PEERS)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads; python"
        f" {platform.python_version()} {versions}"
    )


def shown(rows: list[Row]) -> str:
    """The table as Markdown."""
    head = (
        "| benchmark | setting | arm | per second | ours is faster by |"
        " |\n|---|---|---|---|---|---|\n"
    )
    lines = [
        f"| {r.benchmark} | {r.setting} | {_marked(r)} | {r.per_second:,.0f} | {r.ratio:.2f} x |"
        f" {r.note} |"
        for r in rows
    ]
    return head + "\n".join(lines) + "\n"


def _marked(row: Row) -> str:
    """The name of an arm, bold where it is faster than ours."""
    return f"**{row.arm}**" if row.ratio < 1 else row.arm


def main() -> None:
    """Run, print, and keep the table beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.names:
        rows += importlib.import_module(name).rows()
    sys.stdout.write(f"{machine()}\n\n{shown(rows)}")
    pd.DataFrame(rows).to_csv(FOLDER / "results.tsv", sep="\t", index=False, float_format="%.6g")
    (FOLDER / "results.md").write_text(f"{machine()}\n\n{shown(rows)}")


if __name__ == "__main__":
    main()
