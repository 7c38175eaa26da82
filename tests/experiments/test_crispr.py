"""Tables of CRISPR pairs: columns, assemblies, genes."""

import gzip

import numpy as np
import pandas as pd
import pytest

from epidecouple.experiments.chains import Lift
from epidecouple.experiments.crispr import lifted, placed, read_crispr, read_predictions, with_tss
from epidecouple.experiments.genes import read_tss, tss_by_chromosome
from toy import refusal, says

# chr1 0-1000 goes to 100-1100, 1500-2000 to 1600-2100; 3000-4000 to the other strand of chr1 (of
# 10,000 bp) and 5000-6000 to chr2. The second chain of 0-1000 has the lower score.
CHAIN = """chain 900 chr1 9000 + 0 2000 chr1 10000 + 100 2100 1
1000 500 500
500

chain 500 chr1 9000 + 3000 4000 chr1 10000 - 2000 3000 2
1000

chain 400 chr1 9000 + 5000 6000 chr2 9000 + 0 1000 3
1000

chain 100 chr1 9000 + 0 1000 chr1 10000 + 7000 8000 4
1000

"""
COLUMNS = ["chrom", "chromStart", "chromEnd", "name", "measuredGeneSymbol", "CellType", "Regulated"]
GENES = pd.DataFrame({"gene": ["G", "H"], "chrom": ["chr1", "chr2"], "tss": [700, 50]})


@pytest.fixture
def lift(tmp_path):
    path = tmp_path / "a.over.chain.gz"
    path.write_bytes(gzip.compress(CHAIN.encode()))
    return Lift(path)


def pairs_at(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "gene"])


def test_a_position_goes_by_the_best_chain_to_the_same_chromosome(lift):
    assert lift.position("chr1", 0) == 100 and lift.position("chr1", 1500) == 1600
    assert lift.position("chr1", 3000) == 10_000 - 1 - 2000, "the other strand"
    lost = lift.positions(np.array(["chr1", "chr1", "chr7"]), np.array([1200, 5500, 5]))
    assert np.isnan(lost).all(), "in a gap, to another chromosome, on an unknown one"


def test_the_middle_is_lifted_and_in_a_gap_that_of_both_ends(lift):
    found = lifted(
        pairs_at(("chr1", 0, 500, "G"), ("chr1", 900, 1600, "G"), ("chr1", 5000, 5100, "G")), lift
    )
    assert found.element_mid[:2].tolist() == [350, (1000 + 1700) // 2]
    assert np.isnan(found.element_mid[2])


def test_a_tss_is_found_by_symbol_on_the_same_chromosome():
    found = with_tss(pairs_at(("chr1", 0, 5, "G"), ("chr1", 0, 5, "H"), ("chr1", 0, 5, "X")), GENES)
    assert found.tss[0] == 700 and found.tss[1:].isna().all()


def test_rows_without_a_place_are_left_out_and_the_others_keep_their_number(lift):
    pairs = pairs_at(("chr1", 5000, 5100, "G"), ("chr1", 0, 500, "X"), ("chr1", 0, 500, "G"))
    found = placed(pairs, lift, GENES)
    assert found.index.tolist() == [2]
    assert found.element_mid.tolist() == [350] and found.tss.dtype == np.int64


def write(path, columns, *rows):
    path.write_text("\n".join("\t".join(map(str, row)) for row in [columns, *rows]) + "\n")
    return path


def test_a_table_with_and_without_optional_columns(tmp_path):
    row = ["chr1", 0, 500, "n", "G", "K562", "TRUE"]
    plain = read_crispr(write(tmp_path / "a.tsv", COLUMNS, row, [*row[:6], "FALSE"]))
    assert plain.regulated.tolist() == [True, False] and plain.weight.tolist() == [1.0, 1.0]
    assert plain.ubiquitous.isna().all() and plain["DHS.RPM"].isna().all()
    more = [*COLUMNS, "measuredGeneUbiquitousExpressed", "direct_vs_indirect_negative", "DHS.RPM"]
    full = read_crispr(write(tmp_path / "b.tsv", more, [*row, "FALSE", 0.25, 7]))
    assert (full.ubiquitous[0], full.weight[0], full["DHS.RPM"][0]) == (0.0, 0.25, 7)


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_table_without_a_column(tmp_path, missing):
    left = [name for name in COLUMNS if name != missing]
    path = write(tmp_path / "a.tsv", left, [0] * len(left))
    says(refusal(read_crispr, path), path, "Give [", f"'{missing}'")


def test_predictions(tmp_path):
    columns = ["chr", "start", "end", "TargetGene", "powerlaw.Score"]
    path = write(tmp_path / "p.tsv", columns, ["chr1", 0, 5, "G", 0.5])
    assert read_predictions(path).iloc[0].tolist() == ["chr1", 0, 5, "G", 0.5]
    says(refusal(read_predictions, write(path, columns[:4], [0] * 4)), "powerlaw.Score")


def test_one_tss_per_symbol_the_first(tmp_path):
    rows = [
        ["chr1", 100, 600, "G", 0, "+"],
        ["chr1", 900, 1400, "G", 0, "+"],
        ["chr1", 0, 500, "H", 0, "-"],
    ]
    path = write(tmp_path / "t.bed", ["#chr", "start", "end", "name", "score", "strand"], *rows)
    genes = read_tss(path)
    assert genes.gene.tolist() == ["G", "H"] and genes.tss.tolist() == [350, 250]
    assert tss_by_chromosome(genes)["chr1"].tolist() == [250, 350]
    says(refusal(read_tss, write(path, ["a", "b", "c", "d"], ["chr1", "x", 5, "G"])), path, "whole")
