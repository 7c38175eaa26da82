"""An excerpt keeps what a score reads of whole files; that of the repository is small."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.paths import EXAMPLE
from epidecouple.core.sections.targets import CrisprConfig
from epidecouple.experiments.excerpt import Excerpt, around, cut, write_genes, write_peaks
from epidecouple.files.peaks import read_peaks
from epidecouple.regulation.inputs import NINE_MARKS
from epidecouple.stages.example_inputs import GENES
from toy import refusal, says

REGIONS = pd.DataFrame({"chrom": ["chr1"], "start": [1_000], "end": [2_000]})
LARGEST_BYTES = 1_000_000


def test_what_shares_a_base_with_a_region_is_kept():
    table = pd.DataFrame(
        {
            "chrom": ["chr1", "chr1", "chr1", "chr1", "chr2"],
            "start": [900, 900, 1_999, 2_000, 1_500],
            "end": [1_000, 1_001, 2_100, 2_100, 1_600],
        }
    )
    assert cut(table, REGIONS).index.tolist() == [1, 2]


def test_regions_end_at_the_start_of_the_chromosome():
    found = around(pd.DataFrame({"chrom": ["chr1", "chr1"], "tss": [300, 5_000]}), 400)
    assert found[["start", "end"]].to_numpy().tolist() == [[0, 700], [4_600, 5_400]]


def test_peaks_are_read_as_they_were_written_and_have_the_same_bytes_every_time(tmp_path):
    rng = np.random.default_rng(0)
    start = np.sort(rng.integers(0, 10**6, 50))
    peaks = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 9})
    peaks = peaks.assign(signal=rng.random(50) / 7)
    first, second = (tmp_path / folder / "CTCF.bed.gz" for folder in "ab")
    for path in (first, second):
        write_peaks(peaks, path)
    assert read_peaks(first).signal.to_numpy() == pytest.approx(peaks.signal, rel=1e-11)
    assert first.read_bytes() == second.read_bytes() and len(read_peaks(first)) == 50


def test_of_a_symbol_the_first_line_of_the_source_counts(tmp_path):
    """So that a gene has the TSS that it has in the whole file, or none."""
    rows = ["#chr\tstart\tend\tname\tstrand", "chr9\t1\t501\tA\t+", "chr1\t1500\t2000\tA\t-"]
    rows += ["chr1\t1400\t1900\tB\t+"]
    (tmp_path / "genes.bed").write_text("\n".join(rows) + "\n")
    write_genes(tmp_path / "genes.bed", REGIONS, tmp_path / "cut.bed")
    assert (tmp_path / "cut.bed").read_text().splitlines() == [rows[0], rows[3]]


@pytest.fixture(scope="module")
def excerpt():
    return Excerpt(EXAMPLE)


def test_the_excerpt_of_the_repository_is_small_and_names_its_sources(excerpt):
    files = [path for path in EXAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST_BYTES
    readme = (EXAMPLE / "README.md").read_text()
    for part in ("ENCODE", "MIT", "Gschwind", "Fulco 2016", "Klann 2017", "example_inputs"):
        assert part in readme, part
    assert excerpt.marks == sorted(NINE_MARKS)


def test_its_signals_are_quantiles_and_its_candidates_dnase_peaks(excerpt):
    peaks = excerpt.read_peaks()
    for mark, table in peaks.items():
        assert len(table) > 300 and table.signal.between(0, 1, "right").all(), mark
    competing = read_peaks(excerpt.candidates)
    both = competing.merge(peaks["DNase"])
    assert len(both) == len(competing) < len(peaks["DNase"])
    assert competing.signal.min() > 1 - 150_000 / 202_266 - 0.01, "the strongest ones of the file"


def test_its_pairs_are_those_of_three_genes_on_chromosomes_that_heads_leave_out(excerpt):
    tested = excerpt.read_tested()
    assert tested.gene.unique().tolist() == GENES
    assert set(tested.chrom) <= set(CrisprConfig().left_out)
    assert tested.groupby("gene", sort=False).regulated.sum().tolist() == [7, 3, 9]
    assert (tested.effect[tested.regulated] < 0).all()


def test_a_folder_that_is_no_excerpt_is_refused(tmp_path, excerpt):
    says(refusal(lambda: Excerpt(tmp_path).marks), "no peaks", tmp_path)
    excerpt.read_tested().drop(columns="effect").to_csv(tmp_path / "tested.tsv", sep="\t")
    says(refusal(Excerpt(tmp_path).read_tested), "effect", "tested.tsv")
