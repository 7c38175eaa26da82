import json
import re

import pandas as pd
import pytest

from epidecouple.core.metrics import label
from epidecouple.core.provenance import read_metrics
from epidecouple.prediction.bundle import read_bundle
from epidecouple.prediction.model_card import LIMITS, OF_SIMULATION, card_of, rendered
from toy import run_main, toy_config

CHECK = {
    "metric": "skill",
    "value": 0.1,
    "need": "> 0.2",
    "outcome": "failed",
    "remedy": "train longer",
    "gate": "fit",
    "why": "so",
}


@pytest.fixture(scope="module")
def inputs(toy_bundle):
    """inventory, metrics and verdicts as the stage reads them; the gate `fit` failed."""
    inventory = pd.DataFrame(
        {
            "path": ["a.bed", "g.fa"],
            "bytes": [5, 7],
            "fingerprint": ["ab12", "cd34"],
            "checksum_ok": [True, None],
        }
    )
    metrics = {
        "panel_pairs": 594,
        "parameters": 53072,
        **{f"positives_{line}": 11 * c for c, line in enumerate(toy_bundle.panel.lines)},
    }
    metrics |= read_metrics(toy_bundle.run / "evaluate/metrics.json") | read_metrics(
        toy_bundle.run / "model/metrics.json"
    )
    passed = {"gate": "resistance", "passed": True, "waived": False, "checks": []}
    return (
        inventory,
        metrics,
        [{"gate": "fit", "passed": False, "waived": False, "checks": [CHECK]}, passed],
    )


@pytest.fixture(scope="module")
def card(toy_bundle, inputs):
    return card_of(toy_config(), read_bundle(toy_bundle.run / "model"), *inputs)


def test_every_line_and_file_and_figure_is_on_the_page(card, inputs):
    page = rendered(card)
    for row in card["lines"]:
        assert f"| {row['line']} | {row['role']} | {row['positives']} |" in page
    assert [row["role"] for row in card["lines"]] == ["trained on"] * 6 + [
        "never seen in training"
    ] * 2
    assert "| a.bed | 5 | `ab12` |" in page and "53,072" in page and OF_SIMULATION in page
    for name in card["measured"]:
        assert f"| {label(name)} | " in page
    assert f"{inputs[1]['balanced_auc']:.3f}" in page and all(limit in page for limit in LIMITS)


def test_a_failed_gate_stands_before_everything_else(card):
    page = rendered(card)
    told = (
        "- fit: **failed: do not rely on this model**. GATE fit FAILED: skill is 0.1, need > 0.2."
        " Train longer."
    )
    assert told in page and "- resistance: passed." in page
    assert (
        page.index(told)
        < page.index("## Valid for")
        < page.index("## Limits")
        < page.index("## Measured")
    )


def test_tables_are_whole(card):
    """Every row of a table has as many cells as its head."""
    for table in re.findall(r"(?:^\|.*\n)+", rendered(card), re.M):
        assert len({row.count("|") for row in table.splitlines()}) == 1, table


def test_a_real_run_is_not_called_simulated(toy_bundle, inputs):
    config = toy_config(dataset={"kind": "sources", "genome": "hg19"})
    assert (
        OF_SIMULATION
        not in card_of(config, read_bundle(toy_bundle.run / "model"), *inputs)["limits"]
    )


def test_the_stage_writes_both_forms(toy_bundle, inputs, tmp_path, card):
    inventory, metrics, verdicts = inputs
    inventory.to_csv(tmp_path / "inventory.tsv", sep="\t", index=False)
    (tmp_path / "metrics.json").write_text(json.dumps({"metrics": metrics}))
    for found in verdicts:
        (tmp_path / f"{found['gate']}.json").write_text(json.dumps(found))
    written = {"card": tmp_path / "card.md", "data": tmp_path / "card.json"}
    record, metrics = toy_bundle.run / "model/prediction.json", tmp_path / "metrics.json"
    inputs = {
        "record": record,
        "inventory": tmp_path / "inventory.tsv",
        "panel": metrics,
        "metrics": metrics,
    }
    run_main(
        "model_card",
        tmp_path,
        toy_bundle.values,
        **inputs,
        **written,
        verdicts=tmp_path / "fit.json",
    )
    assert json.loads(written["data"].read_text())["lines"] == card["lines"]
    assert "fit: **failed" in written["card"].read_text()
