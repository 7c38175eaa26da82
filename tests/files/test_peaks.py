import numpy as np
import pytest

from epidecouple.files.peaks import format_of, read_peaks
from epidecouple.files.text import read_plain
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
    says(refusal(read_peaks, path), f"{path}:2: ", "column 7", f"'{signal}'", "number")


def test_rows_of_different_length(tmp_path):
    path = written(tmp_path / "a.bed", "chr1\t1\t2\n\nchr1\t1\t2\tname\n")
    says(refusal(read_peaks, path), f"{path}:3: ", "4 fields where 3 are needed")


def test_fewer_than_three_columns(tmp_path):
    path = written(tmp_path / "a.bed", "chr1 1\n")
    says(refusal(read_peaks, path), f"{path}:1: ", "2 columns", "tabs")


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


@pytest.mark.parametrize(
    ("name", "row", "signal"),
    [
        ("BED3", "1000 1400", 1),
        ("BED4", "1000 1400 peak_1", 1),
        ("bedGraph", "1000 1400 7.5", 7.5),
        ("BED5", "1000 1400 p 800", 1),
        ("BED6", "1000 1400 p 800 +", 1),
        ("SEACR", "1000 1400 900.5 6.25 chr1:1100-1200", 6.25),
        ("BED6 and signal", "1000 1400 p 800 . 3.5", 3.5),
        ("BED8", "1000 1400 p 800 + 1000 1400", 1),
        ("BED9", "1000 1400 p 800 + 1000 1400 255,0,0", 1),
        ("BED9", "1000 1400 p 800 . 1000 1400 0", 1),
        ("broadPeak", "1000 1400 p 800 . 5.5 8.1 7.2", 5.5),
        ("narrowPeak", "1000 1400 p 800 . 5.5 8.1 7.2 100", 5.5),
        ("BED12", "1000 1400 p 800 + 1000 1400 0 1 400, 0,", 1),
        ("gappedPeak", "1000 1400 p 800 . 1000 1400 0 1 400 0 8.5 14.1 11.6", 8.5),
        ("IDR's narrowPeak", "1000 1400 . 800 . 5.5 8 7 100 1.2 3.4 1 2 3 4 5 6 7 8", 5.5),
    ],
)
def test_the_signal_is_the_column_that_the_format_says(tmp_path, name, row, signal, caplog):
    path = written(tmp_path / "a.bed", "chr1\t" + row.replace(" ", "\t") + "\n")
    with caplog.at_level("INFO"):
        assert read_peaks(path).to_numpy().tolist() == [["chr1", 1000, 1400, signal]]
    assert name == format_of(read_plain(path).table, path).name
    assert ("every peak counts 1" in caplog.text) == (signal == 1), (
        "what has no signal is said to have none"
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1000 1400 12", "bedGraph or a name of a BED4"),
        ("1000 1400 p 4.25", "5 columns"),
        ("1000 1400 p 800 5.5", "6 columns"),
        ("1000 1400 p 800 . 5 x 7.2", "9 columns"),
        ("1000 1400 p 800 7.1 5.5 8.1 7.2 1.5", "10 columns"),
        ("1000 1400 p 800 . 5.5 8.1 7.2 1.5", "10 columns (narrowPeak has, but"),
        ("1000 1400 p 800 . 5 8 0 1 1 1", "12 columns"),
        ("1000 1400 m 800 + 1000 1400 0,0,0 10 95", "11 columns"),
    ],
)
def test_a_table_of_no_known_format_is_refused_by_its_columns(tmp_path, row, told):
    path = written(tmp_path / "a.bed", "chr1\t" + row.replace(" ", "\t") + "\n")
    says(refusal(read_peaks, path), f"{path}:1: ", told.split(" (")[0], "bedGraph")


def test_a_bedgraph_is_known_by_its_name_or_by_fractions(tmp_path):
    text = "track type=bedGraph\nchr1\t1\t5\t3\nchr1\t5\t9\t4\n"
    for name in ("a.bedGraph", "a.bdg.gz"):
        assert read_peaks(written(tmp_path / name, text)).signal.tolist() == [3, 4]
    numbered = "chr1\t1\t5\t1\nchr1\t5\t9\t2\n"
    assert read_peaks(written(tmp_path / "a.bed", numbered)).signal.tolist() == [1, 1]


def test_an_interval_listed_once_per_summit_keeps_its_highest_signal(tmp_path, caplog):
    rows = [f"chr1\t1000\t2600\tp\t100\t.\t{signal}\t10\t8\t50\n" for signal in (3.4, 5.0, 2.9)]
    with caplog.at_level("INFO"):
        peaks = read_peaks(written(tmp_path / "a.narrowPeak", "".join(rows)))
    assert peaks.to_numpy().tolist() == [["chr1", 1000, 2600, 5.0]]
    assert "2 of 3 rows repeat an interval" in caplog.text


def test_quotes_and_hashes_inside_names_are_letters(tmp_path):
    rows = [
        f"chr1\t{k}000\t{k}400\t{name}\t100\t.\t{k}\t9\t8\t100\n"
        for k, name in enumerate(["A", '"B', "C#1", '"D', '"E"'], start=1)
    ]
    peaks = read_peaks(written(tmp_path / "a.narrowPeak", "".join(rows)))
    assert peaks.signal.tolist() == [1, 2, 3, 4, 5]


def test_track_and_browser_lines_are_no_rows(tmp_path):
    head = 'browser position chr1:1-9\ntrack type=narrowPeak name="x y"\n'
    path = written(tmp_path / "a.narrowPeak", head + NARROW)
    assert len(read_peaks(path)) == 3
    says(refusal(read_peaks, written(path, head + "chr1\t9\t8\n")), f"{path}:3: ")


def test_a_file_without_a_peak_above_0_is_refused(tmp_path):
    path = written(tmp_path / "a.narrowPeak", NARROW.replace("2.5", "0").replace("\t7\t", "\t0\t"))
    says(refusal(read_peaks, path), f"{path}: ", "no peak has a signal above 0")
