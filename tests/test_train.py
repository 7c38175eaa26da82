import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from epidecouple.curriculum import PotentialStage, ResistanceStage
from epidecouple.scoring import score_resistance
from epidecouple.skill import within_pair_auc
from epidecouple.train import EarlyStop, fit, measure, new_model, start_prototypes, subset_of, train
from toy_panel import digest, toy_config, toy_panel

CONFIG = toy_config()


@pytest.fixture
def panel():
    return toy_panel()


def ready(panel, config=CONFIG):
    return start_prototypes(new_model(config, panel), panel, panel.training, config)


def early_stop(score, values, patience):
    """Consult once per value on a one-weight model whose weight is the epoch; returns stop, model and the epoch it stopped at."""
    model = nn.Linear(1, 1, bias=False)
    stop = EarlyStop(model, score, patience)
    for epoch, value in enumerate(values):
        nn.init.constant_(model.weight, epoch)
        if stop.consult(epoch, {score: value, "other": -value}):
            break
    return stop, model, epoch


@pytest.mark.parametrize(
    ("score", "values", "best", "last"),
    [
        ("validation_aupr", [0.1, 0.5, 0.3, 0.4, 0.9], 1, 3),
        ("validation_loss", [0.9, 0.2, 0.3, 0.4, 0.1], 1, 3),
        ("validation_aupr", [0.1, 0.2, 0.3, 0.4, 0.5], 4, 4),
        ("validation_loss", [0.1, 0.2, 0.3, 0.4, 0.5], 0, 2),
        ("validation_aupr", [0.5, 0.5, 0.5, 0.5], 0, 2),
        ("validation_aupr", [0.5, float("nan"), 0.6, 0.1], 2, 3),
    ],
)
def test_early_stop_keeps_the_best_epoch(score, values, best, last):
    stop, model, ended = early_stop(score, values, patience=2)
    assert (stop.best_epoch, ended, stop.consultations) == (best, last, last + 1)
    stop.restore()
    assert model.weight.item() == best


class Scripted:
    """A stage whose validation is given and whose loss pushes one weight steadily."""

    name, score = "scripted", "validation_aupr"

    def __init__(self, model, values, epochs, steps=3, patience=2):
        self.model, self.values, self.sampler = model, iter(values), self
        self.fit = dataclasses.replace(CONFIG.potential, epochs=epochs, patience=patience, learning_rate=0.01)
        self.steps, self.seen, self.modes, self.followed = steps, [], [], 0

    def __len__(self):
        return self.steps

    def epoch(self, number):
        return iter([number] * self.steps)

    def parameters(self):
        return list(self.model.parameters())

    def loss(self, step):
        self.modes.append(self.model.training)
        return self.model(torch.ones(1, 1)).sum()

    def after_step(self):
        self.followed += 1

    def validate(self):
        assert not self.model.training
        self.seen.append(self.model.weight.item())
        return {"validation_aupr": next(self.values)}


def test_fit_keeps_the_best_epoch_and_records_every_epoch():
    stage = Scripted(nn.Linear(1, 1, bias=False), [0.1, 0.3, 0.9, 0.2, 0.1, 0.1], epochs=5)
    history, stop = fit(stage.model, stage)
    assert history.epoch.tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(history.train_loss[0]) and history.train_loss[1:].notna().all()
    assert (stop.best_epoch, stop.consultations) == (2, 5)
    assert stage.model.weight.item() == stage.seen[2]
    assert len(set(stage.seen)) == 5
    assert stage.followed == 12 and all(stage.modes)
    assert not stage.model.training


def test_fit_can_keep_the_state_before_the_first_step():
    stage = Scripted(nn.Linear(1, 1, bias=False), [0.9, 0.3, 0.2], epochs=5)
    _, stop = fit(stage.model, stage)
    assert stop.best_epoch == 0
    assert stage.model.weight.item() == stage.seen[0]


@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (5, 1), (1, 5), (2, 2), (6, 1)])
def test_fit_moves_the_weights_however_few_the_steps(epochs, steps):
    stage = Scripted(nn.Linear(1, 1, bias=False), np.arange(9) / 10, epochs, steps, patience=9)
    fit(stage.model, stage)
    assert stage.seen[-1] < stage.seen[0] - 1e-5


