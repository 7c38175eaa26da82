"""Files that name chromosomes otherwise are refused at the start, with both namings."""

import gzip
from pathlib import Path

import pytest
from bad_inputs import FOLDS, fitting_files

from epidecouple.files.catalog import Catalog
from epidecouple.files.fasta import sequence_sizes
from epidecouple.files.inspection import inspect, inspect_loci
from epidecouple.files.pairs import GENERIC_COLUMNS
from toy import refusal, says


def table(*chromosomes: str) -> str:
    rows = [f"{chrom}\t1000\t1400\t{chrom}\t9000\t9400\t1\n" for chrom in chromosomes]
    return "\t".join(GENERIC_COLUMNS) + "\n" + "".join(rows)


def catalog(folder: Path, **changes: str) -> Catalog:
    return fitting_files(folder, changes)


def test_files_that_fit_together_are_taken(tmp_path):
    inspect(catalog(tmp_path), FOLDS)


def test_a_space_before_the_name_of_a_sequence_is_none_of_it(tmp_path):
    genome = f"> chr1 x\n{'ACGT' * 5000}\n>  chr2\n{'ACGT' * 5000}\n"
    inspect(catalog(tmp_path, genome=genome), FOLDS)


def test_a_peak_that_only_ends_beyond_the_chromosome_is_taken(tmp_path):
    inspect(catalog(tmp_path, peaksB="chr1\t19999\t20300\n"), FOLDS)


def test_of_an_excerpt_of_a_genome_the_ends_say_nothing(tmp_path):
    changes = {"peaksB": "chr1\t20000\t20009\n", "regions": "chr1\t0\t20000\n"}
    inspect(catalog(tmp_path, **changes), FOLDS)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"peaksB": "1\t1000\t1400\n"},
            ["peaksB: no chromosome of this file is in the genome", "file: 1;", "chr1, chr2)"],
        ),
        ({"peaksA": "chr1\t1\t9\n2\t1\t9\n"}, ["peaksA: chromosome 2 is called chr2 in the"]),
        ({"regions": "1\t0\t20000\n"}, ["regions: no chromosome of this file"]),
        (
            {"pairsB": table("1")},
            ["pairsB: pairs lie on 1; splits.folds lists chr1, chr2, chr3"],
        ),
        ({"pairsA": table("chr1", "2")}, ["pairsA: chromosome 2 is called chr2"]),
        (
            {"loopsA": "NC_1.11\t1\t9\tNC_1.11\t20\t29\n"},
            ["loopsA: no loop lies on a chromosome of the pairs", "NC_1.11; pairs: chr1, chr2)"],
        ),
        ({"genome": ">1\nACGT\n"}, ["no chromosome of this file is in the genome", "genome: 1)"]),
        ({"genome": "ACGT\n"}, ["genome: no line of this file begins with >"]),
        ({"genome": ">\nACGT\n"}, ["genome: a line has > and no name"]),
        (
            {"peaksB": "chr1\t1\t9\nchr1\t20000\t20009\n"},
            ["peaksB: a peak begins at 20000 of chr1, which has 20000 bp in the genome genome"],
        ),
        ({"motifs": "nothing\n"}, ["motifs: no line of this file starts with MOTIF"]),
        ({"peaksB": ""}, ["peaksB: this peak file is empty"]),
        ({"loopsB": ""}, ["loopsB: this loop list has no loops"]),
        ({"pairsA": ""}, ["pairsA:1: the columns are"]),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_its_name(tmp_path, changes, told):
    says(refusal(inspect, catalog(tmp_path, **changes), FOLDS), *told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"peaksB": "1\t1000\t1400\n"}, ["peaksB: no chromosome of this file is in the pairs"]),
        ({"peaksA": "chr1\t1\t9\n2\t1\t9\n"}, ["peaksA: chromosome 2 is called chr2 in the pairs"]),
        ({"regions": "1\t0\t20000\n"}, ["regions: no chromosome of this file"]),
        ({"loopsB": ""}, ["loopsB: this loop list has no loops"]),
        ({"pairsB": table("1")}, ["pairsB: pairs lie on 1; splits.folds lists chr1, chr2, chr3"]),
    ],
)
def test_without_genome_the_names_of_the_pairs_are_those_of_all(tmp_path, changes, told):
    files = catalog(tmp_path, genome="", motifs="", **changes)
    says(refusal(inspect_loci, files, files.peaks, FOLDS), *told)


def test_neither_genome_nor_motifs_are_opened_for_loci(tmp_path):
    files = catalog(tmp_path, genome="", motifs="")
    inspect_loci(files, files.peaks, FOLDS)


def test_pairs_and_all_else_may_be_named_without_chr(tmp_path):
    changes = {"genome": ">1\n" + "ACGT" * 500, "regions": "1\t0\t20000\n"}
    for line in "AB":
        changes |= {f"pairs{line}": table("1"), f"peaks{line}": "1\t1000\t1400\n"}
    inspect(catalog(tmp_path, **changes), [["1"], ["2"], ["3"]])
    message = refusal(inspect, catalog(tmp_path, **changes), FOLDS)
    says(message, "pairsA: pairs lie on 1; splits.folds lists chr1, chr2, chr3", "splits.folds")


def test_names_and_lengths_of_a_packed_genome_are_found_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("epidecouple.files.fasta.BLOCK", 7)
    path = tmp_path / "genome"
    path.write_bytes(gzip.compress(b">chr1 some>words\nACGTACGTACGT\n>chr22_long_name\nAC>GT\n>2"))
    assert sequence_sizes(path) == {"chr1": 12, "chr22_long_name": 5, "2": 0}
