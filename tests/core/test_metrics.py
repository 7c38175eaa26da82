"""The registry: its rows, and that it has every metric that a gate, a page or a table names."""

import pytest
from generate import metrics_page

from epidecouple.core.gates import load_rows
from epidecouple.core.metrics import find_metric, label, pattern, rows, short_label
from epidecouple.core.paths import ROOT
from epidecouple.evaluation.comparison import COMPARED
from epidecouple.prediction.model_card import MEASURED
from epidecouple.report.layout import HEADLINES, SECTIONS

# Stages that each gate judges, as in workflow/rules/common.smk.
GATE_STAGES = {
    "download": {"download", "samples"},
    "data": {"data"},
    "subset": {"train_subset", "diagnose_subset"},
    "fit": {"train_full", "evaluate"},
    "recovery": {"recovery"},
    "resistance": {"evaluate"},
    "decoupling": {"evaluate", "diagnose"},
    "biology": {"biology", "mutagenesis", "motifs", "motif_recovery"},
    "loops": {"loops"},
    "crispr": {"crispr"},
}
OF_SECTIONS = {
    (stage, metric)
    for stage, section in SECTIONS.items()
    for row in section.rows
    for metric in (row.metric, *row.references)
}


def test_rows_are_unique_and_complete():
    names = [row.name for row in rows()]
    assert len(set(names)) == len(names)
    for row in rows():
        assert row.better in {"higher", "lower", "neither", "exact"}, row.name
        assert row.unit and row.stages and row.definition.endswith("."), row.name
        assert pattern(row.name), "every placeholder is known"


def test_two_rows_of_one_stage_do_not_share_a_label():
    labels = [(stage, row.label) for row in rows() for stage in row.stages]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("where", sorted({*OF_SECTIONS, *COMPARED, *HEADLINES}))
def test_every_metric_of_report_and_comparison_is_one_of_its_stage(where):
    stage, name = where
    assert stage in find_metric(name).stages


def test_what_the_true_energies_reach_comes_from_the_stage_that_knows_them():
    oracles = [row.oracle for section in SECTIONS.values() for row in section.rows if row.oracle]
    assert oracles and all(find_metric(name).stages == ["recovery"] for name in oracles)


def test_every_metric_of_the_card_is_known():
    assert all(find_metric(name) for name in MEASURED)


@pytest.mark.parametrize("row", load_rows(), ids=lambda row: f"{row['gate']}.{row['metric']}")
def test_every_metric_of_a_gate_is_one_of_its_stages(row):
    for named in (row, *row.get("applies_when", [])):
        assert set(find_metric(named["metric"]).stages) & GATE_STAGES[row["gate"]], named["metric"]


def test_a_name_may_have_placeholders_and_suffixes():
    assert label("positives_LineA") == "Positive pairs in LineA"
    assert label("z_e_cca_change").endswith(", minus that of the untrained encoder")
    assert find_metric("z_line_linear_change_upper").better == "lower"
    assert find_metric("z_line_linear_floor").better == "neither"
    assert short_label("z_line_linear_floor") == "untrained encoder"
    assert short_label("crossfit_auc: line offsets") == "line offsets"


def test_an_exact_name_counts_before_a_pattern():
    assert find_metric("aupr_unseen").name == "aupr_unseen"
    assert find_metric("mantel_rho_joint_trained").name == "mantel_rho_joint_trained"


def test_what_the_registry_lacks_is_shown_by_its_name():
    assert find_metric("no_such_metric") is None and label("no_such_metric") == "no_such_metric"


def test_the_page_is_that_of_the_registry():
    assert (ROOT / "docs" / "tables" / "metrics.md").read_text() == metrics_page()