def moved(stage, model):
    before = digest(model.state_dict())
    history, _ = fit(model, stage)
    after = digest(model.state_dict())
    return {name for name in before if before[name] != after[name]}, history


def always_better(stage):
    """The stage with a validation figure that grows, so that its last epoch is kept."""
    values = iter(range(100))
    stage.validate = lambda: {stage.score: -next(values) if stage.score.endswith("_loss") else next(values)}
    return stage


def test_the_resistance_stage_moves_the_resistance_only(panel):
    model = ready(panel)
    names, _ = moved(always_better(ResistanceStage(model, panel, panel.training, panel.rows("train"), CONFIG)), model)
    expected = {name for name, _ in model.named_parameters() if name.startswith("resistance.")}
    assert names == expected | {"resistance.prototypes.codebook", "resistance.prototypes.usage"}


def test_the_potential_stage_moves_the_potential_and_the_task_offset_only(panel):
    model = ready(panel)
    names, _ = moved(always_better(PotentialStage(model, panel, panel.training, panel.rows("train"), CONFIG)), model)
    assert names == {name for name, _ in model.named_parameters() if name.startswith("potential.") or name == "task_offset"}


def test_each_stage_hands_its_own_parameters_to_the_optimiser(panel):
    model, given = ready(panel), []
    for make_stage in (ResistanceStage, PotentialStage):
        stage = make_stage(model, panel, panel.training, panel.rows("train"), CONFIG)
        given.append({id(parameter) for parameter in stage.parameters()})
    assert given[0] == {id(parameter) for parameter in model.resistance.parameters()}
    assert given[1] == {id(parameter) for parameter in [*model.potential.parameters(), model.task_offset]}


def test_the_resistance_stage_takes_discordant_training_pairs_of_its_lines(panel):
    lines = [0, 2]
    stage = ResistanceStage(ready(panel), panel, lines, panel.rows("train"), CONFIG)
    labels = panel.labels[:, lines]
    expected = [i for i in range(len(labels)) if panel.split[i] == "train" and labels[i, 0] != labels[i, 1]]
    assert stage.train.tolist() == expected
    step = next(iter(stage.sampler.epoch(1)))
    assert set(step.pairs) <= set(expected)
    assert [batch.line for batch in step.micro_batches] == lines


def test_the_resistance_stage_does_not_see_dna_or_the_potential(panel):
    model = ready(panel).eval()
    stage = ResistanceStage(model, panel, panel.training, panel.rows("train"), CONFIG)
    step = next(iter(stage.sampler.epoch(1)))
    before = stage.loss(step)
    for parameter in model.potential.parameters():
        nn.init.constant_(parameter, torch.nan)
    assert torch.equal(stage.loss(step), before)
    assert torch.isfinite(before)


def test_the_potential_stage_weights_its_strata_and_offsets_by_resistance(panel):
    model = ready(panel).eval()
    with torch.no_grad():
        model.task_offset.copy_(torch.tensor([0.1, -0.2, 0.3]))
        model.resistance.line_offset.copy_(torch.tensor([1.0, 2.0, 3.0]))
    stage = PotentialStage(model, panel, panel.training, panel.rows("train"), CONFIG)
    step = next(iter(stage.sampler.epoch(1)))
    total = 0.0
    for line in panel.training:
        u, r = model(panel, step.pairs, line)
        logit = u - r - model.resistance.line_offset[line] - model.task_offset[line]
        nll = nn.functional.binary_cross_entropy_with_logits(logit, panel.label_tensor(step.pairs, [line])[:, 0], reduction="none")
        total += (nll * torch.from_numpy(step.weights)).mean() / 3
    torch.testing.assert_close(stage.loss(step), total)


def test_labels_of_validation_and_test_pairs_do_not_reach_the_weights(panel):
    """Two runs that differ in those labels take the same steps; early stop is out of play."""
    unseen, weights = panel.split != "train", []
    flipped = dataclasses.replace(panel, labels=np.where(unseen[:, None], 1 - panel.labels, panel.labels))
    for which in (panel, flipped):
        model = ready(which)
        for make_stage in (ResistanceStage, PotentialStage):
            fit(model, always_better(make_stage(model, which, which.training, which.rows("train"), CONFIG)))
        weights.append(digest(model.state_dict()))
    assert weights[0] == weights[1]


