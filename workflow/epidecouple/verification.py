"""The exact assertions: what the architecture guarantees, measured on the model that was trained.

Every figure is 0 (or below its stated bound) by construction; a figure that is not says which guarantee is broken.
The bounds are rows of `config/gates.yaml`.
"""

import numpy as np
import torch
from torch import Tensor, nn

from .curriculum import PotentialStage
from .dataset import Panel
from .energy import EnergyModel
from .objective import conditional_nll
from .scoring import score_resistance

ROWS = 64


def exact_assertions(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> dict[str, float]:
    """All assertions on some pairs; keys are metric names."""
    pairs = pairs[:ROWS]
    return {
        "gradient_of_potential_on_signal": gradient_of_potential_on_signal(model, panel, pairs),
        "gradient_of_resistance_on_dna": gradient_of_resistance_on_dna(model, panel, pairs),
        "potential_difference_between_lines": potential_difference_between_lines(model, panel, pairs),
        "interaction_contrast": interaction_contrast(model, panel, pairs),
        "z_difference_alone_or_in_batch": z_difference_alone_or_in_batch(model, panel, pairs),
        "conditional_nll_shift_by_potential": conditional_nll_shift_by_potential(model, panel, pairs),
        "prototype_parameters": prototype_parameters(model),
        "batch_norm_modules": batch_norm_modules(model),
    }


def gradient_of_potential_on_signal(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Largest |dU/d parameter| over the parameters that read the signal; 0 when there is no path at all."""
    return _reach(model.potential(panel, pairs).sum(), model.resistance)


def gradient_of_resistance_on_dna(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Largest |dR/d parameter| over the parameters that read DNA; 0 when there is no path at all."""
    return _reach(model.resistance(panel.signal_tensor(pairs, 0)).sum(), model.potential)


def _reach(output: Tensor, module: nn.Module) -> float:
    gradients = torch.autograd.grad(output, list(module.parameters()), allow_unused=True)
    return max((float(gradient.abs().max()) for gradient in gradients if gradient is not None), default=0.0)


def potential_difference_between_lines(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """max |U(i, c) - U(i, c')| over lines, in evaluation mode and in training mode under one dropout mask."""
    largest = 0.0
    for training in (False, True):
        with _mode(model, training), torch.no_grad():
            by_line = []
            for line in range(len(panel.lines)):
                torch.manual_seed(0)
                by_line.append(model(panel, pairs, line)[0])
            spread = torch.stack(by_line)
            largest = max(largest, float((spread.amax(0) - spread.amin(0)).max()))
    return largest


@torch.no_grad()
def interaction_contrast(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """max |l(d, x) - l(d', x) - l(d, x') + l(d', x')| of the logit over DNA pairs d and signals x of two lines."""
    with _mode(model, False):
        signal = [panel.signal_tensor(pairs, line) for line in (0, 1)]
        potential = model.potential(panel, pairs)
        logit = [[u - model.resistance(x) for x in signal] for u in (potential, potential.flip(0))]
        return float((logit[0][0] - logit[1][0] - logit[0][1] + logit[1][1]).abs().max())


@torch.no_grad()
def z_difference_alone_or_in_batch(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """max |z of a pair alone - z of it inside the batch|, dropout off, everything else in training mode."""
    with _mode(model, True):
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.eval()
        together = model.potential.z(panel, pairs)
        alone = torch.cat([model.potential.z(panel, pairs[i : i + 1]) for i in range(len(pairs))])
        return float((together - alone).abs().max())


@torch.no_grad()
def conditional_nll_shift_by_potential(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """|change of the conditional likelihood| when an arbitrary u_i is added to every energy of pair i."""
    with _mode(model, False):
        lines = panel.training
        resistance = torch.from_numpy(score_resistance(model, panel, pairs, lines))
        labels, offset = panel.label_tensor(pairs, lines), model.resistance.line_offset
        shift = torch.linspace(-3, 3, len(pairs))[:, None]
        return float((conditional_nll(resistance - shift, offset, labels) - conditional_nll(resistance, offset, labels)).abs())


def task_gradient_on_resistance(stage: PotentialStage) -> float:
    """Largest |d task loss / d parameter| over R and tau; 0 when the loss does not reach them."""
    step = next(iter(stage.sampler.epoch(0)))
    return _reach(stage.loss(step), stage.model.resistance)


def prototype_parameters(model: EnergyModel) -> int:
    """How many parameters share memory with the codebook."""
    codebook = model.resistance.prototypes.codebook
    return sum(parameter.data_ptr() == codebook.data_ptr() for parameter in model.parameters())


def batch_norm_modules(model: EnergyModel) -> int:
    """How many modules of the DNA path normalise over a batch."""
    return sum(isinstance(module, nn.modules.batchnorm._NormBase) for module in model.potential.modules())


class _mode:
    """The model in training or evaluation mode inside a `with`; its own modes are put back after it."""

    def __init__(self, model: nn.Module, training: bool) -> None:
        self.model, self.training = model, training
        self.before = {module: module.training for module in model.modules()}

    def __enter__(self) -> None:
        self.model.train(self.training)

    def __exit__(self, *_: object) -> None:
        for module, training in self.before.items():
            module.training = training
