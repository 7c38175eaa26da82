"""Joint training by one likelihood over both energies, as the design's alternatives are trained:
published or crossed rows, mixed or homogeneous batches, soft losses at a weight.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from ..core.batch_sizes import PAIRS_PER_BATCH
from ..core.config import Config
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.sampler import MicroBatch
from ..model.energy import EnergyModel
from ..model.initialise import new_model, start_prototypes
from ..model.losses import LABEL_TEMPERATURE, contrast_of_similarity, orthogonality
from ..model.record22 import LinearResistance
from ..statistics.ranking import macro_aupr
from ..training.record22 import reverse_gradient
from .measures import Energies
from .soft_networks import BothEnergies, Concatenation, Read, SequenceAlone, SoftEnergies

# Each arm trains at both rates and keeps the better on validation chromosomes: an unfair rate has
# posed as an effect of 0.11.
RATES = (0.002, 0.006)
# Weights of the soft terms at a weight of 1: those of the design's arms and of record 22.
ORTHOGONALITY, LABEL_CONTRAST, LINE_CONTRAST, ADVERSARY = 1.0, 0.03, 0.1, 0.01
PATIENCE, WEIGHT_DECAY, GRADIENT_NORM = 3, 0.01, 5.0
# Training pairs by whose signal the networks standardise.
STANDARDISED_PAIRS = 2000


@dataclass(frozen=True)
class JointConfig:
    """How an arm is trained.

    network : `record22` (U reads annotated lengths, R is linear), `additive` (U of DNA, R linear),
    `energy` (the design's), `soft` (U reads the epigenome too), `concatenation` (one number),
    `sequence` (DNA alone)
    rows : the lines' published rows, or every pair in every line
    batches : lines mixed at random, or one line in each
    soft : weight of all soft losses; adversary, sparsity : of these alone
    """

    network: Literal["record22", "additive", "energy", "soft", "concatenation", "sequence"]
    rows: Literal["natural", "crossed"] = "natural"
    batches: Literal["random", "homogeneous"] = "random"
    soft: float = 0
    adversary: float = 0
    sparsity: float = 0


class Additive(EnergyModel):
    """U of DNA and distance alone, R linear in e and of either sign."""

    resistance_class = LinearResistance


def network_of(joint: JointConfig, config: Config, panel: Panel) -> nn.Module:
    """An untrained network from the configuration's seed."""
    torch.manual_seed(config.seed)
    if joint.network in ("record22", "energy"):
        model = new_model(config, panel)
        return BothEnergies(start_prototypes(model, panel, panel.training, config))
    if joint.network == "additive":
        return BothEnergies(Additive(config, panel.n_reference))
    rows = panel.rows("train")[:STANDARDISED_PAIRS]
    signal = torch.cat([panel.signal_tensor(rows, line) for line in panel.training])
    kinds: dict[str, Callable[[Config, Tensor], nn.Module]] = {
        "soft": SoftEnergies,
        "concatenation": Concatenation,
        "sequence": SequenceAlone,
    }
    return kinds[joint.network](config, signal)


def rows_of(joint: JointConfig, panel: Panel) -> MicroBatch:
    """The training rows: pairs of training chromosomes and a training line each."""
    pairs = panel.rows("train")
    listed = panel.published[pairs][:, panel.training] >= 0
    there = listed if joint.rows == "natural" else np.ones_like(listed)
    row, line = np.nonzero(there)
    return MicroBatch(pairs[row], np.array(panel.training)[line])


def batches_of(
    joint: JointConfig, rows: MicroBatch, size: int, rng: np.random.Generator
) -> Iterator[MicroBatch]:
    """The batches of an epoch: over all lines at random, or each of one line, in random order."""
    order = rng.permutation(len(rows.pairs))
    if joint.batches == "homogeneous":
        order = order[np.argsort(rows.lines[order], kind="stable")]
    groups = (
        [order[rows.lines[order] == line] for line in np.unique(rows.lines)]
        if joint.batches == "homogeneous"
        else [order]
    )
    parts = [part for group in groups for part in np.array_split(group, max(1, len(group) // size))]
    for number in rng.permutation(len(parts)):
        yield MicroBatch(rows.pairs[parts[number]], rows.lines[parts[number]])


def read(network: nn.Module, panel: Panel, batch: MicroBatch) -> Read:
    """What a network makes of rows of mixed lines."""
    first = panel.signal_tensor(batch.pairs[:1], int(batch.lines[0]))
    signal = first.new_empty(len(batch.pairs), *first.shape[1:])
    for line in np.unique(batch.lines):
        rows = np.flatnonzero(batch.lines == line)
        signal[panel.tensor(rows)] = panel.signal_tensor(batch.pairs[rows], int(line))
    windows, distance = panel.windows(batch.pairs), panel.distance_tensor(batch.pairs)
    return network(windows, distance, signal)


class JointLosses(nn.Module):
    """Likelihood and soft losses of a batch.

    offset : Parameter (C,), tau of each training line, started at its base rate
    """

    def __init__(self, joint: JointConfig, panel: Panel, rows: MicroBatch, z_size: int) -> None:
        super().__init__()
        self.joint, self.panel = joint, panel
        labels = panel.labels[rows.pairs, rows.lines]
        rates = [labels[rows.lines == line].mean() for line in panel.training]
        clipped = torch.tensor(rates, dtype=torch.float32).clamp(0.001, 0.999)
        self.offset = nn.Parameter(-torch.logit(clipped))
        self.discriminator = nn.Linear(z_size, len(panel.training))

    def forward(self, network: nn.Module, batch: MicroBatch) -> Tensor:
        """The loss of a batch."""
        found = read(network, self.panel, batch)
        lines = self.panel.tensor(batch.lines)
        labels = self.panel.tensor(self.panel.labels[batch.pairs, batch.lines].astype(np.float32))
        logit = found.potential - found.resistance - self.offset[lines]
        loss = binary_cross_entropy_with_logits(logit, labels)
        adversary = self.joint.adversary + self.joint.soft * ADVERSARY
        if adversary:
            told = self.discriminator(reverse_gradient(found.z))
            loss = loss + adversary * cross_entropy(told, lines)
        if self.joint.soft:
            loss = loss + self.joint.soft * soft_terms(found, labels, lines)
        if self.joint.sparsity:
            sizes = [parameter.abs().mean() for parameter in network.parameters()]
            loss = loss + self.joint.sparsity * torch.stack(sizes).sum()
        return loss


def soft_terms(found: Read, labels: Tensor, lines: Tensor) -> Tensor:
    """Orthogonality of z to e, contrast of z by label, and of e by line, at their weights."""
    terms = ORTHOGONALITY * orthogonality(found.e, found.z)
    terms = terms + LABEL_CONTRAST * class_contrast(found.z, labels[:, None] == 1)
    of_line = lines[:, None] == torch.unique(lines)
    # A batch of one line has nothing to be told apart from.
    return terms + LINE_CONTRAST * class_contrast(found.e, of_line) * (of_line.shape[1] > 1)


def class_contrast(code: Tensor, members: Tensor) -> Tensor:
    """Supervised contrast of a code (n, d), mean over classes (bool (n, k)) that have at least two
    members and are not everybody; 0 where there is none.
    """
    unit = normalize(code, dim=1)
    similarity = unit @ unit.T / LABEL_TEMPERATURE
    count = members.sum(0)
    usable = members.T[(count > 1) & (count < len(code))]
    if not len(usable):
        return code.new_zeros(())
    return torch.stack(
        [contrast_of_similarity(similarity, column.int()) for column in usable]
    ).mean()


def train_joint(joint: JointConfig, config: Config, panel: Panel) -> nn.Module:
    """Train at every rate, and return the network that is best on validation chromosomes."""
    trained = [_train_at(rate, joint, config, panel) for rate in RATES]
    return max(trained, key=lambda result: result[0])[1]


def _train_at(
    rate: float, joint: JointConfig, config: Config, panel: Panel
) -> tuple[float, nn.Module]:
    """Validation AUPR of the best epoch at a rate, and the network of that epoch."""
    network, rows = network_of(joint, config, panel), rows_of(joint, panel)
    sample = read(network, panel, MicroBatch(rows.pairs[:2], rows.lines[:2]))
    losses = JointLosses(joint, panel, rows, sample.z.shape[1])
    parameters = [*network.parameters(), *losses.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=WEIGHT_DECAY)
    rng = rng_for(config.seed, Stream.RANDOM_BATCHES)
    best, kept, waited = -np.inf, copy.deepcopy(network), 0
    for _ in range(config.potential.epochs):
        _one_epoch(
            network, losses, optimiser, batches_of(joint, rows, config.potential.batch_pairs, rng)
        )
        found = validation_aupr(network, panel)
        waited = 0 if found > best else waited + 1
        if not waited:
            best, kept = found, copy.deepcopy(network)
        if waited == PATIENCE:
            break
    return best, kept.eval()


def _one_epoch(
    network: nn.Module,
    losses: JointLosses,
    optimiser: torch.optim.Optimizer,
    batches: Iterator[MicroBatch],
) -> None:
    network.train()
    for batch in batches:
        optimiser.zero_grad()
        losses(network, batch).backward()
        nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
        optimiser.step()


def validation_aupr(network: nn.Module, panel: Panel) -> float:
    """Macro AUPR of U - R in the training lines on validation chromosomes."""
    rows = panel.rows("validation")
    score = energies_of(network, panel, rows, panel.training).score
    return macro_aupr(panel.labels_of(rows, panel.training), score)


@torch.no_grad()
def energies_of(network: nn.Module, panel: Panel, rows: np.ndarray, lines: list[int]) -> Energies:
    """Both energies and the code of U of pairs (n,) in lines (C,)."""
    network.eval()
    found = [_of_line(network, panel, rows, line) for line in lines]
    potential, resistance, code = (
        np.stack([getattr(part, name).cpu().numpy() for part in found], axis=1)
        for name in ("potential", "resistance", "z")
    )
    return Energies(potential - resistance, potential, resistance, code)


def _of_line(network: nn.Module, panel: Panel, rows: np.ndarray, line: int) -> Read:
    parts = [
        read(network, panel, MicroBatch(pairs, np.full(len(pairs), line)))
        for pairs in np.array_split(rows, max(1, len(rows) // PAIRS_PER_BATCH))
    ]
    return Read(*(torch.cat(values) for values in zip(*parts, strict=True)))
