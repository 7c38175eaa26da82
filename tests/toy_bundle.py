"""A released toy model on disk, in the layout of a run: the `ToyPanel`, a model that was not
trained, its evaluation.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from epidecouple.core.integrity import seal
from epidecouple.data.panel import Panel
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.weights import save_model
from toy import ToyPanel, run_main

RUN = "results/demo"
FOLDER = f"{RUN}/model"


@dataclass(frozen=True)
class ToyBundle:
    """Working directory of the run, its configuration, the panel it was made from and the energies
    of `evaluate`.
    """

    root: Path
    values: dict
    panel: Panel
    table: pd.DataFrame
    energies: pd.DataFrame

    @property
    def run(self) -> Path:
        """Folder of the run."""
        return self.root / RUN

    @property
    def pairs(self) -> pd.DataFrame:
        """All pairs of the panel with the columns of a table to be scored."""
        ends = {f"{end}_chrom": self.table.chrom for end in ("enhancer", "promoter")}
        return self.table.assign(**ends)[
            [
                f"{end}_{part}"
                for end in ("enhancer", "promoter")
                for part in ("chrom", "start", "end")
            ]
        ]

    def peaks(self, line: str) -> dict[str, Path]:
        """Peak files of a line by mark."""
        return {
            mark: self.run / "simulated" / line / "peaks" / f"{mark}.peaks.gz"
            for mark in self.values["marks"]
        }


def perturbed_model(toy: ToyPanel):
    """A model whose weights are off their start, as training would leave them; in evaluation
    mode. Its filters are motifs that stand in few places, and U is of the size of a logit.
    """
    config, panel = toy.world.config, toy.panel
    model, generator = (
        start_prototypes(new_model(config, panel), panel, panel.training, config),
        torch.Generator().manual_seed(3),
    )
    shape = (config.model.filters, config.model.filter_bp, 4)
    motifs = np.random.default_rng(3).normal(0, 3, shape)
    ends = (model.potential.encoder.enhancer, model.potential.encoder.promoter)
    for end in ends:
        end.start(list(motifs))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
        for end in ends:
            end.project.weight.mul_(0.3)
            end.project.bias.mul_(0.3)
    return model.eval()


def write_toy_bundle(toy: ToyPanel, root: Path) -> ToyBundle:
    """Copy a toy world to `root`, put its panel and a model there as a run would, run the stages
    `evaluate` and `release`.
    """
    torch.set_num_threads(1)
    values, run = toy.world.values, root / RUN
    shutil.copytree(toy.world.root, root, dirs_exist_ok=True)
    for name in ("elements", "shards"):
        shutil.copytree(toy.folder / name, run / name)
    for name in ("reference.parquet", "chromosomes.tsv"):
        shutil.copy(toy.folder / name, run / "elements")
        seal(run / "elements" / name)
    (run / "train_full").mkdir()
    (run / "evaluate").mkdir()
    save_model(perturbed_model(toy), run / "train_full" / "model.safetensors", json.dumps(values))
    inputs = {
        "model": "train_full/model.safetensors",
        "elements": "elements",
        "shards": "shards",
        "energies": "evaluate/energies.parquet",
    }
    inputs = {name: f"{RUN}/{path}" for name, path in inputs.items()}
    run_main("evaluate", root, values, metrics=f"{RUN}/evaluate/metrics.json", **inputs)
    written = {
        "reference": f"{RUN}/elements/reference.parquet",
        "folder": FOLDER,
        "metrics": f"{FOLDER}/metrics.json",
    }
    run_main("release", root, values, **inputs, **written)
    table, energies = (
        pd.read_parquet(toy.folder / "panel.parquet"),
        pd.read_parquet(run / "evaluate" / "energies.parquet"),
    )
    return ToyBundle(root, values, toy.panel, table, energies)
