"""Figures, each drawn from one table that a stage wrote; nothing is computed here."""

from collections.abc import Callable
from pathlib import Path

from ..report.figures.biology import prototypes, signs, states, trees
from ..report.figures.crispr import crispr_curves, crispr_scores
from ..report.figures.data import funnel, splits
from ..report.figures.decoupling import correlation, estimators, information
from ..report.figures.evaluation import ablation, comparison, recovery, resistance
from ..report.figures.loops import loop_strata, loops
from ..report.figures.motifs import interactions, logos, motif_effects
from ..report.figures.style import STYLE, plt
from ..report.figures.training import learning_curve
from .runner import run

FIGURES: dict[str, Callable[[Path], None]] = {
    "splits": splits,
    "funnel": funnel,
    "learning_curve": learning_curve,
    "learning_curve_subset": learning_curve,
    "recovery": recovery,
    "comparison": comparison,
    "ablation": ablation,
    "ablation_quick": ablation,
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
    "loops": loops,
    "loop_strata": loop_strata,
    "crispr_curves": crispr_curves,
    "crispr_scores": crispr_scores,
}


def figure(figure: list[str], table: list[Path], svg: list[Path]) -> None:
    """Draw figures, each of its table, in one process: starting one takes three times as long as
    drawing.
    """
    for name, source, place in zip(figure, table, svg, strict=True):
        draw(name, source, place)


def draw(name: str, table: Path, svg: Path) -> None:
    """Draw one figure as SVG, the same bytes for the same table."""
    with plt.rc_context(STYLE):
        FIGURES[name](table)
        plt.savefig(svg, bbox_inches="tight", metadata={"Date": None}, dpi=150)
        plt.close("all")


if __name__ == "__main__":
    run(figure)
