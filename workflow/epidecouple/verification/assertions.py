"""The exact assertions: what the architecture guarantees, measured on the model that was trained.

Every figure is 0 (or below its stated bound) by construction; a figure that is not says which
guarantee is broken. The ledger's bounds are in `design.toml`, those of the gates in
`config/gates.yaml`.
"""

import dataclasses

import numpy as np
import torch
from torch import Tensor, nn

from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.losses import conditional_nll
from ..model.motif_encoder import MotifEncoder
from ..model.scoring import energies, score_potential, score_resistance

# Pairs that the assertions look at: a broken guarantee shows on a few, and they are part of the
# ledger's cost.
ROWS = 24


def exact_assertions(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> dict[str, float]:
    """All assertions on some pairs; keys are metric names."""
    pairs = pairs[:ROWS]
    return {
        "gradient_of_potential_on_signal": gradient_of_potential_on_signal(model, panel, pairs),
        "gradient_of_resistance_on_dna": gradient_of_resistance_on_dna(model, panel, pairs),
        "potential_change_when_signal_changes": potential_change_when_signal_changes(
            model, panel, pairs
        ),
        "resistance_change_when_dna_changes": resistance_change_when_dna_changes(
            model, panel, pairs
        ),
        "potential_difference_between_lines": potential_difference_between_lines(
            model, panel, pairs
        ),
        "interaction_contrast": interaction_contrast(model, panel, pairs),
        "potential_change_when_annotation_changes": potential_change_when_annotation_changes(
            model, panel, pairs
        ),
        "z_difference_alone_or_in_batch": z_difference_alone_or_in_batch(model, panel, pairs),
        "conditional_nll_shift_by_potential": conditional_nll_shift_by_potential(
            model, panel, pairs
        ),
        "prototype_parameters": prototype_parameters(model),
        "batch_norm_modules": batch_norm_modules(model),
    }


def gradient_of_potential_on_signal(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Largest |dU/d parameter| over the parameters that read the signal; 0 when there is no path at
    all.
    """
    return largest_gradient(energies(model, panel, pairs, 0)[0].sum(), model.resistance)


def gradient_of_resistance_on_dna(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Largest |dR/d parameter| over the parameters that read DNA; 0 when there is no path at
    all.
    """
    return largest_gradient(energies(model, panel, pairs, 0)[1].sum(), model.potential)


def largest_gradient(output: Tensor, module: nn.Module) -> float:
    """Largest |d output / d parameter| over the parameters of a module; 0 when there is no path at
    all.
    """
    gradients = torch.autograd.grad(output, list(module.parameters()), allow_unused=True)
    return max(
        (float(gradient.abs().max()) for gradient in gradients if gradient is not None), default=0.0
    )


@torch.no_grad()
def potential_change_when_signal_changes(
    model: EnergyModel, panel: Panel, pairs: np.ndarray
) -> float:
    """max |change of U| when every line's signal, on pairs and reference loci, is replaced,
    whatever path it may take to U.
    """
    shards = [
        dataclasses.replace(
            shard,
            signal=_constant(shard.signal, c + 1),
            reference=_constant(shard.reference, c + 1),
        )
        for c, shard in enumerate(panel.shards)
    ]
    other = dataclasses.replace(panel, shards=shards, present=~panel.present)
    with _mode(model, False):
        return _largest_change(
            *(_potential_by_both_ways(model, which, pairs) for which in (panel, other))
        )


@torch.no_grad()
def potential_change_when_annotation_changes(
    model: EnergyModel, panel: Panel, pairs: np.ndarray
) -> float:
    """max |change of U| when the elements' annotated lengths are doubled: they tell the line."""
    other = dataclasses.replace(panel, annotated_bp=2 * panel.annotated_bp)
    with _mode(model, False):
        return _largest_change(
            *(_potential_by_both_ways(model, which, pairs) for which in (panel, other))
        )


@torch.no_grad()
def resistance_change_when_dna_changes(
    model: EnergyModel, panel: Panel, pairs: np.ndarray
) -> float:
    """max |change of R| when all windows and distances are replaced, whatever path they may take to
    R.
    """
    other = dataclasses.replace(
        panel, codes=_constant(panel.codes, 0), log_distance=panel.log_distance + 1
    )
    with _mode(model, False):
        return _largest_change(
            *(_resistance_by_both_ways(model, which, pairs) for which in (panel, other))
        )


def _constant(like: np.ndarray, value: float) -> np.ndarray:
    """An array of one value that takes no memory, with shape and type of another."""
    one = np.full(1, value, dtype=like.dtype)
    # Not read-only, as np.broadcast_to would make it: torch warns of tensors on such memory.
    return np.lib.stride_tricks.as_strided(one, like.shape, (0,) * like.ndim)


def _largest_change(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max())


def _potential_by_both_ways(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """U (2, n): as training reads it and as it is scored."""
    return torch.stack(
        [energies(model, panel, pairs, 0)[0], panel.tensor(score_potential(model, panel, pairs))]
    )


def _resistance_by_both_ways(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """R (n, 1 + C): as training reads it in the first line, and as it is scored in every line."""
    scored = panel.tensor(score_resistance(model, panel, pairs, list(range(len(panel.lines)))))
    return torch.cat([energies(model, panel, pairs, 0)[1][:, None], scored], dim=1)


def potential_difference_between_lines(
    model: EnergyModel, panel: Panel, pairs: np.ndarray
) -> float:
    """max |U(i, c) - U(i, c')| over lines, in evaluation mode and in training mode under one
    dropout mask.
    """
    largest = 0.0
    for training in (False, True):
        with _mode(model, training), torch.no_grad(), torch.random.fork_rng():
            by_line = []
            for line in range(len(panel.lines)):
                torch.manual_seed(0)
                by_line.append(energies(model, panel, pairs, line)[0])
            spread = torch.stack(by_line)
            largest = max(largest, float((spread.amax(0) - spread.amin(0)).max()))
    return largest


@torch.no_grad()
def interaction_contrast(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """max |l(d, x) - l(d', x) - l(d, x') + l(d', x')| of the logit l = U - R over DNA d and signal
    x.

    d' is the DNA and distance of another pair, put into the panel in place of the pair's own; x and
    x' are two lines.
    """
    other = dataclasses.replace(
        panel,
        enhancer=_exchanged(panel.enhancer, pairs),
        promoter=_exchanged(panel.promoter, pairs),
        log_distance=_exchanged(panel.log_distance, pairs),
    )
    with _mode(model, False):
        by_dna = [
            [energies(model, which, pairs, line) for line in (0, 1)] for which in (panel, other)
        ]
        logit = [[u - r for u, r in of_dna] for of_dna in by_dna]
        return float((logit[0][0] - logit[1][0] - logit[0][1] + logit[1][1]).abs().max())


def _exchanged(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A copy of `values` (n,) in which some rows hold each other's values, first against last."""
    copy = np.array(values)
    copy[rows] = copy[rows[::-1]]
    return copy


@torch.no_grad()
def z_difference_alone_or_in_batch(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """max |z of a pair alone - z of it inside the batch|, in evaluation mode but for modules that
    normalise over a batch.

    Infinite when a module refuses a pair alone, as BatchNorm does.
    """
    with _mode(model, False):
        for module in _batch_norms(model):
            module.train()
        together = model.potential.z(panel.windows(pairs))
        try:
            alone = torch.cat(
                [model.potential.z(panel.windows(pairs[i : i + 1])) for i in range(len(pairs))]
            )
        except ValueError:
            return float("inf")
        return _largest_change(together, alone)


@torch.no_grad()
def conditional_nll_shift_by_potential(
    model: EnergyModel, panel: Panel, pairs: np.ndarray
) -> float:
    """|change of the conditional likelihood| when an arbitrary u_i is added to every energy of pair
    i.
    """
    with _mode(model, False):
        lines = panel.training
        resistance = panel.tensor(score_resistance(model, panel, pairs, lines))
        labels = panel.label_tensor(pairs, lines)
        offset = model.resistance.line_offset
        shift = torch.linspace(-3, 3, len(pairs), device=panel.device)[:, None]
        return float(
            (
                conditional_nll(resistance - shift, offset, labels)
                - conditional_nll(resistance, offset, labels)
            ).abs()
        )


def start_evidence(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> dict[str, float]:
    """What the ledger asks before the first step: the exact assertions, the panel and its marks."""
    panel_evidence = {"panel_labels_missing": int((~np.isin(panel.labels, (0, 1))).sum())}
    model_evidence = {"environment_nonlinearity": environment_nonlinearity(model, panel)}
    return (
        exact_assertions(model, panel, pairs)
        | panel_evidence
        | model_evidence
        | normalisation_error(panel)
    )


def normalisation_error(panel: Panel) -> dict[str, float]:
    """How far the present marks of any line, as the model reads them, are from mean 0 and sd 1 on
    the reference loci.
    """
    read = [
        panel.reference_tensor(line)[:, : len(present)]
        for line, present in enumerate(panel.present)
    ]
    values = [
        marks[:, present].double().cpu().numpy()
        for marks, present in zip(read, panel.present, strict=True)
    ]
    return {
        "reference_mean_error": float(max(np.abs(x.mean(0)).max() for x in values)),
        "reference_sd_error": float(max(np.abs(x.std(0) - 1).max() for x in values)),
    }


@torch.no_grad()
def environment_nonlinearity(model: EnergyModel, panel: Panel) -> float:
    """max |e(x + y) - e(x) - e(y) + e(0)| over reference loci x, y: 0 exactly for a linear
    projection (to rounding).
    """
    x = panel.reference_tensor(0)[:ROWS]
    y = x.flip(0)
    encoder = model.resistance.encoder
    return float(
        (encoder(x + y) - encoder(x) - encoder(y) + encoder(torch.zeros_like(x))).abs().max()
    )


@torch.no_grad()
def swapped_states(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> dict[str, float]:
    """max |change of R| when the states' prototypes change places: 0 when R does not read them."""
    codebook = model.resistance.prototypes.codebook
    with _mode(model, False):
        before = model.resistance(panel.signal_tensor(pairs[:ROWS], 0))
        kept = codebook.clone()
        codebook.copy_(kept.flip(0))
        after = model.resistance(panel.signal_tensor(pairs[:ROWS], 0))
        codebook.copy_(kept)
    return {"resistance_change_when_states_are_swapped": _largest_change(before, after)}


@torch.no_grad()
def hidden_way(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> dict[str, float]:
    """max |change of R| when the densities of the way are the mean ones: 0 when R does not read
    them. Nothing where R has no part for them.
    """
    way = model.resistance.way
    if way is None:
        return {}
    signal = panel.signal_tensor(pairs[:ROWS], 0)
    other = signal.clone()
    other[:, -panel.way_slots :, : signal.shape[2] // 2] = way.mean
    with _mode(model, False):
        change = _largest_change(model.resistance(signal), model.resistance(other))
    return {"resistance_change_when_the_way_is_hidden": change}


def filters_in_use(model: EnergyModel) -> int:
    """How many filters of an encoder that counts motifs are not silent, at the end with more; 0 for
    another encoder.
    """
    ends = (model.potential.encoder.enhancer, model.potential.encoder.promoter)
    return max((end.in_use for end in ends if isinstance(end, MotifEncoder)), default=0)


def prototype_parameters(model: EnergyModel) -> int:
    """How many parameters share memory with the codebook, in whole or in part."""
    storage = model.resistance.prototypes.codebook.untyped_storage().data_ptr()
    return sum(
        parameter.untyped_storage().data_ptr() == storage for parameter in model.parameters()
    )


def batch_norm_modules(model: EnergyModel) -> int:
    """How many modules of the DNA path normalise over a batch."""
    return len(_batch_norms(model))


def _batch_norms(model: EnergyModel) -> list[nn.Module]:
    return [
        module
        for module in model.potential.modules()
        if isinstance(module, nn.modules.batchnorm._NormBase)
    ]


class _mode:
    """The model in training or evaluation mode inside a `with`; its own modes are put back after
    it.
    """

    def __init__(self, model: nn.Module, training: bool) -> None:
        self.model, self.training = model, training
        self.before = {module: module.training for module in model.modules()}

    def __enter__(self) -> None:
        self.model.train(self.training)

    def __exit__(self, *_: object) -> None:
        for module, training in self.before.items():
            module.training = training
