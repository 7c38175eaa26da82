"""The page of the example, from tables written by hand."""

import pandas as pd
import pytest

from epidecouple.report.example_page import ELEMENT_COLUMNS, ahead, render, sentence
from epidecouple.report.pages import table_rows
from pipeline import broken_links

LOCI = [
    ("MYC", "with a head", 2, 0.26, 0.18),
    ("MYC", "ABC, as published", 4, 0.48, 0.40),
    ("MYC", "distance", 0, 0.08, 0.0),
    ("all three", "with a head", 12, 0.63, 0.19),
    ("all three", "distance", 8, 0.44, 0.0),
]


@pytest.fixture
def folder(tmp_path):
    columns = ["gene", "score", "found", "ap", "gain"]
    loci = pd.DataFrame(LOCI, columns=columns).assign(pairs=105, regulated=9)
    for name in ("ap", "gain"):
        ends = {f"{name}_lower": loci[name] - 0.05, f"{name}_upper": loci[name] + 0.05}
        loci = loci.assign(**ends)
    loci.to_csv(tmp_path / "loci.tsv", sep="\t", index=False)
    flags = [(True, True), (True, False), (False, True), (False, False)]
    pairs = pd.DataFrame(flags, columns=["regulated", "predicted"])
    pairs = pairs.assign(**dict.fromkeys(ELEMENT_COLUMNS, -0.25)).assign(gene="MYC", chrom="chr8")
    pairs = pairs.assign(element_mid=128_000_000, distance_bp=[7_001, 7_002, 7_003, 7_004])
    pairs.to_csv(tmp_path / "pairs.tsv", sep="\t", index=False)
    (tmp_path / "MYC.svg").write_text("<svg/>")
    return tmp_path


def test_the_sentence_has_what_was_found_and_the_gain_with_intervals(folder):
    text = sentence(table_rows(folder / "loci.tsv"))
    assert "2 of 9 for MYC." in text and "all three" not in text
    assert "0.63 (0.58 to 0.68), 0.19 (0.14 to 0.24) above distance" in text


def test_a_rival_that_is_ahead_is_named_and_none_else(folder):
    (text,) = ahead(table_rows(folder / "loci.tsv"))
    assert text.startswith("MYC: ABC, as published finds 4 of 9") and "0.26" in text


def test_the_page_shows_the_picture_and_the_elements_that_matter(folder):
    page = render(folder)
    assert (
        page.count("data:image/svg+xml") == 1 and ahead(table_rows(folder / "loci.tsv"))[0] in page
    )
    assert all(f"7,00{k}" in page for k in (1, 2, 3)) and "7,004" not in page
    assert "-25%" in page and not broken_links(page, folder)
