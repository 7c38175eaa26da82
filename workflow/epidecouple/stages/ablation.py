"""The tables of an ablation: a row per training, effects of components, verdicts on claims."""

from pathlib import Path

import pandas as pd

from ..ablation.verdicts import effects, judged
from ..core.provenance import read_json, write_json
from .runner import run


def ablation(figures: list[Path], runs: Path, effects_table: Path, verdicts: Path) -> None:
    """Join the figures of all arms."""
    table = pd.DataFrame([read_json(path) for path in figures])
    table.to_csv(runs, sep="\t", index=False, float_format="%.4f")
    effects(table).to_csv(effects_table, sep="\t", index=False, float_format="%.4f")
    worlds = table.world.drop_duplicates()
    write_json(verdicts, {world: judged(table, world) for world in worlds})


if __name__ == "__main__":
    run(ablation)
