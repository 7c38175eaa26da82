"""A world of the ablation: simulated, crossed, encoded and sharded by the stages of a run, in one
job.
"""

from pathlib import Path

from ..ablation.arms import world_of, world_values
from ..ablation.world import Files
from ..core.config import Config
from ..core.provenance import write_json
from ..files.catalog import catalog_of
from .elements import elements
from .panel import panel
from .reference import reference
from .runner import run
from .shard import shard
from .simulate import simulate


def ablation_world(world: str, seed: int, folder: Path) -> None:
    """Write a world below its folder, and last the configuration that it was made with."""
    values = world_values(world_of(world), seed) | {"results": str(folder / "files")}
    config, files = Config.from_dict(values), Files(folder)
    files.elements.mkdir(parents=True, exist_ok=True)
    table, chromosomes = folder / "panel.parquet", folder / "chromosomes.tsv"
    loci, splits = folder / "reference.parquet", files.elements / "splits.json"
    places, pairs = (files.elements / f"{name}.parquet" for name in ("elements", "pairs"))
    simulate(config, files.truth)
    panel(config, table, folder / "funnel.tsv")
    sequences = files.elements / "sequences.npy"
    elements(config, table, places, sequences, pairs, splits, chromosomes)
    reference(config, chromosomes, loci)
    for line in catalog_of(config).lines:
        shard(config, line, table, pairs, places, loci, splits, files.shards / line)
    write_json(files.made, {"world": world, "seed": seed})


if __name__ == "__main__":
    run(ablation_world)
