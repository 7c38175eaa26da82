import numpy as np
import pytest
import torch
from torch import nn

from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.losses import potential_orthogonality
from epidecouple.training.phases import FineTuningPhase, PotentialPhase, ResistancePhase
from epidecouple.training.trainer import full_plan
from toy_panel import MARKS, toy_config, toy_panel

N_MARKS = len(MARKS)
MISSING = (1, MARKS.index("H3K27me3"))  # line and mark
WAY = {"windows": {"way": True}}


@pytest.fixture
def panel():
    return toy_panel()


def ready(panel, config):
    model = start_prototypes(new_model(config, panel), panel, panel.training, config)
    with torch.no_grad():
        model.resistance.state_resistance.normal_()
    return model.eval()


def phase_of(kind, panel, **changes):
    config = toy_config(**changes)
    return kind(ready(panel, config), panel, full_plan(panel, config))


def first_step(phase):
    return next(iter(phase.sampler.epoch(1)))


# --- masking of marks


def many(panel, line, copies=40):
    """The signal of all pairs in a line, many times."""
    return panel.signal_tensor(np.tile(np.arange(len(panel.chrom)), copies), line)


@pytest.mark.parametrize("chance", [0.2, 0.6])
@pytest.mark.parametrize("way", [False, True])
def test_marks_are_hidden_whole_at_all_positions_by_chance(chance, way):
    panel = toy_panel(way=way)
    phase = phase_of(ResistancePhase, panel, windows={"way": way}, model={"mask_marks": chance})
    line, missing = MISSING
    signal = many(panel, line)
    torch.manual_seed(0)
    values, flags = phase.augmented(signal).split(N_MARKS, dim=2)
    plain_values, plain_flags = signal.split(N_MARKS, dim=2)
    assert signal.shape[1] == 2 + 2 + 8 * way
    shown = flags[:, 0] == 1
    assert (flags == shown[:, None]).all(), "at every position or at none"
    assert torch.equal(values, plain_values * shown[:, None]), "the others stay as they are"
    assert not shown[:, missing].any() and not plain_flags[:, :, missing].any()
    present = [mark for mark in range(N_MARKS) if mark != missing]
    hidden = ~shown[:, present]
    sd = (chance * (1 - chance) / len(hidden)) ** 0.5
    assert hidden.double().mean(0).sub(chance).abs().max() < 4 * sd
    together = hidden.double().prod(1).mean()
    assert abs(together - chance**3) < 4 * (chance**3 / len(hidden)) ** 0.5, "each on its own"


def test_marks_are_hidden_in_training_mode_only(panel, monkeypatch):
    phase = phase_of(
        ResistancePhase, panel, model={"mask_marks": 0.9, "mark_noise": 1, "dropout": 0}
    )
    step = first_step(phase)
    plain = [
        phase.model.resistance.parts(panel.signal_tensor(step.pairs, line)).e
        for line in panel.training
    ]
    for part, expected in zip(phase.parts(step), plain, strict=True):
        assert torch.equal(part.e, expected)
    assert not phase.masking
    phase.model.train()
    assert all(
        not torch.equal(part.e, expected)
        for part, expected in zip(phase.parts(step), plain, strict=True)
    )
    assert len(phase.masking) == len(panel.training)


def test_without_masking_and_noise_the_signal_is_read_as_it_is(panel):
    phase = phase_of(ResistancePhase, panel, model={"mask_marks": 0})
    for line in panel.training:
        signal = many(panel, line, 1)
        assert torch.equal(phase.augmented(signal), signal)


