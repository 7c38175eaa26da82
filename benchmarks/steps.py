"""A training step of U and R and their scoring, on random tensors: what `gpu.py` measures.

Windows of 2 kb, six lines. Needs torch, pydantic, PyYAML and concept-erasure.
"""

import copy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from epidecouple import EnergyModel, losses, read_config  # noqa: E402
from epidecouple.core.config import Config  # noqa: E402
from epidecouple.model import sequence  # noqa: E402

ENCODERS = ("cnn", "deep")
LEARNING_RATE = 1e-4


def configuration(encoder: str, window_bp: int) -> Config:
    """The default configuration with windows of this length, one of the encoders, no dropout."""
    config = read_config(ROOT / "config" / "config.yaml")
    windows = config.windows.model_copy(update={"sequence_bp": window_bp})
    model = config.model.model_copy(update={"encoder": encoder, "dropout": 0.0})
    return config.model_copy(update={"windows": windows, "model": model})


def untrained(encoder: str, window_bp: int) -> EnergyModel:
    """A model on the CPU, the same at every call."""
    torch.manual_seed(0)
    return EnergyModel(configuration(encoder, window_bp), n_reference=100)


def on(device: torch.device, model: EnergyModel) -> EnergyModel:
    """A copy of a model on a device."""
    return copy.deepcopy(model).to(device)


def batch(window_bp: int, pairs: int, device: torch.device) -> dict[str, Tensor]:
    """Random windows, signal and labels of some pairs in all lines, the same on every device."""
    config = configuration("cnn", window_bp)
    generator = torch.Generator().manual_seed(0)
    lines, marks = len(config.cell_lines), len(config.marks)
    codes = torch.randint(0, 4, (2, pairs, window_bp), dtype=torch.uint8, generator=generator)
    loci = 2 + config.windows.bins + config.windows.way_slots
    labels = (torch.rand(pairs, lines, generator=generator) < 0.4).float()
    labels[:, 0], labels[:, 1] = 0, 1
    distance = 4 + torch.rand(pairs, generator=generator)
    signal = torch.randn((lines, pairs, loci, 2 * marks), generator=generator)
    data = {"codes": codes, "distance": distance, "signal": signal, "labels": labels}
    return {name: part.to(device) for name, part in data.items()}


def energies(model: EnergyModel, data: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """U (n,) and R (n, lines)."""
    potential = model.potential(*data["codes"], data["distance"])
    return potential, torch.stack([model.resistance(line) for line in data["signal"]], dim=1)


def loss_of(model: EnergyModel, data: dict[str, Tensor]) -> Tensor:
    """The conditional likelihood of R and the task likelihood of U."""
    potential, resistance = energies(model, data)
    line_offset = model.resistance.line_offset
    offset = (-resistance - line_offset).detach() - model.task_offset
    weights = torch.ones_like(potential)
    task = losses.task_nll(potential, offset, data["labels"], weights)
    return losses.conditional_nll(resistance, line_offset, data["labels"]) + task


def training_step(model: EnergyModel, data: dict[str, Tensor]) -> Callable[[], Tensor]:
    """What makes one step of training and returns its loss; the model is set to training."""
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=LEARNING_RATE)

    def step() -> Tensor:
        optimiser.zero_grad()
        loss = loss_of(model, data)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        return loss.detach()

    return step


def scoring(
    model: EnergyModel, data: dict[str, Tensor], block: int
) -> Callable[[], tuple[Tensor, Tensor]]:
    """What gives U and R as evaluation does, `block` windows encoded at once; the model is set to
    evaluation.
    """
    model.eval()
    bases = block * data["codes"].shape[-1]

    @torch.no_grad()
    def score() -> tuple[Tensor, Tensor]:
        with mock.patch.object(sequence, "BASES_PER_BATCH", bases):
            return energies(model, data)

    return score


def gradient(model: EnergyModel, data: dict[str, Tensor]) -> Tensor:
    """All gradients of one loss, as one vector."""
    model.zero_grad()
    loss_of(model, data).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@contextmanager
def precision(name: str, device: torch.device) -> Iterator[None]:
    """Compute in float32, in tf32 (products and convolutions of all float32), or in bf16 (the
    encoder alone, by autocast, as training on CUDA does).
    """
    autocast = torch.autocast(device.type, torch.bfloat16) if name == "bf16" else nullcontext()
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if name == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = name == "tf32"
    try:
        with mock.patch.object(sequence, "encoder_precision", lambda *_: autocast):
            yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]
