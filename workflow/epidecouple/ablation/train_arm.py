"""One arm in one world: trained, or scored without training, and measured on test chromosomes."""

import numpy as np

from ..core.config import Config
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.initialise import new_model, start_prototypes
from ..model.scoring import embed, score_potential, score_resistance
from ..simulation.energy_recovery import within_pair_centred
from ..training.plan import Plan
from ..training.trainer import full_plan, train
from .arms import Arm
from .controls import control_panel
from .joint_training import JointConfig, energies_of, train_joint
from .measures import Energies
from .rivals import Rows, rival_scores

UNTRAINED = "untrained"


def energies_of_arm(arm: Arm, config: Config, panel: Panel, pairs: int) -> Energies:
    """What an arm gives for the test pairs in all lines.

    pairs : so many discordant training pairs are used, those of the seed; all where it is 0
    """
    rows, lines = panel.rows("test"), list(range(len(panel.lines)))
    if arm.how == "rival":
        task = Rows(panel.rows("train"), rows, panel.training)
        return Energies(rival_scores(arm.what, panel, task, config.seed))
    if arm.how == "joint":
        joint = JointConfig(**arm.joint)
        found = energies_of(train_joint(joint, config, panel), panel, rows, lines)
        return without_energies(found) if joint.network == "concatenation" else found
    if arm.how == "control" and arm.what == UNTRAINED:
        model = start_prototypes(new_model(config, panel), panel, panel.training, config)
        return of_model(model.eval(), panel, rows)
    if arm.how == "control":
        panel = control_panel(arm.what, panel, config.seed)
    return of_model(trained(config, panel, pairs), panel, rows)


def trained(config: Config, panel: Panel, pairs: int) -> EnergyModel:
    """Train a model by its curriculum, on `pairs` discordant pairs where that is not 0."""
    model = new_model(config, panel)
    train(model, panel, plan_of(config, panel, pairs))
    return model.eval()


def plan_of(config: Config, panel: Panel, pairs: int) -> Plan:
    """All training pairs, or so many discordant ones."""
    plan = full_plan(panel, config)
    if not pairs:
        return plan
    discordant = panel.discordant_rows("train", plan.lines)
    drawn = rng_for(config.seed, Stream.FEW_PAIRS).permutation(discordant)[:pairs]
    return Plan(plan.lines, np.sort(drawn), config)


def of_model(model: EnergyModel, panel: Panel, rows: np.ndarray) -> Energies:
    """Energies and z of pairs (n,) in all lines by a model of two energies."""
    lines = list(range(len(panel.lines)))
    shape = (1, len(lines))
    potential = np.tile(score_potential(model, panel, rows)[:, None], shape)
    resistance = score_resistance(model, panel, rows, lines)
    z = embed(model, panel, rows).cpu().numpy()
    code = np.broadcast_to(z[:, None], (len(z), len(lines), z.shape[1]))
    return Energies(potential - resistance, potential, resistance, code)


def without_energies(found: Energies) -> Energies:
    """Energies of an arm that has one number only: U is its mean over lines, R what is left."""
    mean = np.repeat(found.score.mean(1, keepdims=True), found.score.shape[1], axis=1)
    return Energies(found.score, mean, -within_pair_centred(found.score), found.code)
