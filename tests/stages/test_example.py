"""The example scores on an excerpt as on the whole files, with a model that saw neither chromosome
nor line.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.config import read_config
from epidecouple.core.paths import EXAMPLE, ROOT
from epidecouple.core.sections.targets import CrisprConfig
from epidecouple.data.signal import Track
from epidecouple.evaluation.crispr_scores import ZERO_SHOT
from epidecouple.evaluation.loci import locus_table
from epidecouple.experiments.excerpt import Excerpt, around
from epidecouple.files.peaks import read_peaks
from epidecouple.pretrained.regulation_model import (
    ALL_CHROMOSOMES,
    ALL_LINES,
    RegulationModel,
    load_regulation,
)
from epidecouple.regulation.between import TSS_BETWEEN
from epidecouple.regulation.candidates import all_peaks, candidates
from epidecouple.regulation.head import Head, tiers
from epidecouple.regulation.inputs import NINE_MARKS, Line, head_inputs
from epidecouple.regulation.resistance_of_way import WayResistance
from epidecouple.regulation.tracks import quantile_track
from epidecouple.report.example_page import OURS
from epidecouple.report.figures.loci import SCORE, headline
from epidecouple.stages.example import HEAD, SEED, scored_pairs
from epidecouple.stages.example_figure import loci_of
from epidecouple.stages.example_inputs import MARGIN_BP, REACH_BP, example_inputs, write_mark
from toy import refusal, says

MODEL = ROOT / CrisprConfig().model
MIRROR = ROOT.parent / "shared" / "mirror"
WAY = WayResistance(["CTCF", TSS_BETWEEN], [0.5, 0.2], [1.5, 1.0], [-0.7, -0.4], ["GM12878"])
LEFT_OUT = ("chr8", "chr11", "chrX")
SHARE_HEAD = Head(["share"], [-50.0], [50.0], [1.0], 0.0)
TSS = 10_000_000


def model(left_out=LEFT_OUT, way=WAY):
    heads = dict.fromkeys([ALL_CHROMOSOMES, *left_out], SHARE_HEAD)
    other = Head(["CTCF element elsewhere"], [0.0], [1.0], [1.0], 0.0)
    of_tier = {tier.name: dict.fromkeys(heads, other) for tier in tiers()}
    return RegulationModel(
        {ALL_LINES: way, "K562": way}, of_tier | {tiers()[0].name: heads}, {}, {}
    )


def genome(mark):
    """Peaks on two chromosomes, whose signals are higher far from the locus: ranks differ there."""
    rng = np.random.default_rng(NINE_MARKS.index(mark))
    start = np.sort(rng.integers(0, 25_000_000, 4_000))
    chrom = np.where(rng.random(4_000) < 0.5, "chr1", "chr2")
    signal = rng.random(4_000) + (chrom == "chr2")
    width = 400 if mark == "DNase" else 4_000
    peaks = pd.DataFrame({"chrom": chrom, "start": start, "end": start + width, "signal": signal})
    return peaks.sort_values(["chrom", "start"], ignore_index=True)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Inputs of the same pairs from whole files, from the excerpt, and from the excerpt where
    quantiles are taken again.
    """
    folder = tmp_path_factory.mktemp("excerpt")
    whole = {mark: genome(mark) for mark in NINE_MARKS}
    sites = whole["DNase"].query(f"chrom == 'chr1' and abs(start - {TSS}) < 1_000_000")
    pairs = pd.DataFrame({"chrom": "chr1", "element_mid": sites.start + 200, "tss": TSS})
    regions = around(pd.DataFrame({"chrom": ["chr1"], "tss": [TSS]}), REACH_BP + MARGIN_BP)
    tss = {"chr1": np.arange(6_000_000, 14_000_000, 70_000)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("epidecouple.regulation.candidates.STRONGEST", 3_000)
        patch.setattr("epidecouple.stages.example_inputs.STRONGEST", 3_000)
        for mark, peaks in whole.items():
            write_mark(Excerpt(folder), mark, peaks, regions)
        read = Excerpt(folder).read_peaks()
        makers = [
            ({mark: quantile_track(peaks) for mark, peaks in whole.items()}, None),
            ({mark: Track(peaks) for mark, peaks in read.items()}, Excerpt(folder).candidates),
            ({mark: quantile_track(peaks) for mark, peaks in read.items()}, None),
        ]
        return [inputs_of(pairs, tracks, competing, tss) for tracks, competing in makers]


def inputs_of(pairs, tracks, competing, tss):
    peaks = read_peaks(competing) if competing else all_peaks(tracks["DNase"])
    return head_inputs(pairs, Line(tracks, candidates(tracks, peaks), [], tss, WAY))


def test_an_excerpt_gives_the_inputs_of_the_whole_files(inputs):
    whole, excerpt, _ = inputs
    assert set(whole) == set(excerpt) and whole.shape[1] > 40
    assert excerpt[list(whole)].to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-8)


