import numpy as np
import pytest
import torch
import yaml
from sklearn.metrics import average_precision_score
from torch import nn

from epidecouple.core.errors import DesignViolation
from epidecouple.model.initialise import new_model
from epidecouple.model.scoring import energies
from epidecouple.training.record22 import (
    ADVERSARIAL_WEIGHT,
    RECORD22,
    SPARSITY_WEIGHT,
    _ReverseGradient,
    losses,
    natural_rows,
    random_steps,
)
from epidecouple.training.trainer import (
    full_plan,
    missing_components,
    optional_components,
    train,
)
from toy import ROOT
from toy_panel import digest, toy_config, toy_panel

ARM = {
    key: value
    for key, value in yaml.safe_load(
        (ROOT / "config" / "arms" / "record22.yaml").read_text()
    ).items()
    if key != "run"
}
CONFIG = toy_config(**ARM)
OBSERVED = toy_config(**ARM, verification="observe")
MISSING = missing_components(RECORD22, optional_components(CONFIG))


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture(scope="module")
def observed_run():
    """Panel, model before and after, history, metrics, record."""
    panel = toy_panel()
    model = new_model(OBSERVED, panel)
    before = digest(dict(model.named_parameters()))
    trained = train(model, panel, full_plan(panel, OBSERVED))
    return panel, model, before, trained.history, trained.metrics, trained.record


def test_it_is_refused_before_the_first_step_with_what_is_missing(panel):
    model = new_model(CONFIG, panel)
    before = digest(model.state_dict())
    with pytest.raises(DesignViolation) as error:
        train(model, panel, full_plan(panel, CONFIG))
    assert digest(model.state_dict()) == before
    assert str(error.value).startswith("the curriculum record22 lacks: ")
    assert str(error.value).endswith("(before the first step)")
    for name in MISSING:
        assert name in str(error.value)
    for name in (
        "homogeneous sampling",
        "prototype codebook",
        "validation and early stopping",
        "random",
        "prototypes in the path of R",
    ):
        assert name in str(error.value)
    for name in ("concept erasure", "label contrast on z"):
        assert name not in str(error.value), "nobody switched it on"


def test_observed_it_trains_without_validation(observed_run):
    panel, model, before, history, metrics, _ = observed_run
    assert history.columns.tolist() == ["phase", "epoch", "train_loss"]
    assert history.phase.unique().tolist() == ["record22"]
    assert history.epoch.tolist() == list(range(1, OBSERVED.potential.epochs + 1))
    assert (
        history.train_loss.notna().all()
        and history.train_loss.iloc[-1] < history.train_loss.iloc[0]
    )
    moved = digest(dict(model.named_parameters()))
    assert {name for name in before if moved[name] != before[name]} >= {
        "potential.head.bend.0.weight",
        "resistance.encoder.network.weight",
    }
    assert not any(name.endswith("best_epoch") for name in metrics)
    assert metrics["train_aupr"] > 0 and metrics["validation_aupr"] > 0
    rows, _ = natural_rows(panel, panel.training, OBSERVED.seed)
    score = {}
    for pair, line in zip(rows.pairs, rows.lines, strict=True):
        potential, resistance = energies(model, panel, np.array([pair]), int(line))
        score[pair, line] = (potential - resistance).item()
    expected = [
        average_precision_score(panel.labels[chosen, line], [score[pair, line] for pair in chosen])
        for line in panel.training
        if len(chosen := rows.pairs[rows.lines == line])
    ]
    assert metrics["own_rows_train_aupr"] == pytest.approx(np.mean(expected))
    assert metrics["own_rows_random_split_aupr"] != metrics["own_rows_train_aupr"]


def test_the_record_tells_every_violation(observed_run):
    *_, metrics, record = observed_run
    assert record["mode"] == "observe"
    violated = {violation.split(":")[0] for violation in record["violations"]}
    assert {
        "homogeneous sampling",
        "prototypes in the path of R",
        "validation and early stopping",
    } <= violated
    assert any(
        "lines_per_micro_batch must be = 1, observed 3" in violation
        for violation in record["violations"]
    )
    assert any(
        "environment_nonlinearity must be > 0.0001" in violation
        for violation in record["violations"]
    )
    assert any(
        "validations_missing must be = 0, observed nothing" in violation
        for violation in record["violations"]
    )
    assert record["missing"] == MISSING
    assert metrics["design_violations"] == len(record["violations"]) + len(record["missing"])


