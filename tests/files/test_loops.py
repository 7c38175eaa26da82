import numpy as np
import pandas as pd
import pytest

from epidecouple.files.loops import COLUMNS, named_like, read_loops
from toy import cut_short, refusal, says, written

HEADER = "chr1\tx1\tx2\tchr2\ty1\ty2\tcolor\to\n"
ROWS = ["1\t10\t20\t1\t50\t60\t0,255,255\t7\n", "X\t1\t2\tX\t5\t6\t0,255,255\t7\n"]
EXPECTED = [["chr1", 10, 20, "chr1", 50, 60], ["chrX", 1, 2, "chrX", 5, 6]]


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_hiccups_list(tmp_path, name):
    loops = read_loops(written(tmp_path / name, HEADER + "".join(ROWS)))
    assert loops.to_numpy().tolist() == EXPECTED and list(loops.columns) == COLUMNS
    assert loops.index.tolist() == [0, 1]


def test_columns_are_found_by_name(tmp_path):
    text = "o\ty2\ty1\tchr2\tx2\tx1\tchr1\n7\t60\t50\t1\t20\t10\t1\n"
    assert read_loops(written(tmp_path / "a.txt", text)).to_numpy().tolist() == EXPECTED[:1]


@pytest.mark.parametrize("comment", ["", "#chr1\tx1\tx2\tchr2\ty1\ty2\n# juicer_tools version 1\n"])
def test_bedpe_without_header(tmp_path, comment):
    rows = "".join(
        "chr" + row.replace("\t1\t5", "\tchr1\t5").replace("\tX\t", "\tchrX\t") for row in ROWS
    )
    assert read_loops(written(tmp_path / "a.bedpe", comment + rows)).to_numpy().tolist() == EXPECTED


def test_a_single_loop_is_not_taken_for_a_header(tmp_path):
    assert read_loops(written(tmp_path / "a.bedpe", ROWS[0])).to_numpy().tolist() == EXPECTED[:1]


@pytest.mark.parametrize("anchor", [(20, 20), (21, 20), (-1, 20)])
@pytest.mark.parametrize(("head", "line"), [(HEADER, 3), ("", 2), ("# comment\n\n", 4)])
def test_anchor_that_is_no_interval_is_named_with_its_line(tmp_path, anchor, head, line):
    bad = f"1\t10\t20\t1\t{anchor[0]}\t{anchor[1]}\t0,255,255\t7\n"
    path = written(tmp_path / "a.txt.gz", head + ROWS[0] + bad)
    says(refusal(read_loops, path), f"{path}:{line}: ", f"chr1:{anchor[0]}-{anchor[1]}", "row")


def test_text_for_a_coordinate(tmp_path):
    path = written(tmp_path / "a.txt", HEADER + ROWS[0] + ROWS[1].replace("\t5\t", "\tfive\t"))
    says(refusal(read_loops, path), f"{path}:3: ", "'five'", "whole number")


def test_unknown_header(tmp_path):
    path = written(tmp_path / "a.txt", HEADER.replace("x1", "from") + ROWS[0])
    says(refusal(read_loops, path), f"{path}:1: ", "'from'", "HiCCUPS")


def test_too_few_columns(tmp_path):
    path = written(tmp_path / "a.bed", "chr1\t1\t2\n")
    says(refusal(read_loops, path), f"{path}:1: ", "'x1'", "BEDPE")


@pytest.mark.parametrize("text", ["", HEADER, "# only a comment\n"])
def test_empty_list(tmp_path, text):
    path = written(tmp_path / "a.txt", text)
    says(refusal(read_loops, path), f"{path}: ", "loop list", "needs loops")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_truncated_gzip(tmp_path, share):
    numbers = np.random.default_rng(0).integers(0, 10**8, 2000)
    path = written(
        tmp_path / "a.txt.gz",
        HEADER + "".join(f"1\t{n}\t{n + 9}\t1\t{n + 90}\t{n + 99}\t0\t1\n" for n in numbers),
    )
    assert len(read_loops(path)) == 2000
    says(refusal(read_loops, cut_short(path, share)), f"{path}: ", "cut short", "Remove it")


@pytest.mark.parametrize(
    ("chromosomes", "expected"), [(["1", "X"], ["1", "X"]), (["chr1"], ["chr1", "chrX"])]
)
def test_loops_are_named_like_the_pairs(chromosomes, expected):
    loops = pd.DataFrame(EXPECTED, columns=COLUMNS)
    named = named_like(loops, pd.Series(chromosomes))
    assert named.chrom1.tolist() == named.chrom2.tolist() == expected
