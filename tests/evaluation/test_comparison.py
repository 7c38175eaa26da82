import json

import pandas as pd
import pytest

from epidecouple.core.provenance import read_metrics, write_json
from epidecouple.evaluation.comparison import (
    COMPARED,
    cells,
    compared_metrics,
    conclusions,
    failed_checks,
)
from epidecouple.stages.comparison import comparison
from epidecouple.stages.comparison_report import comparison_report
from epidecouple.stages.runner import call

SEEDS = [1, 2]
CHECK = {"metric": "within", "need": ">= 0.85", "why": "because", "value": 0.2}


def write_cell(cell, r_corr, share, failed):
    for stage in {stage for stage, _ in COMPARED}:
        values = {metric: 0.5 for of, metric in COMPARED if of == stage}
        if stage == "recovery":
            values |= {
                "resistance_within_pair_corr": r_corr,
                "aupr_unseen_share_of_dna_oracle": share,
            }
        write_json(cell.folder / stage / "metrics.json", {"metrics": values})
    checks = [
        {**CHECK, "outcome": "failed" if failed else "passed"},
        {**CHECK, "metric": "other", "outcome": "passed"},
    ]
    write_json(
        cell.folder / "gates" / "recovery.verdict.json", {"gate": "recovery", "checks": checks}
    )


@pytest.fixture
def run(tmp_path):
    """The design recovers R under both seeds, record 22 under neither; its checks fail under the
    second seed only.
    """
    for cell in cells(tmp_path, ["design", "record22"], SEEDS):
        design = cell.arm == "design"
        write_cell(
            cell, 0.9 + 0.01 * cell.seed if design else 0.3, 0.8, not design and cell.seed == 2
        )
    return tmp_path


def table_of(run, thresholds=None):
    return compared_metrics(cells(run, ["design", "record22"], SEEDS), thresholds or {})


def test_the_table_holds_every_figure_of_every_arm_and_seed(run):
    table = table_of(run)
    assert (
        len(table) == 2 * 2 * len(COMPARED)
        and not table.duplicated(["arm", "seed", "metric"]).any()
    )
    chosen = table[table.metric == "resistance_within_pair_corr"].set_index(["arm", "seed"])
    assert chosen.value.to_dict() == pytest.approx(
        {("design", 1): 0.91, ("design", 2): 0.92, ("record22", 1): 0.3, ("record22", 2): 0.3}
    )
    assert (chosen.needed == 0.8).all() and table[
        table.metric == "lineage_leak"
    ].needed.isna().all()


OWN = {"recovery.resistance_within_pair_corr": {"value": 0.5, "why": "a small world"}}


def test_the_thresholds_are_those_of_the_run(run):
    table = table_of(run, OWN).groupby("metric").needed.first()
    assert table.resistance_within_pair_corr == 0.5 and table.potential_dna_corr == 0.85


def test_failed_checks_are_counted_over_seeds(run):
    failed = failed_checks(cells(run, ["design", "record22"], SEEDS))
    assert failed.to_dict("records") == [
        {
            "arm": "record22",
            "gate": "recovery",
            "metric": "within",
            "need": ">= 0.85",
            "why": "because",
            "seeds": 1,
        }
    ]


def test_no_failed_check_is_an_empty_table(run):
    assert failed_checks(cells(run, ["design"], SEEDS)).empty


@pytest.mark.parametrize(
    ("design", "other", "little", "said"),
    [
        (
            (0.9, 0.80),
            (0.3, 0.80),
            False,
            "the design recovers R better than other: within-pair correlation of R +0.60",
        ),
        (
            (0.5, 0.80),
            (0.9, 0.80),
            False,
            "the design recovers R worse than other: within-pair correlation of R -0.40",
        ),
        (
            (0.9, 0.80),
            (0.85, 0.78),
            True,
            "the design and other differ little: within-pair correlation of R +0.05",
        ),
        (
            (0.9, 0.80),
            (0.85, 0.60),
            False,
            "AUPR on unseen lines +0.20 of what can be known above the base rate",
        ),
    ],
)
def test_the_conclusion_says_what_the_figures_say(design, other, little, said):
    metrics = ["resistance_within_pair_corr", "aupr_unseen_share_of_dna_oracle"]
    rows = [
        (arm, 1, metric, value)
        for arm, values in (("design", design), ("other", other))
        for metric, value in zip(metrics, values, strict=True)
    ]
    found = conclusions(pd.DataFrame(rows, columns=["arm", "seed", "metric", "value"]))
    assert list(found) == ["other"] and found["other"]["differ_little"] == little
    assert said in found["other"]["sentence"]


def test_stage_and_page(run):
    table, failed, metrics, page = (
        run / name for name in ("table.tsv", "failed.tsv", "metrics.json", "report.html")
    )
    written = ["--table", str(table), "--failed", str(failed), "--metrics", str(metrics)]
    arms = ["--arms", "design", "record22", "--seeds", "1", "2"]
    thresholds = run / "thresholds.json"
    thresholds.write_text(json.dumps({"settings": OWN}))
    call(comparison, ["--run", str(run), *arms, "--thresholds", str(thresholds), *written])
    needed = pd.read_csv(table, sep="\t").set_index("metric").needed
    assert (needed["resistance_within_pair_corr"] == 0.5).all()
    assert read_metrics(metrics)["record22"]["resistance_corr_gain"] == pytest.approx(0.615)
    (run / "figures").mkdir()
    (run / "figures/comparison.svg").write_text("<svg/>")
    call(comparison_report, [*written, "--run", str(run), "--page", str(page)])
    text = page.read_text()
    assert "0.915 (0.910 to 0.920)" in text and "0.300 (0.300 to 0.300)" in text
    assert (
        "the design recovers R better than record22" in text
        and "because" in text
        and "data:image/svg+xml" in text
    )