def test_it_would_not_without_the_quantiles_of_the_whole_files(inputs):
    whole, _, again = inputs
    changed = (whole - again).abs().max() > 0.01
    assert changed["activity"] and changed["competition"] and changed["resistance_of_way"]


@pytest.fixture(scope="module")
def scored():
    return scored_pairs(Excerpt(EXAMPLE), model())


def test_as_many_elements_are_predicted_as_a_gene_has_and_they_are_the_best(scored):
    for _, pairs in scored.groupby("gene"):
        assert pairs.predicted.sum() == pairs.regulated.sum() > 0
        assert pairs[HEAD][pairs.predicted].min() >= pairs[HEAD][~pairs.predicted].max()


def test_the_head_and_the_parts_read_the_excerpt(scored):
    parts = scored.potential + scored.activity - scored.competition
    assert scored[HEAD].to_numpy() == pytest.approx(parts), "the toy head is the share"
    assert scored[ZERO_SHOT].to_numpy() == pytest.approx(parts - scored.resistance_of_way)
    assert (scored.groupby("gene").resistance_of_way.nunique() > 25).all()


def test_the_same_score_is_scored_told_and_drawn():
    assert HEAD == OURS == SCORE


def test_a_head_that_saw_the_chromosome_is_refused():
    says(refusal(scored_pairs, Excerpt(EXAMPLE), model(LEFT_OUT[:2])), "without chrX")


def test_a_resistance_learned_from_the_line_is_refused():
    seen = model(way=replace(WAY, lines=["GM12878", "K562"]))
    says(refusal(scored_pairs, Excerpt(EXAMPLE), seen), "learned from K562")


def test_every_gene_is_a_locus_with_the_peaks_that_are_drawn(scored):
    loci = loci_of(Excerpt(EXAMPLE), scored)
    assert [locus.gene for locus in loci] == ["HBE1", "GATA1", "MYC"]
    for locus in loci:
        assert locus.gene in set(locus.genes.gene) and set(locus.genes.chrom) == set(
            locus.pairs.chrom
        )


@pytest.mark.slow
@pytest.mark.skipif(not MIRROR.is_dir(), reason="the public files are not at hand")
def test_the_excerpt_of_the_repository_is_what_the_public_files_give(tmp_path, monkeypatch):
    (tmp_path / "resources").mkdir()
    os.symlink(MIRROR, tmp_path / "resources" / "download")
    monkeypatch.chdir(tmp_path)
    example_inputs(read_config(ROOT / "config" / "config.yaml"), Path("again"))
    again, kept = Excerpt(Path("again")), Excerpt(EXAMPLE)
    assert again.tested.read_bytes() == kept.tested.read_bytes()
    assert again.genes.read_bytes() == kept.genes.read_bytes()
    assert read_peaks(again.candidates).equals(read_peaks(kept.candidates))
    for mark, peaks in kept.read_peaks().items():
        assert peaks.equals(read_peaks(again.peaks(mark))), mark


@pytest.mark.skipif(not MODEL.is_dir(), reason="no trained model is in the repository")
def test_the_picture_and_the_table_of_the_documentation_are_those_of_the_model():
    scored = scored_pairs(Excerpt(EXAMPLE), load_regulation(MODEL))
    drawn = (ROOT / "docs" / "example.svg").read_text()
    for locus in loci_of(Excerpt(EXAMPLE), scored):
        assert headline(locus) in drawn
    ours = locus_table(scored, [HEAD, "distance"], SEED).iloc[-2]
    text = f"{ours.ap:.2f} ({ours.ap_lower:.2f} to {ours.ap_upper:.2f})"
    assert ours.score == HEAD and text in (ROOT / "docs" / "crispr.md").read_text()
