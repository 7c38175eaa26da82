"""Estimators of mutual information compared where it is known: the evidence for gating on
V-information.
"""

from pathlib import Path

from ..decoupling.estimators import comparison
from .runner import run


def estimators(table: Path) -> None:
    """Write the comparison; it takes about two minutes."""
    table.parent.mkdir(parents=True, exist_ok=True)
    comparison().to_csv(table, sep="\t", index=False, float_format="%.4f")


if __name__ == "__main__":
    run(estimators)
