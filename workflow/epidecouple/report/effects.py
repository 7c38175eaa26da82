"""What each component of the design changes, as `snakemake ablation` measured it on simulated
worlds.
"""

from functools import cache

import pandas as pd

from ..core.metrics import label
from ..core.paths import EFFECTS

# Arms that add a component to the design begin so; the others take one out.
ADDING = "with "


@cache
def effects() -> pd.DataFrame:
    """The table: world, arm, metric, design, arm_value, difference (design - arm), lower, upper,
    n.
    """
    return pd.read_csv(EFFECTS, sep="\t")


def effect_sentence(arm: str, world: str, metric: str) -> str:
    """A metric without and with the component that an arm is about: their mean paired difference
    with its interval over seeds, and the world; empty where it was not measured.
    """
    table = effects()
    rows = table[(table.arm == arm) & (table.world == world) & (table.metric == metric)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    without, with_it, low, high = row.arm_value, row.design, row.lower, row.upper
    if arm.startswith(ADDING):
        without, with_it, low, high = with_it, without, -high, -low
    chance = "within chance" if low <= 0 <= high else "beyond chance"
    name = label(metric)
    return (
        f"{name}: {without:.2f} without, {with_it:.2f} with it, {with_it - without:+.3f}"
        f" ({low:+.3f} to {high:+.3f}, {chance}; {row.n} seeds, world {world})"
    )
