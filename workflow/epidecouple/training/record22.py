"""Record 22 as it ran: task + adversarial + L1 losses, random batches over lines, linear e, random
split, no validation.

The earlier model that the design answers. It is here to be refused, and, with `verification:
observe`, to be looked at: so that it can be judged, its random split is drawn outside the test
chromosomes. Its R is linear in raw marks, its z reads the elements' annotated lengths, and its
logit has no offset of the line (`config/arms/record22.yaml`).
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..core.batch_sizes import PAIRS_PER_BATCH
from ..core.config import Config
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.sampler import MacroStep, MicroBatch
from ..model.energy import EnergyModel
from ..statistics.ranking import macro_aupr
from ..verification.ledger import Ledger
from .phases import Method

# With an adversary of weight 0.1 the encoder learns nothing but to escape it (correlation of U with
# the truth 0.01 after 12 epochs, 0.52 after 4 with 0.01).
ADVERSARIAL_WEIGHT, SPARSITY_WEIGHT, TRAINING_SHARE = 0.01, 1e-3, 0.7


NAME = "record22"


class _ReverseGradient(torch.autograd.Function):
    """The identity forward, minus the gradient backward (Ganin 2016)."""

    @staticmethod
    def forward(_: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        return -gradient


def natural_rows(panel: Panel, lines: list[int], seed: int) -> tuple[MicroBatch, MicroBatch]:
    """The published rows of some lines outside the test chromosomes, split at random: 70 % to
    train, the rest.
    """
    pairs, columns = np.nonzero((panel.published[:, lines] >= 0) & (panel.split != "test")[:, None])
    order = rng_for(seed, Stream.RANDOM_SPLIT).permutation(len(pairs))
    parts = np.split(order, [int(TRAINING_SHARE * len(order))])
    return tuple(MicroBatch(pairs[part], np.array(lines)[columns[part]]) for part in parts)


def in_parts(rows: MicroBatch, size: int) -> list[MicroBatch]:
    """Rows in their order, cut into about equal parts of about `size`."""
    parts = max(1, len(rows.pairs) // size)
    return [
        MicroBatch(*part)
        for part in zip(
            np.array_split(rows.pairs, parts), np.array_split(rows.lines, parts), strict=True
        )
    ]


def random_steps(rows: MicroBatch, size: int, rng: np.random.Generator) -> Iterator[MacroStep]:
    """Batches over all lines at random, as an ordinary data loader draws them."""
    order = rng.permutation(len(rows.pairs))
    for batch in in_parts(MicroBatch(rows.pairs[order], rows.lines[order]), size):
        yield MacroStep(batch.pairs, [batch], np.ones(len(batch.pairs), dtype=np.float32))


def energy(model: EnergyModel, panel: Panel, batch: MicroBatch) -> tuple[Tensor, Tensor]:
    """U - R (n,) of rows of mixed lines, and z (n, d_z); no offset of the line."""
    z = model.potential.z(panel.windows(batch.pairs))
    potential = model.potential.of_z(z, panel.distance_tensor(batch.pairs))
    resistance = potential.new_zeros(len(batch.pairs))
    for line in np.unique(batch.lines):
        rows = np.flatnonzero(batch.lines == line)
        resistance = resistance.index_put(
            (panel.tensor(rows),),
            model.resistance(panel.signal_tensor(batch.pairs[rows], int(line))),
        )
    return potential - resistance, z


def losses(
    model: EnergyModel, discriminator: nn.Module, panel: Panel, step: MacroStep
) -> dict[str, Tensor]:
    """Task loss over both energies at once, line discriminator on z with its gradient reversed, L1
    of the weights.
    """
    batch = step.micro_batches[0]
    logit, z = energy(model, panel, batch)
    lines = panel.tensor(batch.lines)
    labels = panel.tensor(panel.labels[batch.pairs, batch.lines].astype(np.float32))
    sparsity = sum(parameter.abs().mean() for parameter in model.parameters())
    return {
        "task": nn.functional.binary_cross_entropy_with_logits(logit, labels),
        "adversarial": ADVERSARIAL_WEIGHT
        * nn.functional.cross_entropy(discriminator(_ReverseGradient.apply(z)), lines),
        "sparsity": SPARSITY_WEIGHT * sparsity,
    }


@torch.no_grad()
def aupr_of_rows(model: EnergyModel, panel: Panel, rows: MicroBatch) -> float:
    """Macro AUPR of U - R over the lines of some rows."""
    score = (
        torch.cat([energy(model, panel, part)[0] for part in in_parts(rows, PAIRS_PER_BATCH)])
        .cpu()
        .numpy()
    )
    labels = panel.labels[rows.pairs, rows.lines]
    of_line = [rows.lines == line for line in np.unique(rows.lines)]
    return float(
        np.mean([macro_aupr(labels[chosen, None], score[chosen, None]) for chosen in of_line])
    )


def train_record22(
    model: EnergyModel,
    panel: Panel,
    lines: list[int],
    _: np.ndarray,
    config: Config,
    ledger: Ledger,
    *unused: object,
):
    """Train as record 22 did, to the last epoch, without validation and without checkpoint:
    history, no metrics, nothing to restore.
    """
    discriminator = nn.Linear(config.model.z_size, len(panel.training)).to(panel.device)
    parameters = [*model.parameters(), *discriminator.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=config.potential.learning_rate)
    (rows, rest) = natural_rows(panel, lines, config.seed)
    rng = rng_for(config.seed, Stream.RANDOM_BATCHES)
    history = []
    ledger.start_phase(NAME)
    model.train()
    for epoch in range(1, config.potential.epochs + 1):
        total = []
        ledger.start_epoch()
        for step in random_steps(rows, config.potential.batch_pairs, rng):
            terms = losses(model, discriminator, panel, step)
            loss = torch.stack(list(terms.values())).sum()
            optimiser.zero_grad()
            loss.backward()
            with ledger.optimiser_step():
                optimiser.step()
            ledger.step(step, terms, lines)
            total.append(loss.detach())
        history.append(
            {"phase": NAME, "epoch": epoch, "train_loss": float(torch.stack(total).mean())}
        )
        ledger.end_epoch(NAME, epoch, {})
    model.eval()
    skill = {
        "own_rows_train_aupr": aupr_of_rows(model, panel, rows),
        "own_rows_random_split_aupr": aupr_of_rows(model, panel, rest),
    }
    return pd.DataFrame(history), skill, 0


RECORD22 = Method(
    exercises=frozenset(),
    lacks=(
        "crossed panel: it trains on the published rows",
        "chromosome split: its split is random",
    ),
    run=train_record22,
)
