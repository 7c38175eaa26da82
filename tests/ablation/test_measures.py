"""Figures of an arm, from energies that are known."""

import numpy as np
import pytest

from epidecouple.ablation.measures import Energies, measured
from epidecouple.ablation.world import Known


@pytest.fixture(scope="module")
def rows(toy_panel):
    return toy_panel.panel.rows("test")


@pytest.fixture(scope="module")
def known(toy_panel, rows):
    rng = np.random.default_rng(0)
    of_dna = rng.normal(size=len(rows))
    resistance = rng.gamma(2, 1, (len(rows), len(toy_panel.panel.lines)))
    lineage = rng.gamma(1, 1, (len(rows), 2))
    return Known(of_dna + rng.normal(size=len(rows)), of_dna, resistance, lineage)


def energies(panel, potential, resistance, code=None) -> Energies:
    u = np.repeat(potential[:, None], len(panel.lines), 1) if potential.ndim == 1 else potential
    return Energies(u - resistance, u, resistance, code)


def test_what_can_be_known_has_the_whole_share(toy_panel, rows, known):
    panel = toy_panel.panel
    figures = measured(panel, rows, known, energies(panel, known.of_dna, known.resistance))
    assert figures["aupr_unseen_share_of_dna_oracle"] == pytest.approx(1)
    assert figures["potential_dna_corr"] == pytest.approx(1)
    assert 0.5 < figures["potential_corr"] < 0.9
    assert figures["resistance_within_pair_corr"] == pytest.approx(1)
    assert figures["resistance_unseen_corr"] == pytest.approx(1)
    assert figures["potential_line_share"] == pytest.approx(0, abs=1e-12)


def test_a_potential_that_differs_between_lines_is_seen(toy_panel, rows, known):
    panel = toy_panel.panel
    spread = known.of_dna[:, None] - known.resistance
    figures = measured(panel, rows, known, energies(panel, spread, 0 * spread + known.resistance))
    assert figures["potential_line_share"] > 0.3


def test_a_code_that_tells_the_line_is_read(toy_panel, rows, known):
    panel = toy_panel.panel
    told = np.broadcast_to(
        np.eye(len(panel.lines)), (len(rows), len(panel.lines), len(panel.lines))
    )
    blind = np.random.default_rng(1).normal(size=(len(rows), 1, 3)).repeat(len(panel.lines), 1)
    shares = [
        measured(panel, rows, known, energies(panel, known.of_dna, known.resistance, code))[
            "z_line_linear"
        ]
        for code in (told, blind)
    ]
    assert shares[0] > 0.5 and shares[1] < 0.2


def test_a_rival_without_energies_has_skill_alone(toy_panel, rows, known):
    score = known.of_dna[:, None] - known.resistance
    figures = measured(toy_panel.panel, rows, known, Energies(score))
    assert "aupr_unseen" in figures and "potential_corr" not in figures