def test_the_same_seed_gives_the_same_bits_and_another_does_not(panel):
    def trained(seed):
        config = dataclasses.replace(CONFIG, seed=seed)
        model = new_model(config, panel)
        history, _ = train(model, panel, panel.training, panel.rows("train"), config)
        return digest(model.state_dict()), history

    (first, history), (again, history_again), (other, _) = trained(1), trained(1), trained(2)
    assert first == again
    pd.testing.assert_frame_equal(history, history_again)
    assert first["potential.head.0.weight"] != other["potential.head.0.weight"]
    assert first["resistance.encoder.network.0.weight"] != other["resistance.encoder.network.0.weight"]


def test_training_learns_a_tiny_panel(panel):
    long = {"epochs": 60, "patience": 60, "learning_rate": 0.02}
    config = toy_config(model={"dropout": 0, "filters": 16, "hidden": 16}, resistance=long, potential=long)
    model, rows = new_model(config, panel), panel.rows("train")
    start_prototypes(model, panel, panel.training, config)
    untrained = measure(model.eval(), panel, panel.training, rows)
    for make_stage in (ResistanceStage, PotentialStage):
        stage = make_stage(model, panel, panel.training, rows, config)
        fit(model, always_better(stage))
    trained = measure(model, panel, panel.training, rows)
    assert trained["train_aupr"] > 0.8 > untrained["train_aupr"] + 0.1
    assert trained["train_minus_validation_aupr"] == trained["train_aupr"] - trained["validation_aupr"]
    assert trained["within_pair_sd_resistance"] > 0.2
    rows = panel.discordant_rows("test", panel.training)
    auc = within_pair_auc(panel.labels[np.ix_(rows, panel.training)], -score_resistance(model, panel, rows, panel.training))
    assert auc.mean() > 0.65


def test_train_runs_resistance_first_and_reports_what_the_gates_read(panel):
    model = new_model(CONFIG, panel)
    history, metrics = train(model, panel, panel.training, panel.rows("train"), CONFIG)
    assert history.stage.drop_duplicates().tolist() == ["resistance", "potential"]
    assert metrics["task_gradient_on_resistance"] == 0
    for stage, part in history.groupby("stage"):
        assert metrics[f"{stage}_early_stop_consultations"] == len(part)
        assert metrics[f"{stage}_best_epoch"] in part.epoch.tolist()
    potential = history[history.stage == "potential"].set_index("epoch")
    assert metrics["potential_best_epoch"] == potential.validation_aupr.idxmax()
    resistance = history[history.stage == "resistance"].set_index("epoch")
    assert metrics["resistance_best_epoch"] == resistance.validation_loss.idxmin()


def test_locus_modules_are_made_from_training_lines_only(panel):
    altered = toy_panel()
    altered.shards[3].reference[:] = np.random.default_rng(5).normal(0, 9, altered.shards[3].reference.shape)
    modules = new_model(CONFIG, panel).locus_modules
    assert torch.equal(modules, new_model(CONFIG, altered).locus_modules)
    altered.shards[0].reference[:] = altered.shards[3].reference
    assert not torch.equal(modules, new_model(CONFIG, altered).locus_modules)
    assert 1 < len(modules.unique()) <= CONFIG.reference.modules


def test_the_subset_takes_some_training_pairs_and_lines(panel):
    lines, rows, short = subset_of(panel, CONFIG)
    assert lines == [0, 1]
    assert len(np.unique(rows)) == 30
    assert (panel.split[rows] == "train").all()
    assert short.potential.epochs == CONFIG.subset.epochs
    assert short == dataclasses.replace(CONFIG, potential=short.potential)
    np.testing.assert_array_equal(subset_of(panel, CONFIG)[1], rows)


def test_a_subset_trains_with_fewer_lines_than_the_model_has(panel):
    lines, rows, short = subset_of(panel, CONFIG)
    model = new_model(short, panel)
    history, _ = train(model, panel, lines, rows, short)
    assert history[["validation_loss", "validation_aupr"]].notna().any(axis=1).all()
    assert model.resistance.line_offset[2] == 0 and model.task_offset[2] == 0
