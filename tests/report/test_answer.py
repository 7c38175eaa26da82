"""What a run says to the question of its page."""

import pytest

from epidecouple.report.answer import answer

NUMBERS = {
    "data": {"panel_pairs": 1540, "panel_lines": 5},
    "evaluate": {
        "balanced_auc": 0.684,
        "balanced_auc_activity": 0.667,
        "aupr_unseen_line_unseen_chromosome": 0.33,
        "base_rate_unseen_line_unseen_chromosome": 0.17,
        "aupr_mean_label_unseen_line_unseen_chromosome": 0.48,
    },
}
KNOWN = {
    "recovery": {
        "balanced_auc_oracle": 0.73,
        "resistance_within_pair_corr": 0.81,
        "potential_dna_corr": 0.56,
        "aupr_unseen_dna_oracle": 0.62,
    },
    "diagnose": {"z_line_linear": -0.003, "z_line_linear_floor": 0.013},
}
SIMULATED = {"dataset": {"kind": "simulated"}}


def test_a_simulation_says_first_that_it_is_one():
    first, *others = answer(NUMBERS | KNOWN, SIMULATED)
    assert first.startswith("Simulated data") and "1,540 pairs in 5 cell lines" in first
    assert len(others) == 5


def test_real_data_are_not_called_simulated_and_nothing_is_held_against_a_truth():
    sentences = answer(NUMBERS, {"dataset": {"kind": "files"}})
    assert sentences[0] == "Data: 1,540 pairs in 5 cell lines."
    assert len(sentences) == 3 and "true" not in " ".join(sentences)


def test_rivals_stand_in_the_sentence_also_those_that_are_ahead():
    text = " ".join(answer(NUMBERS | KNOWN, SIMULATED))
    assert (
        "68 % of cases (the true resistance 73 %, H3K27ac at both ends 67 %, chance 50 %)" in text
    )
    assert "0.33 (random order 0.17; the labels of the pair in other lines" in text
    assert "0.48; at best, from what DNA and marks can show, 0.62)" in text


def test_a_share_below_zero_is_none():
    assert "holds 0 % (before training 1 %)" in answer(KNOWN, SIMULATED)[-1]


def test_a_number_that_could_not_be_measured_leaves_its_sentence_out():
    unmeasured = NUMBERS | {"evaluate": NUMBERS["evaluate"] | {"balanced_auc": None}}
    assert len(answer(unmeasured, SIMULATED)) == len(answer(NUMBERS, SIMULATED)) - 1


@pytest.mark.parametrize("settings", [{}, {"dataset": "hostile"}, SIMULATED])
def test_a_run_without_numbers_has_no_sentence_about_them(settings):
    assert len(answer({}, settings)) == (settings == SIMULATED)


def test_loops_are_told_with_what_knowing_the_lines_gives():
    loops = {
        "loop_loci": 15613,
        "loop_auc": 0.73,
        "loop_auc_unseen": 0.70,
        "loop_identity_null": 0.69,
        "loop_null": 0.51,
        "loops: gradient boosting": 0.7,
        "loops: H3K27ac at both ends": 0.57,
        "loops, unseen line: gradient boosting": 0.68,
    }
    seen, unseen = answer({"loops": loops}, {})
    assert seen.startswith("At 15,613 loci") and "in 73 % of cases (gradient boosting 70 %" in seen
    assert "knowing the lines, without marks 69 %" in seen and "another locus 51 %" in seen
    assert "70 % of cases (gradient boosting 68 %)" in unseen
    del loops["loop_identity_null"]
    assert len(answer({"loops": loops}, {})) == 1, "no sentence without its rivals"
