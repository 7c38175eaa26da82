import numpy as np
import pytest

from epidecouple.files.peaks import read_peaks
from toy import cut_short, refusal, says, written

NARROW = (
    "chr2\t5\t9\t.\t0\t.\t2.5\t-1\t-1\t2\n"
    "chr1\t30\t40\t.\t0\t.\t7\t-1\t-1\t2\n"
    "chr1\t3\t8\t.\t0\t.\t0\t-1\t-1\t2\n"
)


@pytest.mark.parametrize("name", ["a.narrowPeak", "a.narrowPeak.gz"])
def test_narrow_peaks_are_read_and_sorted(tmp_path, name):
    peaks = read_peaks(written(tmp_path / name, NARROW))
    assert peaks.to_numpy().tolist() == [
        ["chr1", 3, 8, 0.0],
        ["chr1", 30, 40, 7.0],
        ["chr2", 5, 9, 2.5],
    ]
    assert list(peaks.columns) == ["chrom", "start", "end", "signal"]


def test_bed_without_signal_counts_one(tmp_path):
    peaks = read_peaks(written(tmp_path / "a.bed", "1\t3\t8\n1\t10\t20\n"))
    assert peaks.to_numpy().tolist() == [["1", 3, 8, 1.0], ["1", 10, 20, 1.0]]


@pytest.mark.parametrize(("start", "end"), [(8, 8), (9, 8), (-1, 8)])
def test_interval_that_is_none_is_named_with_its_line(tmp_path, start, end):
    path = written(tmp_path / "a.bed.gz", f"# comment\nchr1\t1\t2\n\nchr1\t{start}\t{end}\n")
    says(refusal(read_peaks, path), f"{path}:4: ", f"chr1:{start}-{end}")


def test_header_is_named_with_its_line(tmp_path):
    path = written(tmp_path / "a.bed", "chrom\tbegin\tend\nchr1\t1\t2\n")
    says(refusal(read_peaks, path), f"{path}:1: ", "'begin'", "without header")


@pytest.mark.parametrize("signal", ["", ".", "-3"])
def test_signal_that_is_no_number_is_named_with_its_line(tmp_path, signal):
    path = written(tmp_path / "a.bed", f"chr1\t1\t2\t.\t0\t.\t3\nchr1\t1\t2\t.\t0\t.\t{signal}\n")
    says(refusal(read_peaks, path), f"{path}:2: ", "column 7", f"'{signal or 'nan'}", "number")


def test_rows_of_different_length(tmp_path):
    path = written(tmp_path / "a.bed", "track name=x\nchr1\t1\t2\n")
    says(refusal(read_peaks, path), f"{path}: ", "line 2", "track")


def test_columns_not_separated_by_tabs(tmp_path):
    path = written(tmp_path / "a.bed", "chr1 1 2\n")
    says(refusal(read_peaks, path), f"{path}: ", "1 columns", "tabs")


@pytest.mark.parametrize("name", ["a.bed", "a.bed.gz"])
def test_empty_file(tmp_path, name):
    path = written(tmp_path / name, "")
    says(refusal(read_peaks, path), f"{path}: ", "empty", "leave the mark out")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_truncated_gzip(tmp_path, share):
    numbers = np.random.default_rng(0).integers(0, 10**8, 3000)
    path = written(
        tmp_path / "a.bed.gz", "".join(f"chr1\t{number}\t{number + 9}\n" for number in numbers)
    )
    assert len(read_peaks(path)) == 3000
    says(refusal(read_peaks, cut_short(path, share)), f"{path}: ", "cut short", "Remove it")
