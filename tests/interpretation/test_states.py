import numpy as np
import pytest
import torch

from epidecouple.interpretation.line_similarity import groups_of, tree_metrics
from epidecouple.interpretation.mark_signs import resistance_without_marks
from epidecouple.interpretation.states import state_table
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.scoring import residual_share, score_resistance
from epidecouple.statistics.mantel import distances, group_contrast
from toy_panel import toy_config, toy_panel

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


def test_resistance_without_a_mark_is_that_of_a_panel_without_it(model, panel):
    found = resistance_without_marks(model, panel, PAIRS)
    assert found.shape == (4, 120, 4)
    np.testing.assert_array_equal(
        found[2], score_resistance(model, panel.without(2), PAIRS, [0, 1, 2, 3])
    )
    assert np.abs(found[2] - score_resistance(model, panel, PAIRS, [0, 1, 2, 3])).max() > 0.01


def test_groups_are_columns_and_lines_of_other_runs_are_left_out():
    assert groups_of([["B", "A"], ["C", "X"], ["D", "E", "X"]], list("ABCDE")) == [[1, 0], [3, 4]]
    assert groups_of([], ["A"]) == []


def test_trees_are_compared_with_that_of_the_prototypes_and_groups_where_there_are_some():
    a, b = (distances(np.random.default_rng(seed).normal(size=(5, 2))) for seed in range(2))
    alone = tree_metrics({"prototypes": a, "loops": b}, [])
    assert set(alone) == {
        "cophenetic_correlation_prototypes",
        "cophenetic_correlation_loops",
        "tree_agreement_loops",
        "tree_agreement_p_loops",
    }
    grouped = tree_metrics({"prototypes": a, "loops": a}, [[0, 1], [2, 3]])
    assert grouped["tree_agreement_loops"] == pytest.approx(1)
    assert (grouped["group_contrast_loops"], grouped["group_contrast_p_loops"]) == group_contrast(
        a, [[0, 1], [2, 3]]
    )


def test_the_state_table_reads_the_model(model, panel):
    table = state_table(model, panel, CONFIG)
    np.testing.assert_array_equal(
        table.resistance_promoter, model.resistance.state_resistance[1].detach()
    )
    for line in panel.lines:
        assert table[f"share_{line}"].sum() == pytest.approx(1, abs=1e-5)
    assigned = [
        model.resistance.prototypes.assign(model.resistance.encoder(panel.reference_tensor(c)))
        .detach()
        .numpy()
        for c in range(4)
    ]
    np.testing.assert_allclose(table.share_MixD, assigned[3].mean(0), rtol=1e-5)
    weights, marks = (
        np.concatenate(assigned[:3]),
        np.concatenate([shard.reference for shard in panel.shards[:3]]).astype(float),
    )
    np.testing.assert_allclose(
        table.mark_DNase,
        [np.average(marks[:, 1], weights=w) for w in weights.T],
        rtol=1e-3,
        atol=1e-5,
    )


def test_residual_share_is_zero_without_residual_and_one_without_states(model, panel):
    assert 0 < residual_share(model, panel, PAIRS) < 1
    from_states, from_residual = (
        torch.stack(
            [getattr(model.resistance.parts(panel.signal_tensor(PAIRS, c)), name) for c in range(4)]
        )
        .detach()
        .var()
        for name in ("states", "residual")
    )
    assert residual_share(model, panel, PAIRS) == pytest.approx(
        float(from_residual / (from_states + from_residual))
    )
    with torch.no_grad():
        model.resistance.residual[-1].weight.zero_()
    assert residual_share(model, panel, PAIRS) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        model.resistance.residual[-1].weight.normal_()
        model.resistance.state_resistance.zero_()
    assert residual_share(model, panel, PAIRS) == 1
