"""A training step of U and R on the CPU and on CUDA: pairs per second, and do both agree?

    python benchmarks/device.py

needs torch, pydantic, PyYAML and concept-erasure. Windows of 2 kb, six lines, random tensors.
"""

import copy
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from epidecouple import EnergyModel, losses, read_config  # noqa: E402

WINDOW_BP, REPEATS = 2000, 5


def configuration(encoder: str):
    """The default configuration with long windows and one of the encoders."""
    config = read_config(ROOT / "config" / "config.yaml")
    windows = config.windows.model_copy(update={"sequence_bp": WINDOW_BP})
    model = config.model.model_copy(update={"encoder": encoder, "dropout": 0.0})
    return config.model_copy(update={"windows": windows, "model": model})


def batch(config, pairs: int) -> dict[str, Tensor]:
    """Random windows, signal and labels of some pairs in all lines."""
    generator = torch.Generator().manual_seed(0)
    lines, marks = len(config.cell_lines), len(config.marks)
    codes = torch.randint(0, 4, (2, pairs, WINDOW_BP), dtype=torch.uint8, generator=generator)
    shape = (lines, pairs, 2 + config.windows.bins, 2 * marks)
    labels = (torch.rand(pairs, lines, generator=generator) < 0.4).float()
    labels[:, 0], labels[:, 1] = 0, 1
    distance = 4 + torch.rand(pairs, generator=generator)
    signal = torch.randn(shape, generator=generator)
    return {"codes": codes, "distance": distance, "signal": signal, "labels": labels}


def loss_of(model: EnergyModel, data: dict[str, Tensor]) -> Tensor:
    """The conditional likelihood of R and the task likelihood of U."""
    potential = model.potential(*data["codes"], data["distance"])
    resistance = torch.stack([model.resistance(of_line) for of_line in data["signal"]], dim=1)
    line_offset = model.resistance.line_offset
    offset = (-resistance - line_offset).detach() - model.task_offset
    weights = torch.ones_like(potential)
    task = losses.task_nll(potential, offset, data["labels"], weights)
    return losses.conditional_nll(resistance, line_offset, data["labels"]) + task


def seconds_of_step(model: EnergyModel, data: dict[str, Tensor]) -> float:
    """The fastest of some training steps after a warm-up."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        optimiser.zero_grad()
        loss_of(model, data).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        if data["labels"].is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return min(times[1:])


def gradient(model: EnergyModel, data: dict[str, Tensor]) -> Tensor:
    """All gradients of one loss, as one vector on the CPU; in float32, as in evaluation."""
    model.eval().zero_grad()
    loss_of(model, data).backward()
    parts = [p.grad.flatten().cpu() for p in model.parameters() if p.grad is not None]
    return torch.cat(parts)


def main() -> None:
    """One line per encoder and device."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    write = sys.stdout.write
    write(f"torch {torch.__version__}, {torch.get_num_threads()} threads\n")
    for encoder, pairs in (("cnn", 512), ("deep", 128)):
        config = configuration(encoder)
        torch.manual_seed(0)
        untrained = EnergyModel(config, n_reference=100)
        size = sum(p.numel() for p in untrained.parameters()) / 1e6
        reference = gradient(untrained, batch(config, 32))
        for device in devices:
            model = copy.deepcopy(untrained).to(device)
            small = {name: part.to(device) for name, part in batch(config, 32).items()}
            apart = (gradient(model, small) - reference).norm() / reference.norm()
            data = {name: part.to(device) for name, part in batch(config, pairs).items()}
            seconds = seconds_of_step(model.train(), data)
            write(
                f"{encoder} ({size:.1f} M parameters) on {device}: {pairs / seconds:.0f} pairs/s,"
                f" gradient off by {apart:.1e}\n"
            )


if __name__ == "__main__":
    main()
