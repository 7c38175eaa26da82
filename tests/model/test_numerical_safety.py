"""Losses where numbers are extreme: against float64, finite, with a finite gradient."""

import dataclasses

import numpy as np
import pytest
import torch

from epidecouple.model import losses
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.training.phases import FineTuningPhase, PotentialPhase, ResistancePhase
from epidecouple.training.plan import Plan
from toy import refusal, says
from toy_panel import toy_config, toy_panel

EPS = torch.finfo(torch.float32).eps


def rng(*seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(hash(seed) % 2**31)


def labels_of(kind: str, n: int, lines: int) -> torch.Tensor:
    """Labels of n pairs in some lines: float32 (n, lines)."""
    labels = torch.zeros(n, lines)
    if kind == "one positive":
        labels[0, 0] = 1
    elif kind == "one negative":
        labels[:] = 1
        labels[0, 0] = 0
    elif kind == "all concordant":
        labels[: n // 2] = 1
    else:
        labels = (torch.rand(n, lines, generator=rng(n, lines)) < 0.3).float()
    return labels


KINDS = ("one positive", "one negative", "all concordant", "mixed")
SIZES = ((1, 2), (64, 2), (64, 60))


def in_both_precisions(loss, inputs: list[torch.Tensor], monkeypatch) -> list[tuple]:
    """Value of a loss and its gradient on the first input, in float32 and in float64.

    The losses compute in float32 whatever they are given; that is switched off for float64.
    """
    found = []
    for precision in (torch.float32, torch.float64):
        with monkeypatch.context() as patch:
            if precision == torch.float64:
                patch.setattr(torch.Tensor, "float", torch.Tensor.double)
            own = [value.to(precision) if value.is_floating_point() else value for value in inputs]
            first = own[0].clone().requires_grad_()
            value = loss(first, *own[1:])
            value.backward()
            found.append((value.detach().double(), first.grad.double()))
    return found


def agrees(loss, inputs, size, monkeypatch) -> None:
    """Value and gradient of float32 are those of float64, as exactly as the inputs allow."""
    (value, gradient), (exact, exact_gradient) = in_both_precisions(loss, inputs, monkeypatch)
    assert exact.isfinite() and exact_gradient.isfinite().all()
    torch.testing.assert_close(value, exact, atol=100 * EPS * size, rtol=100 * EPS)
    scale = float(exact_gradient.abs().max())
    torch.testing.assert_close(
        gradient, exact_gradient, atol=1000 * EPS * (scale + EPS) * size, rtol=1e-3
    )


@pytest.mark.parametrize("size", [0.0, 1.0, 30.0, 1000.0])
@pytest.mark.parametrize(("n", "lines"), SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_likelihoods(kind, n, lines, size, monkeypatch):
    """Size 0: identical marks, so R is one number; 1000: data that R or U separates."""
    labels = labels_of(kind, n, lines)
    resistance = size * torch.randn(n, lines, generator=rng(1, n, lines))
    tau = torch.randn(lines, generator=rng(2))
    agrees(losses.conditional_nll, [resistance, tau, labels], max(size, 1) * lines, monkeypatch)
    potential, weights = resistance[:, 0], torch.rand(n, generator=rng(3))
    inputs = [potential, -resistance - tau, labels, weights]
    agrees(losses.task_nll, inputs, max(size, 1), monkeypatch)


@pytest.mark.parametrize("kind", ["all concordant", "one positive"])
def test_concordant_pairs_tell_r_nothing(kind):
    labels = labels_of(kind, 8, 6)[1:]
    resistance = (30 * torch.randn(7, 6, generator=rng(4))).requires_grad_()
    loss = losses.conditional_nll(resistance, torch.zeros(6), labels)
    loss.backward()
    assert abs(float(loss)) < 1e-3 and float(resistance.grad.abs().max()) < 1e-5


@pytest.mark.parametrize("n", [0, 1, 5])
def test_no_pair_and_no_positive(n):
    resistance = torch.randn(n, 3, generator=rng(5)).requires_grad_()
    loss = losses.conditional_nll(resistance, torch.zeros(3), torch.zeros(n, 3))
    loss.backward()
    assert float(loss) == pytest.approx(0, abs=1e-6)
    assert resistance.grad.abs().sum() < 1e-5


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(("n", "lines"), [(6, 2), (64, 60)])
def test_contrasts_and_correlations(n, lines, size, monkeypatch):
    """Cosines and correlations do not feel the size of what they compare, unless it is 0."""
    z, other = (size * torch.randn(n, 8, generator=rng(k, n)) for k in (1, 2))
    labels = labels_of("mixed", n, lines)
    labels[:2] = 1
    agrees(losses.contrast_over_lines, [z, labels], 10, monkeypatch)
    states, prototypes = (size * torch.randn(lines, 8, generator=rng(k)) for k in (3, 4))
    agrees(losses.line_contrast, [states, prototypes], 10, monkeypatch)
    if size >= 1:
        agrees(lambda e, z: losses.orthogonality(z, e), [other, z], 10, monkeypatch)
        resistance = size * torch.randn(n, lines, generator=rng(5))
        listed = torch.ones(n, lines, dtype=torch.bool)
        inputs = [z[:, 0], resistance, listed]
        agrees(losses.potential_orthogonality, inputs, 10, monkeypatch)


VARIED = torch.randn(6, 4, generator=rng(6))
LISTED = torch.ones(6, 2, dtype=torch.bool)
BOTH = torch.tensor([[1.0, 1], [1, 1], [0, 0], [0, 1], [1, 0], [0, 0]])
OF_CONSTANTS = {
    "label contrast": lambda x: losses.contrast_over_lines(x, BOTH),
    "line contrast": lambda x: losses.line_contrast(x[:4], VARIED[:4]),
    "orthogonality": lambda x: losses.orthogonality(VARIED, x),
    "of U to R": lambda x: losses.potential_orthogonality(x[:, 0], VARIED[:, :2], LISTED),
}


@pytest.mark.parametrize("size", [0.0, 1e-20, 1.0, 1e6])
@pytest.mark.parametrize("name", OF_CONSTANTS)
def test_constants_have_no_direction_and_no_correlation(name, size):
    """All windows N: one z for all; identical marks: one e and one R for all."""
    constant = torch.full((6, 4), size, requires_grad=True)
    value = OF_CONSTANTS[name](constant)
    value.backward()
    assert value.isfinite() and constant.grad.isfinite().all()
    assert "contrast" in name or float(value) < 1e-6


# --- phases of training on panels at the edge

CONFIG = toy_config()
PHASES = (ResistancePhase, PotentialPhase, FineTuningPhase)


def one_positive(panel):
    """Every line has one loop among the training pairs, on a pair of its own."""
    labels = np.zeros_like(panel.labels)
    for split in ("train", "validation", "test"):
        rows = panel.rows(split)
        labels[rows[: labels.shape[1]], range(labels.shape[1])] = 1
    return dataclasses.replace(panel, labels=labels)


def identical_marks(panel):
    """Every line has the signal of the first."""
    first = panel.shards[0]
    same = [
        dataclasses.replace(shard, signal=first.signal, reference=first.reference)
        for shard in panel.shards
    ]
    return dataclasses.replace(panel, shards=same, present=np.ones_like(panel.present))


def constant_marks(panel):
    """As they are stored where no mark varies: 0 and not present."""
    none = [
        dataclasses.replace(
            shard, signal=np.zeros_like(shard.signal), reference=np.zeros_like(shard.reference)
        )
        for shard in panel.shards
    ]
    return dataclasses.replace(panel, shards=none, present=np.zeros_like(panel.present))


def extreme_marks(panel):
    """As large as normalised marks can be."""
    large = [
        dataclasses.replace(shard, signal=np.full_like(shard.signal, 1e4 * (-1) ** k))
        for k, shard in enumerate(panel.shards)
    ]
    return dataclasses.replace(panel, shards=large)


def all_n(panel):
    return dataclasses.replace(panel, codes=np.full_like(panel.codes, 4))


def separable(panel):
    """Loops are where one mark at the enhancer is weak: R can separate them."""
    labels = np.column_stack([shard.signal[:, 0, 0] < 0 for shard in panel.shards])
    return dataclasses.replace(panel, labels=labels.astype(np.int8))


EDGES = (one_positive, identical_marks, constant_marks, extreme_marks, all_n, separable)


@pytest.mark.parametrize("lines", [[0, 1, 2], [0, 1]])
@pytest.mark.parametrize("edge", EDGES)
def test_every_phase_has_finite_losses_gradients_and_figures(edge, lines):
    panel = edge(toy_panel())
    plan = Plan(lines, panel.rows("train"), CONFIG)
    model = start_prototypes(new_model(CONFIG, panel), panel, lines, CONFIG)
    for kind in PHASES:
        phase = kind(model, panel, plan)
        phase.begin()
        step = next(iter(phase.sampler.epoch(1)))
        terms = phase.terms(step)
        for name, term in terms.items():
            if name == "label_contrast" and edge is one_positive:
                assert term.isnan(), "no two positives: the ledger must see that there is none"
                continue
            assert term.isfinite(), (kind.name, name)
            moved = [p for p in phase.parameters() if p.requires_grad]
            gradients = torch.autograd.grad(term, moved, retain_graph=True, allow_unused=True)
            assert all(g.isfinite().all() for g in gradients if g is not None), (kind.name, name)
        assert all(np.isfinite(value) for value in phase.validate().values()), kind.name


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_discordant_pairs_is_refused_before_training(split):
    """Not a validation loss of 0 that no epoch can beat, nor an AUC of nothing."""
    panel = toy_panel()
    labels = panel.labels.copy()
    rows = panel.rows(split)
    labels[rows] = labels[rows][:, :1]
    panel = dataclasses.replace(panel, labels=labels)
    model = start_prototypes(new_model(CONFIG, panel), panel, [0, 1, 2], CONFIG)
    plan = Plan([0, 1, 2], panel.rows("train"), CONFIG)
    name = {"train": "training"}.get(split, split)
    for kind in (ResistancePhase, FineTuningPhase):
        message = refusal(kind, model, panel, plan)
        says(message, f"no {name} pair is label-discordant between LineA, LineB, LineC")
