"""Builders of small inputs that several test files share."""

import contextlib
import copy
import gzip
import importlib
import json
import re
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from epidecouple.core.config import Config, validated
from epidecouple.core.errors import InputError
from epidecouple.core.gates import GUARD, values_of
from epidecouple.data.panel import Panel, load_panel
from epidecouple.files.catalog import Catalog, LineFiles, catalog_of
from epidecouple.stages.runner import call

ROOT = Path(__file__).parent.parent
LOOP = "chrom1 start1 end1 chrom2 start2 end2"
SIMULATION = {
    "pairs": 600,
    "chromosomes": 11,
    "enhancers": 220,
    "promoters": 110,
    "barriers": 55,
    "background_loci": 55,
}


def toy_values(**overrides) -> dict:
    """`config/config.yaml` with a small world that has every mark; a mapping among the overrides is
    merged into its section.
    """
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    values["simulation"], values["dataset"] = dict(SIMULATION), {"kind": "simulated"}
    for key, value in copy.deepcopy(overrides).items():
        values[key] = {**values.get(key, {}), **value} if isinstance(value, dict) else value
    guard = values_of(GUARD, {}).items()
    values["thresholds"] = {check: row | {"why": "as the gate has it"} for check, row in guard}
    return validated(values)


def toy_config(**overrides) -> Config:
    """The record of `toy_values`."""
    return Config.from_dict(toy_values(**overrides))


def rooted(catalog: Catalog, root: Path) -> Catalog:
    """The same catalog with every path below `root`."""
    lines = {
        line: LineFiles(
            root / files.pairs,
            root / files.loops,
            {mark: root / path for mark, path in files.peaks.items()},
        )
        for line, files in catalog.lines.items()
    }
    return Catalog(
        root / catalog.genome,
        catalog.regions and root / catalog.regions,
        catalog.motifs and root / catalog.motifs,
        lines,
    )


@dataclass(frozen=True)
class ToyWorld:
    """A simulated dataset on disk: its configuration, folder, files (absolute paths) and truth
    table.
    """

    values: dict
    config: Config
    root: Path
    catalog: Catalog
    truth: Path


@dataclass(frozen=True)
class ToyPanel:
    """What the stages made of a `ToyWorld`: folders of the stages and the panel loaded from
    them.
    """

    world: ToyWorld
    folder: Path
    elements: Path
    shards: Path
    panel: Panel


def run_main(stage: str, root: Path, values: dict, **arguments) -> None:
    """Run a stage in this process, with `root` as the working directory."""
    argv = ["--settings", json.dumps(values)]
    for name, value in arguments.items():
        argv += [f"--{name}", str(value)]
    module = importlib.import_module(f"epidecouple.stages.{stage}")
    with contextlib.chdir(root):
        call(getattr(module, stage), argv)


def write_toy_world(root: Path, **overrides) -> ToyWorld:
    """Run the stage `simulate` below `root`."""
    values = toy_values(**overrides)
    config, truth = Config.from_dict(values), root / "truth.parquet"
    root.mkdir(parents=True, exist_ok=True)
    run_main("simulate", root, values, truth=truth)
    return ToyWorld(values, config, root, rooted(catalog_of(config), root), truth)


def build_toy_panel(world: ToyWorld, folder: Path) -> ToyPanel:
    """Run the stages `panel`, `elements`, `reference` and `shards` on a world and load what they
    wrote.
    """
    elements, shards = folder / "elements", folder / "shards"
    elements.mkdir(parents=True)
    panel, reference = folder / "panel.parquet", folder / "reference.parquet"
    chromosomes, splits = folder / "chromosomes.tsv", elements / "splits.json"
    run_main(
        "panel",
        world.root,
        world.values,
        panel=panel,
        funnel=folder / "funnel.tsv",
        metrics=folder / "panel.json",
    )
    tables = {name: elements / f"{name}.parquet" for name in ("elements", "pairs")}
    written = {
        **tables,
        "sequences": elements / "sequences.npy",
        "splits": splits,
        "chromosomes": chromosomes,
    }
    run_main(
        "elements",
        world.root,
        world.values,
        panel=panel,
        metrics=folder / "elements.json",
        **written,
    )
    run_main("reference", world.root, world.values, chromosomes=chromosomes, reference=reference)
    for line in world.config.all_lines:
        inputs = {"panel": panel, "reference": reference, "splits": splits, **tables}
        run_main("shard", world.root, world.values, line=line, shard=shards / line, **inputs)
    return ToyPanel(world, folder, elements, shards, load_panel(elements, shards, world.config))


def refusal(call, *arguments, **named) -> str:
    """The message with which `call` refuses its input."""
    with pytest.raises(InputError) as caught:
        call(*arguments, **named)
    return str(caught.value)


def says(message: str, *parts: object) -> None:
    """Assert that a refusal holds each of the parts and a remedy, as a sentence after the
    problem.
    """
    for part in parts:
        assert str(part) in message, message
    assert re.fullmatch(r".+[.?] [A-Z].+\.", message, flags=re.DOTALL), message


def frame(columns: str, *rows: tuple) -> pd.DataFrame:
    """A table from its column names, separated by spaces, and its rows."""
    return pd.DataFrame(rows, columns=columns.split())


def written(path: Path, text: str) -> Path:
    """Write a text file, gzipped when its name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode()
    )
    return path


def cut_short(path: Path, share: float = 0.6) -> Path:
    """Keep only the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def same_records(left: object, right: object) -> bool:
    """Whether two dataclass records of arrays and tables are equal in every field."""
    pairs = [(getattr(left, field.name), getattr(right, field.name)) for field in fields(left)]
    return all(_same(a, b) for a, b in pairs)


def _same(a: object, b: object) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[name], b[name]) for name in a)
    return a.equals(b) if isinstance(a, pd.DataFrame) else bool((a == b).all())


def overlap(a: tuple, b: tuple) -> bool:
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]


def brute_force_joined(pairs: pd.DataFrame, loops: pd.DataFrame) -> list[bool]:
    found = []
    for chrom, e0, e1, p0, p1 in pairs.itertuples(index=False):
        enhancer, promoter = (chrom, e0, e1), (chrom, p0, p1)
        anchors = [
            ((c1, s1, t1), (c2, s2, t2)) for c1, s1, t1, c2, s2, t2 in loops.itertuples(index=False)
        ]
        straight = any(overlap(enhancer, one) and overlap(promoter, two) for one, two in anchors)
        crossed = any(overlap(enhancer, two) and overlap(promoter, one) for one, two in anchors)
        found.append(straight or crossed)
    return found


def random_intervals(rng: np.random.Generator, n: int, span: int = 120) -> pd.DataFrame:
    start = rng.integers(0, span, n)
    return pd.DataFrame(
        {
            "chrom": rng.choice(["chr1", "chr2"], n),
            "start": start,
            "end": start + rng.integers(1, 15, n),
        }
    )


def random_loops(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Some anchors overlap each other and some loops lie between chromosomes."""
    return pd.concat([random_intervals(rng, n), random_intervals(rng, n)], axis=1).set_axis(
        LOOP.split(), axis=1
    )
