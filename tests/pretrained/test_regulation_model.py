"""A regulation model as a folder: what is read is what was written, and only that."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.sections.targets import CrisprConfig
from epidecouple.files.manifest import load_sources
from epidecouple.pretrained.cards import regulation_card
from epidecouple.pretrained.checksums import write_checksums
from epidecouple.pretrained.regulation_model import (
    ALL_CHROMOSOMES,
    ALL_LINES,
    HEADS,
    SPREAD,
    ZERO_SHOT,
    RegulationModel,
    load_regulation,
    save_regulation,
)
from epidecouple.regulation.between import TSS_BETWEEN
from epidecouple.regulation.head import Rows, fit_head, refits, tiers
from epidecouple.regulation.inputs import UBIQUITOUS
from epidecouple.regulation.resistance_of_way import WayResistance
from epidecouple.statistics.operating_points import OperatingPoint
from toy import refusal, says

RNG = np.random.default_rng(0)
COLUMNS = ["share", "CTCF way", "RAD21 way", "CTCF element elsewhere", UBIQUITOUS]
INPUTS = pd.DataFrame(RNG.normal(size=(300, 5)), columns=COLUMNS)
LABELS = (RNG.random(300) < 0.3).astype(float)
CHROM = np.where(np.arange(300) < 100, "chr8", "chr1")
WAYS = {
    name: WayResistance(["CTCF", TSS_BETWEEN], [0.1, 0.2], [1.0, 2.0], [-1 / 3, weight], ["A"])
    for name, weight in {ALL_LINES: 0.5, "K562": 0.25}.items()
}


@pytest.fixture(scope="module")
def model():
    fitted = {ALL_CHROMOSOMES: np.ones(300, bool), "chr8": CHROM != "chr8"}
    heads = {
        tier.name: {
            name: fit_head(tier.of(INPUTS)[rows], LABELS[rows]) for name, rows in fitted.items()
        }
        for tier in tiers()
    }
    point = OperatingPoint(-0.5, (0.6, 0.5, 0.7), (0.7, 0.6, 0.8), {"Gasperini2019": (0.7, 0.7)})
    whole = {tier.name: heads[tier.name][ALL_CHROMOSOMES] for tier in tiers()[:4]}
    again = {
        tier.name: refits(whole[tier.name], Rows(tier.of(INPUTS), LABELS, CHROM))
        for tier in tiers()[:4]
    }
    return RegulationModel(WAYS, heads, {ZERO_SHOT: point}, again)


@pytest.fixture
def folder(model, tmp_path):
    save_regulation(model, tmp_path)
    write_checksums(tmp_path)
    return tmp_path


def test_what_is_read_scores_as_what_was_written(model, folder):
    read = load_regulation(folder)
    for tier in tiers():
        expected = model.logit(tier, INPUTS, CHROM)
        assert read.logit(tier, INPUTS, CHROM) == pytest.approx(expected, abs=1e-6)
        spread = model.spread(tier, INPUTS)
        assert read.spread(tier, INPUTS) == pytest.approx(spread, rel=1e-2, nan_ok=True)


def test_a_folder_without_refits_is_refused(folder):
    (folder / SPREAD).unlink()
    says(refusal(load_regulation, folder), SPREAD, "SHA256SUMS")


def test_rows_of_a_chromosome_left_out_are_scored_without_it(model):
    tier = tiers()[0]
    whole, without = (model.heads[tier.name][name](INPUTS) for name in (ALL_CHROMOSOMES, "chr8"))
    found = model.logit(tier, INPUTS, CHROM)
    assert np.array_equal(found, np.where(CHROM == "chr8", without, whole))
    assert not np.array_equal(whole[:100], without[:100])


def test_a_line_that_taught_is_scored_by_the_resistance_that_never_saw_it(model):
    assert model.way("K562") == WAYS["K562"] and model.way("MyLine") == WAYS[ALL_LINES]


def test_the_tier_is_the_largest_that_the_inputs_allow(model):
    assert model.best_tier(INPUTS).name.endswith("other lines, flag")
    assert model.best_tier(INPUTS.assign(**{UBIQUITOUS: np.nan})).name.endswith("other lines")
    assert model.best_tier(INPUTS[["share", "CTCF way"]]).name == "head, nine marks"
    assert model.best_tier(INPUTS[["share"]]) is None


def test_equal_models_are_equal_bytes(model, folder, tmp_path_factory):
    again = tmp_path_factory.mktemp("again")
    save_regulation(load_regulation(folder), again)
    assert (again / HEADS).read_bytes() == (folder / HEADS).read_bytes()


def test_a_file_that_was_changed_is_refused(folder):
    (folder / HEADS).write_text((folder / HEADS).read_text().replace("1", "2", 1))
    says(refusal(load_regulation, folder), HEADS, "SHA256SUMS", "snakemake real_model")


def test_a_folder_without_checksums_is_refused(folder):
    (folder / "SHA256SUMS").unlink()
    says(refusal(load_regulation, folder), "missing")


def test_the_card_names_sources_licences_and_figures(model):
    metrics = {"crispr_regulated": 471, "crispr_rows": 10356, "crispr_auprc: distance": 0.454}
    metrics |= {
        f"zero_shot_auprc{end}": value
        for end, value in (("", 0.63), ("_lower", 0.58), ("_upper", 0.68))
    }
    sources = [source for source in load_sources() if source.kind in ("crispr", "loops")]
    card = regulation_card(model, CrisprConfig(), metrics, sources, "make it")
    for part in (
        "0.630 (0.580 to 0.680)",
        "Rao 2014",
        "| MIT |",
        "make it",
        "head, nine marks",
        "chr8",
    ):
        assert part in card, part
