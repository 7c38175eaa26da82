"""Record 22, the earlier model that the design answers, trained as it was then.

Its losses are task, adversarial and L1. Its batches mix the lines at random, its split is random,
and it has no validation. Its R is linear in raw marks, its z reads the elements' annotated lengths,
and its logit has no offset of the line (`config/arms/record22.yaml`). It is here to be refused and,
with `verification: observe`, to be compared; for the comparison its rows are drawn outside the test
chromosomes.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..core.batch_sizes import PAIRS_PER_BATCH
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.sampler import MacroStep, MicroBatch
from ..model.energy import EnergyModel
from ..statistics.ranking import macro_aupr
from ..verification.ledger import Ledger
from .checkpoint import Checkpoint
from .plan import Method, Outcome, Plan

# With an adversary of weight 0.1 the encoder learns nothing but to escape it (correlation of U with
# the truth 0.01 after 12 epochs, 0.52 after 4 with 0.01).
ADVERSARIAL_WEIGHT, SPARSITY_WEIGHT, TRAINING_SHARE = 0.01, 1e-3, 0.7

# The one phase, in the history and in the ledger.
NAME = "record22"


class _ReverseGradient(torch.autograd.Function):
    """The identity forward, minus the gradient backward (Ganin 2016)."""

    @staticmethod
    def forward(_: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        return -gradient


def reverse_gradient(x: Tensor) -> Tensor:
    """x, whose gradient is turned round on its way back: for an adversary (Ganin 2016)."""
    return _ReverseGradient.apply(x)  # type: ignore[no-untyped-call]


def natural_rows(panel: Panel, lines: list[int], seed: int) -> tuple[MicroBatch, MicroBatch]:
    """Split the published rows of some lines outside the test chromosomes at random: 70 % to train
    on, and the rest.
    """
    pairs, columns = np.nonzero((panel.published[:, lines] >= 0) & (panel.split != "test")[:, None])
    order = rng_for(seed, Stream.RANDOM_SPLIT).permutation(len(pairs))
    parts = np.split(order, [int(TRAINING_SHARE * len(order))])
    train, rest = (MicroBatch(pairs[part], np.array(lines)[columns[part]]) for part in parts)
    return train, rest


def in_parts(rows: MicroBatch, size: int) -> list[MicroBatch]:
    """Cut rows, in their order, into about equal parts of at least `size`; fewer rows stay one
    part.
    """
    parts = max(1, len(rows.pairs) // size)
    return [
        MicroBatch(*part)
        for part in zip(
            np.array_split(rows.pairs, parts), np.array_split(rows.lines, parts), strict=True
        )
    ]


def random_steps(rows: MicroBatch, size: int, rng: np.random.Generator) -> Iterator[MacroStep]:
    """The steps of an epoch: batches over all lines at random, as an ordinary data loader draws
    them.
    """
    order = rng.permutation(len(rows.pairs))
    for batch in in_parts(MicroBatch(rows.pairs[order], rows.lines[order]), size):
        yield MacroStep(batch.pairs, [batch], np.ones(len(batch.pairs), dtype=np.float32))


def energy(model: EnergyModel, panel: Panel, batch: MicroBatch) -> tuple[Tensor, Tensor]:
    """U - R (n,) of rows of mixed lines, without an offset of the line, and z (n, d_z)."""
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
    """Loss terms of a step, weights included.

    task : over both energies at once; adversarial : of the discriminator that reads the line from
    z, with its gradient to z reversed; sparsity : L1 of the weights
    """
    batch = step.micro_batches[0]
    logit, z = energy(model, panel, batch)
    lines = panel.tensor(batch.lines)
    labels = panel.tensor(panel.labels[batch.pairs, batch.lines].astype(np.float32))
    magnitudes = (parameter.abs().mean() for parameter in model.parameters())
    sparsity = sum(magnitudes, start=torch.zeros((), device=panel.device))
    return {
        "task": nn.functional.binary_cross_entropy_with_logits(logit, labels),
        "adversarial": ADVERSARIAL_WEIGHT
        * nn.functional.cross_entropy(discriminator(reverse_gradient(z)), lines),
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
    model: EnergyModel, panel: Panel, plan: Plan, ledger: Ledger, _: Checkpoint | None
) -> Outcome:
    """Train on published rows of the plan's lines, to the last epoch, without validation and
    checkpoint.

    The metrics are the AUPR on the rows of either side of its random split.
    """
    config = plan.config
    discriminator = nn.Linear(config.model.z_size, len(panel.training)).to(panel.device)
    parameters = [*model.parameters(), *discriminator.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=config.potential.learning_rate)
    train, rest = natural_rows(panel, plan.lines, config.seed)
    rng = rng_for(config.seed, Stream.RANDOM_BATCHES)
    history = []
    ledger.start_phase(NAME)
    model.train()
    for epoch in range(1, config.potential.epochs + 1):
        epoch_losses = []
        ledger.start_epoch()
        for step in random_steps(train, config.potential.batch_pairs, rng):
            terms = losses(model, discriminator, panel, step)
            loss = torch.stack(list(terms.values())).sum()
            optimiser.zero_grad()
            loss.backward()
            with ledger.optimiser_step():
                optimiser.step()
            ledger.step(step, terms, plan.lines)
            epoch_losses.append(loss.detach())
        mean_loss = float(torch.stack(epoch_losses).mean())
        history.append({"phase": NAME, "epoch": epoch, "train_loss": mean_loss})
        ledger.end_epoch(NAME, epoch, {})
    model.eval()
    ledger.end_phase(NAME, config.potential.epochs)
    skill = {
        "own_rows_train_aupr": aupr_of_rows(model, panel, train),
        "own_rows_random_split_aupr": aupr_of_rows(model, panel, rest),
    }
    return Outcome(pd.DataFrame(history), skill, unrestored=0)


RECORD22 = Method(
    exercises=frozenset(),
    lacks=(
        "crossed panel: it trains on the published rows",
        "chromosome split: its split is random",
    ),
    run=train_record22,
)
