"""How tests sabotage a stage: it runs on a toy model and panel, and the rows of a gate that fail
tell what the run noticed.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from epidecouple.core.gates import FAILED, judge, rows_of
from epidecouple.core.integrity import seal
from epidecouple.data.panel import Panel
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import new_model, start_prototypes
from toy_panel import toy_config

CONFIG = toy_config()
Sabotage = Callable[[pytest.MonkeyPatch], None]


def moved_model(panel: Panel) -> EnergyModel:
    """A model that stands for a trained one: every parameter is another than that of a new one, and
    R is not positive without its softplus.
    """
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
        model.resistance.level.zero_()
    return model.eval()


def write_pairs(folder: Path, panel: Panel) -> None:
    """What the stage `elements` leaves of the pairs of a panel."""
    mid = np.arange(len(panel.chrom)) * 50_000
    pairs = {"chrom": panel.chrom, "split": panel.split, "enhancer_mid": mid}
    pd.DataFrame(pairs | {"promoter_mid": mid + 10_000}).to_parquet(folder / "pairs.parquet")
    seal(folder / "pairs.parquet")


def given(patch: pytest.MonkeyPatch, stage: object, model: EnergyModel, panel: Panel) -> None:
    """Let a stage read this model and this panel, whatever paths it is given."""
    patch.setattr(stage, "model_and_panel", lambda *paths: (copy.deepcopy(model), panel))


def failed(gate: str, evidence: set[str], metrics: dict[str, object]) -> set[str]:
    """The rows of a gate about some metrics that fail; the gate must have a row for each."""
    rows = [row for row in rows_of(gate, {}) if row["metric"] in evidence]
    assert {row["metric"] for row in rows} == evidence
    return {check.metric for check in judge(rows, metrics) if check.outcome == FAILED}
