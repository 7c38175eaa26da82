"""The regulation model of the repository: it is whole, and its command makes it again."""

import json

import pytest

from epidecouple.core.provenance import read_json, read_metrics
from epidecouple.core.sections.targets import CrisprConfig
from epidecouple.pretrained.regulation_model import (
    ALL_CHROMOSOMES,
    ALL_LINES,
    ZERO_SHOT,
    load_regulation,
)
from epidecouple.regulation.between import TSS_BETWEEN
from epidecouple.regulation.head import tiers
from epidecouple.regulation.inputs import NINE_MARKS
from pipeline import ROOT, run_snakemake

FOLDER = ROOT / CrisprConfig().model
MIRROR = ROOT.parent / "shared" / "mirror"
MODEL = load_regulation(FOLDER)


def test_it_has_all_tiers_and_the_chromosomes_of_the_example():
    assert set(MODEL.heads) == {tier.name for tier in tiers()}
    for heads in MODEL.heads.values():
        assert set(heads) == {ALL_CHROMOSOMES, *CrisprConfig().left_out}


def test_k562_did_not_teach_the_resistance_that_scores_it():
    assert set(MODEL.ways) == {ALL_LINES, "K562"}
    assert MODEL.way("K562").lines == ["GM12878", "HUVEC", "HeLa-S3", "IMR90", "NHEK"]
    assert MODEL.way("K562").marks == CrisprConfig().way_marks


@pytest.mark.parametrize("barrier", ["CTCF", "H3K4me3", TSS_BETWEEN])
def test_what_lies_between_holds_contacts_up_in_every_fit(barrier):
    assert all(way.weight[way.inputs.index(barrier)] < -0.3 for way in MODEL.ways.values())


def test_the_smaller_heads_read_nine_marks_of_the_line_alone():
    read = set(MODEL.heads["head, nine marks"][ALL_CHROMOSOMES].inputs)
    others = [name for name in read if name.endswith((" way", " element 600"))]
    assert {name.rsplit(" way", 1)[0].split(" element")[0] for name in others} == set(NINE_MARKS)
    assert not any(name.endswith("elsewhere") for name in read)


def test_every_score_has_a_threshold_and_more_marks_a_better_one():
    points = MODEL.points
    assert set(points) == {ZERO_SHOT, *(tier.name for tier in tiers())}
    assert all(0.69 < of.recall[0] < 0.72 and len(of.screens) == 3 for of in points.values())
    names = [ZERO_SHOT, "head, nine marks", "head, all marks", "head, all marks, other lines"]
    precision = [points[name].precision[0] for name in names]
    assert precision == sorted(precision) and precision[0] > 0.5


def numbers(value):
    """All numbers of nested JSON, in order."""
    if isinstance(value, dict):
        return [x for key in sorted(value) for x in numbers(value[key])]
    if isinstance(value, list):
        return [x for item in value for x in numbers(item)]
    return [value] if isinstance(value, int | float) else []


@pytest.mark.slow
@pytest.mark.skipif(not MIRROR.is_dir(), reason="needs the mirror of the real data")
def test_its_command_makes_it_again(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text((ROOT / "config" / "config.yaml").read_text())
    settings = ["--config", f"mirror={MIRROR}", "crispr={bootstrap: 50}"]
    made = run_snakemake(tmp_path, "real_model", *settings)
    assert made.returncode == 0, made.stdout + made.stderr
    tolerances = {"way.json": 1e-5, "heads.json": 1e-5, "spread.json": 1e-4}
    for name, exact in tolerances.items():
        again, kept = (read_json(place / CrisprConfig().model / name) for place in (tmp_path, ROOT))
        assert json.dumps(again).count('"') == json.dumps(kept).count('"'), "the same names"
        assert numbers(again) == pytest.approx(numbers(kept), rel=exact, abs=1e-7)
    metrics = read_metrics(tmp_path / "results" / "demo" / "crispr" / "metrics.json")
    assert metrics["zero_shot_ap"] > 0.60 and metrics["zero_shot_auprc"] > 0.62
    assert metrics["head_ap"] > 0.75
