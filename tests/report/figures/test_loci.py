"""The picture of a locus: what has an arc, in which colour, and that nothing with an arc is cut."""

import re

import numpy as np
import pandas as pd
import pytest

from epidecouple.report.figures.loci import (
    FOUND,
    KINDS,
    MISSED,
    NARROWEST_BP,
    SCORE,
    TRACKS,
    WRONG,
    Locus,
    draw_loci,
    headline,
    kind,
)
from epidecouple.report.figures.style import STYLE, plt

TSS = 1_000_000


def locus(*rows, gene="G"):
    """Rows of distance from the TSS (+ to the right), regulated, predicted."""
    pairs = pd.DataFrame(rows, columns=["at", "regulated", "predicted"])
    element = TSS + pairs["at"]
    pairs = pairs.assign(
        chrom="chr1",
        gene=gene,
        tss=TSS,
        element_mid=element,
        distance_bp=pairs["at"].abs(),
        effect=np.where(pairs.regulated, -0.4, 0.1),
        activity=-1.0 - np.arange(len(pairs)),
        competition=-7.0,
        resistance_of_way=np.arange(len(pairs)) / 3,
        **{SCORE: -np.arange(float(len(pairs)))},
    )
    peaks = pd.DataFrame(
        {"chrom": "chr1", "start": element - 99, "end": element + 99, "signal": 0.7}
    )
    genes = pd.DataFrame(
        {
            "chrom": "chr1",
            "tss": [TSS, TSS + 9_000, TSS + 30_000, 5 * TSS],
            "gene": [gene, "RP11-1", "NEAR", "FAR"],
            "strand": ["+", "-", "-", "+"],
            "coding": [True, False, True, True],
        }
    )
    return Locus(pairs, dict.fromkeys(TRACKS, peaks), genes)


@pytest.fixture
def mixed():
    return locus(
        (2_000, True, True),
        (-9_000, False, True),
        (800_000, True, False),
        (20_000, False, False),
        (-3_000_000, False, False),
    )


def test_agreement_is_blue_a_miss_orange_a_false_alarm_grey(mixed):
    assert kind(mixed.arcs).tolist() == [FOUND, WRONG, MISSED] and len(set(KINDS)) == 3


def test_every_arc_lies_in_the_window_and_a_far_element_without_one_does_not(mixed):
    left, right = mixed.window
    assert left < TSS - 9_000 and right > TSS + 800_000
    assert len(mixed.shown) == 4


def test_a_small_locus_is_shown_with_its_neighbourhood():
    left, right = locus((2_000, True, True)).window
    assert right - left == NARROWEST_BP


def test_the_headline_counts_what_was_found_and_what_the_nearest_are(mixed):
    assert headline(mixed) == (
        "G: 1 of 2 regulating elements found among 5 tested (nearest first: 1)"
    )


def drawn(loci, path):
    with plt.rc_context(STYLE):
        draw_loci(loci)
        plt.savefig(path, metadata={"Date": None})
        plt.close()
    return path.read_text()


def test_above_are_the_measured_arcs_below_the_predicted_ones(mixed, tmp_path):
    svg = drawn([mixed], tmp_path / "a.svg").lower()
    count = {
        colour: len(re.findall(rf"fill: none; stroke: {colour.lower()}; stroke-width", svg))
        for colour in KINDS
    }
    in_legend = 1
    assert count[FOUND] == 2 + in_legend, "measured and predicted"
    assert count[MISSED] == 1 + in_legend, "measured only"


def test_genes_have_names_but_clones_and_distant_ones_have_none(mixed, tmp_path):
    svg = drawn([mixed], tmp_path / "a.svg")
    assert ">NEAR<" in svg and ">G<" in svg
    assert "RP11-1" not in svg and ">FAR<" not in svg


def test_the_same_loci_are_the_same_bytes_and_each_has_its_headline(mixed, tmp_path):
    other = locus((2_000, True, True), (9_000, False, False), gene="H")
    first, second = (drawn([mixed, other], tmp_path / name) for name in ("a.svg", "b.svg"))
    assert first == second and "G: 1 of 2" in first and "H: 1 of 1" in first
