"""Estimators of mutual information compared where it is known: the evidence for gating on V-information.

`python -m epidecouple.estimators --table estimators.tsv` takes about two minutes; the figure is `python -m epidecouple.figures estimators`.
"""

import argparse
from pathlib import Path

from ..decoupling.estimators import comparison


def main() -> None:
    """Write the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.table.parent.mkdir(parents=True, exist_ok=True)
    comparison().to_csv(arguments.table, sep="\t", index=False, float_format="%.4f")


if __name__ == "__main__":
    main()
