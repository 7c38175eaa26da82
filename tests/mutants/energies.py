"""The world of two energies: a toy panel, its configuration, a model that trains."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from epidecouple.core.config import Config
from epidecouple.data.panel import Panel
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import new_model
from epidecouple.training import trainer
from toy_panel import toy_config, toy_panel

# The arms are switched on, so that what they claim is proven as well.
EVERY_TERM = {
    "label_contrast": 0.3,
    "line_contrast": 0.05,
    "orthogonality": 1,
    "potential_orthogonality": 1,
}


@dataclass
class World:
    """What a mutant may change before training: panel, configuration, model."""

    panel: Panel
    config: Config
    model: EnergyModel

    def reconfigure(self, section: str, **values: object) -> None:
        """Replace values of a section of the configuration."""
        part = getattr(self.config, section).model_copy(update=values)
        self.config = self.config.model_copy(update={section: part})
        self.model = new_model(self.config, self.panel)


def new_world() -> World:
    """A healthy toy world: training in it meets every requirement."""
    config = toy_config(
        resistance={"epochs": 20, "learning_rate": 0.05},
        potential={"epochs": 3},
        fine_tuning={"batch_pairs": 24, "epochs": 2},
        subset={"lines": 3},
        curriculum="fine_tuned",
        objective=EVERY_TERM,
        model={"mask_marks": 0.2},
    )
    panel = toy_panel()
    shards = [
        dataclasses.replace(shard, reference=standard(shard.reference)) for shard in panel.shards
    ]
    panel = dataclasses.replace(panel, shards=shards, labels=panel.labels.copy())
    return World(panel, config, new_model(config, panel))


def standard(reference: np.ndarray) -> np.ndarray:
    """Signal of reference loci at mean 0 and sd 1."""
    values = reference.astype(np.float64)
    return ((values - values.mean(0)) / np.maximum(values.std(0), 1e-9)).astype(np.float16)


def run(world: World) -> None:
    """Train with verification enforced."""
    trainer.train(world.model, world.panel, trainer.full_plan(world.panel, world.config))
