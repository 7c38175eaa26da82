"""A training step of U: every pair of a macro-step once for all lines, against a loader of whole
batches and a DataLoader of (pair, line) items; and where time goes.
"""

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.data import DataLoader, Dataset

from epidecouple.data.panel import Panel
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import start_prototypes
from epidecouple.training.phases import PotentialPhase
from epidecouple.training.plan import Plan
from timing import OURS, Arm, Row, compare
from world import configuration, panel

PAIRS, ELEMENTS, STEPS, LEARNING_RATE, LENGTH, BATCH = 20_000, 6_000, 8, 0.004, 2000, 512
# The CNN's own kernels as the profiler names them: the convolution and the rectified pooling, there
# and back.
CNN = ("aten::conv1d", "RectifiedPool", "ConvolutionBackward0", "RectifiedPoolBackward")


class Items(Dataset):
    """What a user writes first: a row per pair and line, with both windows, the signal and the
    label.
    """

    def __init__(self, data: Panel) -> None:
        self.data, self.lines = data, len(data.lines)

    def __len__(self) -> int:
        return self.lines * len(self.data.enhancer)

    def __getitem__(self, row: int) -> tuple:
        pair, line = divmod(row, self.lines)
        data = self.data
        windows = data.codes[data.enhancer[pair]], data.codes[data.promoter[pair]]
        return (
            *windows,
            data.signal_tensor(np.array([pair]), line)[0],
            data.log_distance[pair],
            np.float32(data.labels[pair, line]),
            line,
        )


def per_item(model: EnergyModel, data: Panel, batch: int, steps: int) -> None:
    """Steps of the same model and loss over shuffled (pair, line) items."""
    optimiser = torch.optim.AdamW(model.potential.parameters(), lr=LEARNING_RATE)
    encoder, tau = model.potential.encoder, model.resistance.line_offset.detach()
    loader = iter(
        DataLoader(Items(data), batch, shuffle=True, generator=torch.Generator().manual_seed(0))
    )
    for _ in range(steps):
        enhancer, promoter, signal, distance, label, line = next(loader)
        with torch.no_grad():
            offset = -model.resistance(signal) - tau[line]
        z = encoder.combine(encoder.enhancer(enhancer), encoder.promoter(promoter))
        logit = model.potential.of_z(z, distance) + offset
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(logit, label).backward()
        optimiser.step()


def per_batch(model: EnergyModel, data: Panel, batch: int, steps: int) -> None:
    """Steps of the same model and loss as a careful user writes them: arrays sliced by batch, both
    windows of each pair encoded once for all lines.
    """
    optimiser = torch.optim.AdamW(model.potential.parameters(), lr=LEARNING_RATE)
    encoder, tau = model.potential.encoder, model.resistance.line_offset.detach()
    order = np.random.default_rng(0).permutation(len(data.enhancer))
    for k in range(steps):
        rows = order[k * batch : (k + 1) * batch]
        with torch.no_grad():
            signal = [data.signal_tensor(rows, line) for line in range(len(data.lines))]
            offset = torch.stack([-model.resistance(part) for part in signal], 1) - tau
        windows = [
            torch.from_numpy(data.codes[end[rows]]) for end in (data.enhancer, data.promoter)
        ]
        z = encoder.combine(encoder.enhancer(windows[0]), encoder.promoter(windows[1]))
        logit = model.potential.of_z(z, torch.from_numpy(data.log_distance[rows]))[:, None] + offset
        labels = torch.from_numpy(data.labels[rows]).float()
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(logit, labels).backward()
        optimiser.step()


def macro_steps(phase: PotentialPhase, optimiser: torch.optim.Optimizer, steps: int) -> None:
    """Steps as training makes them, without the ledger."""
    for _, step in zip(range(steps), phase.sampler.epoch(1), strict=False):
        loss = torch.stack(list(phase.terms(step).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        phase.after_step()


def share_in_cnn(call) -> float:
    """Share of a call's CPU time inside the CNN's own kernels."""
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        call()
    events = seen.key_averages()
    return sum(event.cpu_time_total for event in events if event.key in CNN) / sum(
        event.self_cpu_time_total for event in events
    )


def rows() -> list[Row]:
    """Labelled rows (pair in a line) per second."""
    config = configuration(6, 7, windows={"sequence_bp": LENGTH}, potential={"batch_pairs": BATCH})
    data = panel(config, PAIRS, ELEMENTS)
    config = config.model_copy(update={"cell_lines": data.lines, "held_out_lines": []})
    model = EnergyModel(config, data.n_reference)
    start_prototypes(model, data, data.training, config)
    phase = PotentialPhase(model, data, Plan(data.training, data.rows("train"), config))
    optimiser = torch.optim.AdamW(phase.parameters(), lr=LEARNING_RATE)
    lines = len(data.lines)
    share = share_in_cnn(lambda: macro_steps(phase, optimiser, STEPS))
    arms = {
        OURS: Arm(
            lambda: macro_steps(phase, optimiser, STEPS),
            STEPS * BATCH * lines,
            f"{share:.0%} of the time in the CNN's kernels",
        ),
        "loader of batches": Arm(
            lambda: per_batch(model, data, BATCH, STEPS), STEPS * BATCH * lines, "all lines at once"
        ),
        "DataLoader of (pair, line)": Arm(lambda: per_item(model, data, BATCH, 2), 2 * BATCH),
    }
    return compare(
        "training step of U", f"batch {BATCH}, {lines} lines, {LENGTH} bp", arms, repeats=2
    )