def test_noise_has_its_sd_in_the_units_of_each_mark():
    """Marks have sd 1; the densities of the way are read in their own sd."""
    panel = toy_panel(way=True)
    phase = phase_of(ResistancePhase, panel, **WAY, model={"mask_marks": 0, "mark_noise": 0.3})
    line, missing = MISSING
    signal = many(panel, line)
    torch.manual_seed(0)
    noise = (phase.augmented(signal) - signal)[..., :N_MARKS]
    assert torch.equal(phase.augmented(signal)[..., N_MARKS:], signal[..., N_MARKS:])
    assert not noise[..., missing].any(), "a mark that a line lacks stays 0"
    present = [mark for mark in range(N_MARKS) if mark != missing]
    noise[:, -8:, :] /= phase.model.resistance.way.sd
    assert phase.model.resistance.way.sd[:, present].min() > 1.2
    noise = noise[..., present]
    assert noise.mean((0, 1)).abs().max() < 0.01
    np.testing.assert_allclose(noise.std(0), 0.3, rtol=0.05)


def test_evidence_of_masking_tells_chance_from_none_and_from_too_much(panel):
    phase = phase_of(ResistancePhase, panel, model={"mask_marks": 0.2})
    phase.model.train()
    torch.manual_seed(0)
    for step in phase.sampler.epoch(1):
        phase.parts(step)
    first = phase.masking_evidence()
    assert first["masked_share_deviation"] < 4 and first["masked_values_left"] == 0
    assert not phase.masking, "an epoch is told by itself"
    present, flags = 0, [len(panel.training) * N_MARKS - 1]
    for step in phase.sampler.epoch(1):
        present += len(step.pairs) * flags[0]
    for share, hide in ((0, torch.ones), (1, torch.zeros)):
        phase.augmented = lambda signal, hide=hide: signal * hide(())
        for step in phase.sampler.epoch(1):
            phase.parts(step)
        expected = abs(share - 0.2) * present / (0.16 * present) ** 0.5
        assert phase.masking_evidence()["masked_share_deviation"] == pytest.approx(expected)


# --- arms of R


def by_hand(logit, labels):
    return np.mean(np.log1p(np.exp(logit)) - labels * logit)


@pytest.mark.parametrize("kind", [ResistancePhase, FineTuningPhase])
def test_the_arm_bernoulli_fits_r_by_the_plain_likelihood_of_discordant_pairs(panel, kind):
    phase = phase_of(kind, panel, objective={"resistance_likelihood": "bernoulli"})
    with torch.no_grad():
        phase.model.resistance.line_offset.copy_(torch.tensor([0.3, -0.4, 0.1]))
    step = first_step(phase)
    resistance = phase.resistance(phase.parts(step)).detach().double().numpy()
    labels = panel.labels_of(step.pairs, panel.training).astype(float)
    discordant = (labels.min(1) == 0) & (labels.max(1) == 1)
    assert discordant.any() and (kind is ResistancePhase) == discordant.all()
    logit = -(resistance + np.array([0.3, -0.4, 0.1]))[discordant]
    found = phase.terms(step)["conditional_likelihood"]
    assert float(found.detach()) == pytest.approx(by_hand(logit, labels[discordant]), rel=1e-5)


@pytest.mark.parametrize(
    ("ends", "off", "on"),
    [
        ("states", ["residual"], ["states"]),
        ("residual", ["states"], ["residual"]),
        ("states and residual", [], ["states", "residual"]),
    ],
)
def test_an_arm_of_the_ends_gives_zero_for_the_part_that_is_off(panel, ends, off, on):
    phase = phase_of(ResistancePhase, panel, model={"ends": ends})
    resistance, step = phase.model.resistance, first_step(phase)
    for parts in phase.parts(step):
        assert all(not getattr(parts, name).any() for name in off)
        assert all(getattr(parts, name).abs().min() > 0 for name in on)
        expected = resistance.level + sum(getattr(parts, name) for name in on)
        torch.testing.assert_close(resistance.of_parts(parts), nn.functional.softplus(expected))
    sum(phase.terms(step).values()).backward()
    gradient = {
        "states": resistance.state_resistance.grad,
        "residual": resistance.residual[0].weight.grad,
    }
    assert all(not gradient[name].any() for name in off)
    assert all(gradient[name].any() for name in on)


