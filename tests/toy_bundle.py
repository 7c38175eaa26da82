"""A released toy model on disk, in the layout of a run: a `ToyWorld`, its panel, a model that was not trained, its evaluation."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from epidecouple.storage import save_model
from epidecouple.train import new_model, start_prototypes
from toy import ToyPanel, run_main

SMALL = {
    "model": {"filters": 8, "filter_bp": 6, "z_size": 8, "hidden": 8, "locus_size": 4, "states": 4},
    "reference": {"loci": 120, "modules": 4},
}


@dataclass(frozen=True)
class ToyBundle:
    """Working directory of the run, its configuration, its folder, the panel it was made from and `evaluate`'s energies."""

    root: Path
    values: dict
    run: Path
    toy: ToyPanel
    energies: pd.DataFrame

    @property
    def panel(self):
        return self.toy.panel

    def pairs(self) -> pd.DataFrame:
        """All pairs of the panel with the columns of a table to be scored."""
        panel = pd.read_parquet(self.toy.folder / "panel.parquet")
        ends = {f"{end}_chrom": panel.chrom for end in ("enhancer", "promoter")}
        names = [f"{end}_{part}" for end in ("enhancer", "promoter") for part in ("chrom", "start", "end")]
        return panel.assign(**ends)[names]

    def peaks(self, line: str) -> dict[str, str]:
        return {mark: str(path) for mark, path in self.toy.world.catalog.lines[line].peaks.items()}


def write_toy_bundle(toy: ToyPanel) -> ToyBundle:
    """Save a perturbed model as if it were trained, run the stages `evaluate` and `release`; the run is `results/demo`."""
    world, panel = toy.world, toy.panel
    torch.set_num_threads(1)
    run = world.root / "results" / world.config.run
    for name in ("train_full", "evaluate", "download"):
        (run / name).mkdir(parents=True, exist_ok=True)
    shutil.copytree(toy.elements, run / "elements")
    shutil.copytree(toy.shards, run / "shards")
    shutil.copy(toy.folder / "reference.parquet", run / "elements")
    shutil.copy(toy.folder / "chromosomes.tsv", run / "elements")
    model = start_prototypes(new_model(world.config, panel), panel, panel.training, world.config)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    save_model(model.eval(), run / "train_full" / "model.safetensors", json.dumps(world.values))
    of_run = {name: f"results/{world.config.run}/{path}" for name, path in PATHS.items()}
    stages = {name: of_run[name] for name in ("model", "elements", "shards", "energies")}
    run_main("evaluate", world.root, world.values, metrics=run / "evaluate" / "metrics.json", **stages)
    run_main(
        "release",
        world.root,
        world.values,
        folder=of_run["folder"],
        reference=of_run["reference"],
        metrics=run / "model/metrics.json",
        **stages,
    )
    return ToyBundle(world.root, world.values, run, toy, pd.read_parquet(run / "evaluate" / "energies.parquet"))


PATHS = {
    "model": "train_full/model.safetensors",
    "elements": "elements",
    "shards": "shards",
    "energies": "evaluate/energies.parquet",
    "reference": "elements/reference.parquet",
    "folder": "model",
}


def resistance_of(bundle: ToyBundle, line: str) -> np.ndarray:
    return bundle.energies[f"resistance_{line}"].to_numpy()