def test_its_rows_are_published_ones_at_random_and_none_is_on_a_test_chromosome(panel):
    lines = [0, 2]
    rows, rest = natural_rows(panel, lines, 0)
    published = (panel.published[:, lines] >= 0)[panel.split != "test"]
    assert len(rows.pairs) == len(rows.lines) == int(0.7 * published.sum())
    together = [
        *zip(rows.pairs, rows.lines, strict=True),
        *zip(rest.pairs, rest.lines, strict=True),
    ]
    assert len(set(together)) == len(together) == published.sum()
    for part in (rows, rest):
        assert (panel.published[part.pairs, part.lines] >= 0).all()
        assert set(part.lines) == {0, 2}
        assert set(panel.split[part.pairs]) == {"train", "validation"}
    np.testing.assert_array_equal(natural_rows(panel, lines, 0)[0].pairs, rows.pairs)
    assert (natural_rows(panel, lines, 1)[0].pairs[:20] != rows.pairs[:20]).any()


def test_batches_mix_lines_and_hold_every_row_once(panel):
    rows, _ = natural_rows(panel, panel.training, 0)
    steps = list(random_steps(rows, 24, np.random.default_rng(0)))
    assert all(len(step.micro_batches) == 1 for step in steps)
    drawn = [
        (pair, line)
        for step in steps
        for pair, line in zip(step.pairs, step.micro_batches[0].lines, strict=True)
    ]
    assert sorted(drawn) == sorted(zip(rows.pairs, rows.lines, strict=True))
    assert all(len(set(step.micro_batches[0].lines)) > 1 for step in steps)
    for step in steps:
        np.testing.assert_array_equal(step.micro_batches[0].pairs, step.pairs)
        assert (step.weights == 1).all()


def test_the_reversed_gradient_is_exactly_minus_the_gradient():
    x, weight = torch.randn(5, 3), torch.randn(3)
    gradients = []
    for layer in (lambda value: value, _ReverseGradient.apply):
        leaf = x.clone().requires_grad_()
        output = layer(leaf)
        assert torch.equal(output, x)
        ((output * weight).sum() ** 2).backward()
        gradients.append(leaf.grad)
    assert torch.equal(gradients[1], -gradients[0]) and gradients[0].abs().min() > 0


def test_the_encoder_works_against_a_discriminator_that_works_for_itself(panel):
    model, discriminator = new_model(CONFIG, panel).eval(), nn.Linear(CONFIG.model.z_size, 3)
    step = next(
        random_steps(natural_rows(panel, panel.training, 0)[0], 24, np.random.default_rng(0))
    )
    z = model.potential.z(panel.windows(step.pairs))
    plain = ADVERSARIAL_WEIGHT * nn.functional.cross_entropy(
        discriminator(z), torch.from_numpy(step.micro_batches[0].lines)
    )
    adversarial = losses(model, discriminator, panel, step)["adversarial"]
    torch.testing.assert_close(adversarial, plain)
    for parameters, sign in (
        (list(model.potential.encoder.parameters()), -1),
        (list(discriminator.parameters()), 1),
    ):
        reversed_gradients, plain_gradients = (
            torch.autograd.grad(loss, parameters, retain_graph=True)
            for loss in (adversarial, plain)
        )
        for a, b in zip(reversed_gradients, plain_gradients, strict=True):
            torch.testing.assert_close(a, sign * b)


def test_its_losses_are_of_the_published_rows_and_move_both_energies_at_once(panel):
    model, discriminator = new_model(CONFIG, panel).eval(), nn.Linear(CONFIG.model.z_size, 3)
    step = next(
        random_steps(natural_rows(panel, panel.training, 0)[0], 10, np.random.default_rng(0))
    )
    batch, terms = step.micro_batches[0], losses(model, discriminator, panel, step)
    logit = []
    for pair, line in zip(batch.pairs, batch.lines, strict=True):
        u, r = energies(model, panel, np.array([pair]), int(line))
        logit.append(u - r)
    labels = torch.from_numpy(panel.labels[batch.pairs, batch.lines]).float()
    expected = nn.functional.binary_cross_entropy_with_logits(torch.cat(logit), labels)
    torch.testing.assert_close(terms["task"], expected, atol=1e-5, rtol=1e-4)
    reached = torch.autograd.grad(
        terms["task"],
        [model.potential.head.bend[0].weight, model.resistance.encoder.network.weight],
    )
    assert all(gradient.abs().max() > 0 for gradient in reached)
    weights = sum(parameter.detach().abs().mean() for parameter in model.parameters())
    torch.testing.assert_close(terms["sparsity"].detach(), SPARSITY_WEIGHT * weights)
