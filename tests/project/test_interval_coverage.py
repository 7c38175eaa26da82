"""Intervals hold the truth as often as they say: the measured table, and a few repeats."""

import importlib
import re
import sys

import numpy as np
import pytest

from pipeline import ROOT

ROW = re.compile(r"\| (?P<figure>[^|]+) \| (?P<n>\d+) \| (?P<ours>[\d.]+)% \| (?P<theirs>[\d.]+)%")


@pytest.fixture
def coverage(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module("interval_coverage")
    sys.modules.pop("interval_coverage", None)


def test_the_measured_table_covers_all_figures_and_numbers_of_chromosomes(coverage):
    rows = list(ROW.finditer((ROOT / "docs" / "tables" / "coverage.md").read_text()))
    assert len(rows) == len(coverage.FIGURES) * len(coverage.CHROMOSOMES)
    assert all(90 <= float(row["ours"]) <= 98 for row in rows)
    few = [float(row["theirs"]) for row in rows if row["n"] == "4"]
    assert max(few) < 85, "what percentiles of a bootstrap cover with four chromosomes"


def test_with_four_chromosomes_it_covers_and_percentiles_do_not(coverage, monkeypatch):
    monkeypatch.setattr(coverage, "PAIRS", 40)
    table = coverage.intervals("mean", 4, repeats=150, truth=0.0)
    covered = table.groupby("way").covered.mean()
    assert covered[coverage.OURS] > 0.89
    assert covered[coverage.PERCENTILES] < 0.83


def test_a_genome_has_chromosomes_that_differ(coverage):
    genome = coverage.new_genome(10, np.random.default_rng(0))
    sizes = np.bincount(genome.chrom)
    assert sizes.max() > 3 * sizes.min() and genome.labels.shape == (len(genome.chrom), 3)
    means = [genome.value[genome.chrom == k].mean() for k in range(10)]
    assert np.std(means) > 3 / np.sqrt(sizes.mean()), "pairs of one chromosome are alike"


def test_the_page_has_a_row_per_figure_and_number(coverage, monkeypatch):
    monkeypatch.setattr(coverage, "DRAWS", 9)
    page = coverage.page(coverage.intervals("difference of balanced AUCs", 4, 5, 0.0))
    (row,) = ROW.finditer(page)
    assert (row["figure"], row["n"]) == ("difference of balanced AUCs", "4")
    assert page.startswith("# Coverage") and "5 repeats each" in page
