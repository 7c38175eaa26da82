import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from epidecouple.decoupling.trajectory import Trajectory, discriminant_gain, half_of
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.scoring import embed
from epidecouple.training.phases import ResistancePhase
from epidecouple.training.plan import Plan
from toy_panel import toy_config, toy_panel

CONFIG = toy_config()


def two_classes(n=4000, gap=1.0, d=3, seed=0):
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 2, n)
    x = rng.normal(size=(n, d))
    x[:, 1] += gap * code
    return x @ rng.normal(size=(d, d)) + 3, code, rng.random(n) < 0.5


def exact(gap):
    def integrand(t):
        parts = norm.pdf(t, [0, gap])
        return -parts.mean() * np.log2(parts.mean()) + 0.5 * sum(p * np.log2(p) for p in parts)

    return quad(integrand, -8, 8 + gap)[0]


@pytest.mark.parametrize("gap", [0, 0.7, 3])
def test_gain_of_two_gaussians_is_their_mutual_information(gap, monkeypatch):
    monkeypatch.setattr("epidecouple.decoupling.trajectory.SHRINKAGE", 1e-6)
    x, code, half = two_classes(gap=gap)
    assert discriminant_gain(x, code[None], half)[0] == pytest.approx(exact(gap), abs=0.025)


def test_one_factorisation_serves_all_labellings():
    x, code, half = two_classes()
    other = np.random.default_rng(1).permutation(code)
    together = discriminant_gain(x, np.stack([code, other]), half)
    np.testing.assert_allclose(
        together,
        [discriminant_gain(x, labels[None], half)[0] for labels in (code, other)],
        rtol=1e-9,
    )
    assert together[0] > 0.1 > 0.01 > together[1]


def test_a_half_without_a_class_has_no_answer():
    x, code, half = two_classes(n=50)
    assert np.isnan(discriminant_gain(x, (~half).astype(int)[None] * code[None], half)).all()


def test_halves_are_chromosomes_and_the_sides_of_a_single_one():
    chrom, place = np.array(["chr1", "chr2", "chr1", "chr3"]), np.array([5, 6, 7, 8])
    assert half_of(chrom, place).tolist() == [True, False, True, True]
    assert half_of(np.repeat("chr1", 4), place[::-1]).tolist() == [False, False, True, True]


def test_rows_that_cannot_be_halved_have_no_answer():
    x, code, _ = two_classes(n=50)
    assert np.isnan(discriminant_gain(x, code[None], np.ones(50, dtype=bool))).all()


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()


def test_rows_are_published_rows_of_validation_chromosomes(model, panel):
    trajectory = Trajectory(model, panel, [0, 2], 1)
    table = trajectory.table
    assert set(panel.split[table.pair]) == {"validation"} and set(table.line) == {0, 2}
    assert (panel.published[table.pair, table.line] >= 0).all()
    assert not set(table.chrom[trajectory.half]) & set(table.chrom[~trajectory.half])
    np.testing.assert_array_equal(table.pair, Trajectory(model, panel, [0, 2], 1).table.pair)


def test_e_is_that_of_each_row_in_its_line(model, panel):
    trajectory = Trajectory(model, panel, [2, 0], 1)
    with torch.no_grad():
        found = trajectory._e()
    for row in (0, 7, len(found) - 1):
        pair, line = trajectory.table.pair[row : row + 1], trajectory.table.line[row]
        expected = model.resistance.parts(panel.signal_tensor(pair, line)).e.detach()[0]
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_a_z_that_comes_to_know_line_and_e_is_seen(model, panel, monkeypatch):
    """z is noise, then the line itself, then e."""
    monkeypatch.setattr("epidecouple.decoupling.trajectory.SHRINKAGE", 1e-6)
    trajectory = Trajectory(model, panel, [0, 1, 2], 1)
    rng, rows = np.random.default_rng(0), trajectory.table
    trajectory.z = rng.normal(size=(len(rows.pair), 2))
    trajectory.z_line = trajectory._beyond_null(trajectory.z)
    noise = trajectory.look()
    trajectory.z = np.eye(3)[rows.line] + 0.1 * trajectory.z[:, :1]
    trajectory.z_line = trajectory._beyond_null(trajectory.z)
    knows = trajectory.look()
    with torch.no_grad():
        trajectory.z = trajectory._e()
    shares = trajectory.look()
    assert knows["z_line"] > 0.5 > abs(noise["z_line"])
    assert shares["z_e"] > noise["z_e"] + 0.2
    assert noise["e_line"] == knows["e_line"]


def test_z_is_taken_over_from_the_validation_and_else_made(model, panel):
    lazy, told = (Trajectory(model, panel, [0, 1], 1) for _ in range(2))
    told.note(embed(model, panel, panel.rows("validation")))
    assert lazy.look() == pytest.approx(told.look())
    np.testing.assert_allclose(told.z, embed(model, panel, told.table.pair), atol=1e-5)


def test_training_phases_need_no_settings_of_the_diagnostics(model, panel):
    """The rule that trains does not pass them on."""
    bare = CONFIG.model_copy(update={"diagnose": None})
    phase = ResistancePhase(model, panel, Plan(panel.training, panel.rows("train"), bare))
    assert set(phase.watch()) == {"z_line", "e_line", "z_e"}


def test_changes_are_from_the_first_epoch_to_the_one_that_the_last_phase_kept(model, panel):
    history = pd.DataFrame(
        {
            "phase": ["a", "a", "b", "b", "b"],
            "epoch": [0, 1, 0, 1, 2],
            "z_line": [1.0, 2, 3, 5, 9],
            "e_line": 0.0,
            "z_e": [4.0, 0, 0, 1, 0],
        }
    )
    trajectory = Trajectory(model, panel, [0, 1], 1)
    expected = {
        "trajectory_rows": len(trajectory.table.pair),
        "trajectory_z_line_change": 4.0,
        "trajectory_e_line_change": 0.0,
        "trajectory_z_e_change": -3.0,
    }
    assert trajectory.changes(history, kept=1) == expected
