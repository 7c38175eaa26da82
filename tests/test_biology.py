import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr

from epidecouple.biology import (
    agreement,
    epigenome_distances,
    line_distances,
    loop_distances,
    offset_distances,
    partial_spearman,
    residual_share,
    resistance_against_marks,
    sign_failures,
    state_table,
)
from epidecouple.mantel import mantel
from epidecouple.train import new_model, start_prototypes
from toy_panel import MARKS, toy_config, toy_panel

CONFIG = toy_config()
PAIRS = np.arange(120)


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    made = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()
    with torch.no_grad():
        made.resistance.state_resistance.normal_()
    return made


def test_lines_with_the_same_epigenome_are_at_distance_zero(model, panel):
    twin = dataclasses.replace(
        panel, shards=[*panel.shards[:3], panel.shards[0]], present=np.vstack([panel.present[:3], panel.present[:1]])
    )
    found = line_distances(model, twin)
    assert found.shape == (4, 4)
    np.testing.assert_allclose(found[0, 3], 0, atol=1e-6)
    assert found[0, 1] > 0.01
    np.testing.assert_allclose(epigenome_distances(twin, PAIRS)[0, 3], 0, atol=1e-6)
    assert epigenome_distances(twin, PAIRS)[0, 1] > 0.5


def test_loop_distances_use_pairs_that_loop_somewhere(panel):
    labels = np.array([[1, 1, 0], [0, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    found = loop_distances(dataclasses.replace(panel, labels=labels), np.arange(7))
    np.testing.assert_allclose(found, 1 - np.corrcoef(labels[:4].T))
    np.testing.assert_allclose(loop_distances(dataclasses.replace(panel, labels=labels), np.arange(6)), found)


def test_offset_distances_come_from_levels_before_normalisation(panel):
    levels = np.array([[shard.manifest["marks"][mark]["mean"] for mark in MARKS] for shard in panel.shards])
    assert offset_distances(panel)[0, 2] == pytest.approx(np.linalg.norm(levels[0] - levels[2]))


def test_agreement_names_every_target_and_representation():
    rng = np.random.default_rng(0)
    a, b, target = (np.abs(np.subtract.outer(x, x)) for x in rng.normal(size=(3, 5)))
    metrics, table = agreement({"trained": a, "untrained": b}, {"loops": target, "epigenome": a})
    assert metrics["mantel_rho_epigenome_trained"] == pytest.approx(1)
    assert (metrics["mantel_rho_loops_untrained"], metrics["mantel_p_loops_untrained"]) == mantel(target, b)
    assert len(table) == 4 and len(metrics) == 8


def test_partial_spearman_without_influence_of_covariates_is_spearman():
    x, y = np.random.default_rng(0).normal(size=(2, 60))
    assert partial_spearman(x, y + x, np.zeros((60, 0))) == pytest.approx(spearmanr(x, y + x).statistic)
    assert partial_spearman(x, np.exp(x), np.zeros((60, 0))) == pytest.approx(1)


def test_partial_spearman_takes_a_common_cause_away():
    rng = np.random.default_rng(0)
    cause = rng.normal(size=2000)
    x, y = cause + 0.5 * rng.normal(size=2000), cause + 0.5 * rng.normal(size=2000)
    assert spearmanr(x, y).statistic > 0.7
    assert abs(partial_spearman(x, y, cause[:, None])) < 0.1
    assert partial_spearman(x, y + x, cause[:, None]) > 0.5


def test_resistance_follows_the_mark_and_position_it_was_made_from(panel):
    resistance = np.column_stack([np.exp(-shard.signal[:, 1, 2].astype(float)) for shard in panel.shards])
    table = resistance_against_marks(resistance, panel, PAIRS, CONFIG)
    assert len(table) == 3 * panel.present.sum()
    assert not ((table.line == "LineB") & (table.mark == "H3K27me3")).any()
    made_from = (table.mark == "H3K27ac") & (table.position == "promoter")
    assert table[made_from].rho.max() < -0.95
    assert table[~made_from].rho.abs().max() < 0.5
    expected = table.set_index(["mark", "position"]).expected.groupby(level=[0, 1]).first()
    assert expected["H3K27ac", "promoter"] == expected["DNase", "enhancer"] == -1
    assert expected["H3K27me3", "enhancer"] == 1
    assert expected["H3K27ac", "window"] == expected["CTCF", "enhancer"] == 0


def test_sign_failures_count_lines_whose_mean_at_the_ends_is_wrong():
    def rows(line, mark, enhancer, promoter, expected):
        values = {"enhancer": (enhancer, expected), "promoter": (promoter, expected), "window": (-expected, 0)}
        return [(line, mark, at, rho, sign) for at, (rho, sign) in values.items()]

    signs = pd.DataFrame(
        [
            *rows("A", "H3K27ac", -0.5, 0.1, -1),
            *rows("B", "H3K27ac", -0.1, 0.5, -1),
            *rows("C", "H3K27ac", 0.2, 0.5, -1),
            *rows("A", "H3K27me3", 0.2, 0.2, 1),
            *rows("A", "H3K4me1", 0.2, 0.2, -1),
        ],
        columns=["line", "mark", "position", "rho", "expected"],
    )
    assert sign_failures(signs) == {"wrong_sign_H3K27ac": 2, "wrong_sign_H3K27me3": 0}


def test_the_state_table_reads_the_model(model, panel):
    table = state_table(model, panel, CONFIG)
    np.testing.assert_array_equal(table.resistance_promoter, model.resistance.state_resistance[1].detach())
    for line in panel.lines:
        assert table[f"share_{line}"].sum() == pytest.approx(1, abs=1e-5)
    assigned = [model.resistance.prototypes.assign(model.resistance.encoder(panel.reference_tensor(c))).detach().numpy() for c in range(4)]
    np.testing.assert_allclose(table.share_MixD, assigned[3].mean(0), rtol=1e-5)
    weights, marks = np.concatenate(assigned[:3]), np.concatenate([shard.reference for shard in panel.shards[:3]]).astype(float)
    np.testing.assert_allclose(table.mark_DNase, [np.average(marks[:, 1], weights=w) for w in weights.T], rtol=1e-3, atol=1e-5)


def test_residual_share_is_zero_without_residual_and_one_without_states(model, panel):
    assert 0 < residual_share(model, panel, PAIRS) < 1
    from_states, from_residual = (
        torch.stack([getattr(model.resistance.parts(panel.signal_tensor(PAIRS, c)), name) for c in range(4)]).detach().var()
        for name in ("states", "residual")
    )
    assert residual_share(model, panel, PAIRS) == pytest.approx(float(from_residual / (from_states + from_residual)))
    with torch.no_grad():
        model.resistance.residual[-1].weight.zero_()
    assert residual_share(model, panel, PAIRS) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        model.resistance.residual[-1].weight.normal_()
        model.resistance.state_resistance.zero_()
    assert residual_share(model, panel, PAIRS) == 1