# --- orthogonality of U to R


def squared_correlations(potential, resistance, listed):
    """By line, with numpy."""
    return [
        np.corrcoef(potential[rows], resistance[rows, c])[0, 1] ** 2
        for c, rows in enumerate(listed.T)
        if rows.sum() > 2
    ]


def test_orthogonality_of_u_to_r_is_the_mean_squared_correlation_on_listed_pairs():
    rng = np.random.default_rng(0)
    potential, resistance = rng.normal(size=40), rng.normal(2, 3, (40, 4))
    resistance[:, 1] += potential
    listed = rng.random((40, 4)) < 0.4
    listed[:, 3] = False
    listed[:2, 3] = True
    expected = squared_correlations(potential, resistance, listed)
    assert len(expected) == 3, "two pairs have no correlation"
    found = potential_orthogonality(
        torch.from_numpy(potential), torch.from_numpy(resistance), torch.from_numpy(listed)
    )
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-5)
    none = torch.zeros(40, 4, dtype=torch.bool)
    none[:2] = True
    assert potential_orthogonality(
        torch.from_numpy(potential), torch.from_numpy(resistance), none
    ).isnan(), "a silent 0 would hide that there is no such term"


@pytest.mark.parametrize("kind", [PotentialPhase, FineTuningPhase])
def test_the_term_has_the_pairs_that_each_line_lists_and_reaches_u_alone(panel, kind):
    phase = phase_of(kind, panel, objective={"potential_orthogonality": 0.7})
    model, step = phase.model, first_step(phase)
    with torch.no_grad():
        model.resistance.line_offset.copy_(torch.tensor([1.0, -2.0, 3.0]))
        model.task_offset.normal_()
    term = phase.terms(step)["potential_orthogonality"]
    with torch.no_grad():
        potential = model.potential.of_windows(
            panel.windows(step.pairs), panel.distance_tensor(step.pairs)
        )
        resistance = phase.resistance(phase.parts(step))
    listed = panel.published[step.pairs][:, panel.training] >= 0
    assert 0 < listed.mean() < 1
    expected = squared_correlations(potential.double().numpy(), resistance.double().numpy(), listed)
    assert float(term.detach()) == pytest.approx(0.7 * np.mean(expected), rel=1e-4)
    reached = {
        name
        for name, parameter in model.named_parameters()
        if torch.autograd.grad(term, parameter, allow_unused=True, retain_graph=True)[0] is not None
    }
    assert reached and all(name.startswith("potential.") for name in reached)


# --- what the prototypes followed


def test_what_the_prototypes_followed_is_told_from_other_loci(panel):
    phase = phase_of(ResistancePhase, panel)
    assert phase.followed_evidence() == {}, "nothing was followed yet"
    phase.follow_prototypes()
    healthy = phase.followed_evidence()
    assert healthy["loci_followed_elsewhere"] == 0 and healthy["line_prototype_error"] < 1e-6
    resistance = phase.model.resistance
    followed = resistance.prototypes.followed.clone()
    resistance.prototypes.followed[:3] += 0.5
    assert phase.followed_evidence()["loci_followed_elsewhere"] == 3
    resistance.prototypes.followed = followed
    states = phase._line_states(torch.arange(panel.n_reference))
    resistance.line_prototypes.follow = lambda states, lines: None
    phase._follow_lines(states + 1)
    assert phase.followed_evidence()["line_prototype_error"] > 0.01
    assert phase.followed_evidence()["line_prototype_error"] == 0, "an epoch is told by itself"


def test_large_encodings_do_not_make_a_locus_look_like_another(panel):
    phase = phase_of(ResistancePhase, panel, model={"locus_size": 64})
    with torch.no_grad():
        phase.model.resistance.encoder.network[-1].weight.fill_(20)
    phase.follow_prototypes()
    assert phase.followed_evidence()["loci_followed_elsewhere"] == 0
