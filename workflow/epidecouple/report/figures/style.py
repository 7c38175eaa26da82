"""What all figures share: backend, colours, style. The only module that imports matplotlib."""

from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.typing import RcKeyType

__all__ = [
    "COLOURS",
    "DIVERGING",
    "INK",
    "MUTED",
    "STYLE",
    "Axes",
    "Figure",
    "Line2D",
    "Rectangle",
    "SubFigure",
    "colour_of",
    "plt",
]

# Okabe & Ito's colour-blind-safe colours; a line keeps its colour in every figure.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D1F", "#000000")
INK, MUTED = "#333333", "#999999"
DIVERGING = "RdBu_r"
STYLE: dict[RcKeyType, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "epidecouple",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
}


def colour_of(names: list[str]) -> dict[str, str]:
    """A colour per name, in the order of the names."""
    return {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}
