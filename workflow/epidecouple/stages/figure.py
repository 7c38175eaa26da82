"""Figures, each drawn from one table that a stage wrote; nothing is computed here."""

import argparse
from collections.abc import Callable
from pathlib import Path

from ..report.figures.biology import prototypes, signs, states, trees
from ..report.figures.data import funnel, splits
from ..report.figures.decoupling import correlation, estimators, information
from ..report.figures.evaluation import comparison, recovery, resistance
from ..report.figures.motifs import interactions, logos, motif_effects
from ..report.figures.style import STYLE, plt
from ..report.figures.training import learning_curve

FIGURES: dict[str, Callable[[Path], None]] = {
    "splits": splits,
    "funnel": funnel,
    "learning_curve": learning_curve,
    "learning_curve_subset": learning_curve,
    "recovery": recovery,
    "comparison": comparison,
    "information": information,
    "correlation": correlation,
    "estimators": estimators,
    "prototypes": prototypes,
    "trees": trees,
    "signs": signs,
    "states": states,
    "logos": logos,
    "motif_effects": motif_effects,
    "interactions": interactions,
    "resistance": resistance,
}


def main() -> None:
    """Draw one figure as SVG, the same bytes for the same table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=sorted(FIGURES))
    parser.add_argument("table", type=Path)
    parser.add_argument("svg", type=Path)
    arguments = parser.parse_args()
    with plt.rc_context(STYLE):
        FIGURES[arguments.figure](arguments.table)
        plt.savefig(arguments.svg, bbox_inches="tight", metadata={"Date": None}, dpi=150)


if __name__ == "__main__":
    main()
