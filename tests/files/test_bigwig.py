"""Peaks of a bigWig: those of the narrowPeak that it was made from, or the strongest bases."""

import logging

import numpy as np
import pandas as pd
import pytest

from epidecouple.data.signal import Track
from epidecouple.files.bigwig import (
    JOINED_BP,
    SPARSE,
    covered_shares,
    is_bigwig,
    read_bigwig,
)
from epidecouple.files.manifest import download_path, load_sources
from epidecouple.files.peaks import read_peaks
from epidecouple.regulation.tracks import window, with_quantiles
from toy import ROOT, refusal, says
from toy_bigwig import bigwig

SIZES = {"chr1": 400_000, "chr2": 300_000}
SHARE = 0.02
MIRROR = ROOT.parent / "shared" / "mirror"
# Chromosomes 1 to 22, X and Y.
HG19_BP = 3_095_677_412


def of_steps(path, table):
    return bigwig(path, table, SIZES)


def steps(rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "signal"])


def scattered(seed=0, peaks=60):
    """Peaks of 147 to 900 bp that lie apart, with signals some of which are equal."""
    rng = np.random.default_rng(seed)
    tables = []
    for chrom, size in SIZES.items():
        start = np.arange(1_000, size - 2_000, size // peaks) + rng.integers(0, 900, peaks - 1)[:1]
        width = rng.integers(147, 900, len(start))
        signal = rng.choice([2.5, 3.25, 7.1, 11.3, 40.7], len(start)).astype(np.float32)
        columns = {"chrom": chrom, "start": start, "end": start + width, "signal": signal}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def dense(seed=1):
    """Signal of every base in steps of 20 bp: noise, and bumps that stand out."""
    rng = np.random.default_rng(seed)
    start = np.arange(0, 400_000, 20)
    signal = rng.gamma(2, 0.3, len(start))
    middles = np.arange(20_000, 400_000, 40_000)
    for k, middle in enumerate(middles):
        signal += (5 + k) * np.exp(-(((start - middle) / 300) ** 2))
    return pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 20, "signal": signal})


def narrow_peak(path, peaks):
    columns = [peaks.chrom, peaks.start, peaks.end, ".", 0, ".", peaks.signal, -1, -1, -1]
    table = pd.DataFrame(dict(enumerate(columns)), index=peaks.index)
    table.to_csv(path, sep="\t", header=False, index=False)
    return path


def test_a_bigwig_of_peaks_gives_these_peaks(tmp_path):
    """Exactly, so that every window has the same mean quantile."""
    peaks = scattered()
    covered = (peaks.end - peaks.start).sum() / sum(SIZES.values())
    assert covered > SHARE, "more than the share, and still peaks already"
    of_table = read_peaks(narrow_peak(tmp_path / "a.narrowPeak", peaks))
    of_bigwig = read_bigwig(of_steps(tmp_path / "a.bw", peaks), covered / SPARSE * 1.01)
    pd.testing.assert_frame_equal(of_bigwig, of_table, check_dtype=False)
    chrom, middle = pd.Series(["chr1", "chr2"] * 500), pd.Series(np.arange(1_000, 301_000, 300))
    first, second = (
        Track(with_quantiles(one)).mean(window(chrom, middle, 3_000))
        for one in (of_table, of_bigwig)
    )
    assert np.array_equal(first, second) and first.std() > 0.05


def test_peaks_closer_than_a_linker_are_one_with_the_mean_signal(tmp_path):
    rows = [("chr1", 100, 200, 4.0), ("chr1", 249, 349, 2.0), ("chr1", 399, 499, 8.0)]
    found = read_bigwig(of_steps(tmp_path / "a.bw", steps(rows)), SHARE)
    assert found.to_dict("list") == {
        "chrom": ["chr1", "chr1"],
        "start": [100, 399],
        "end": [349, 499],
        "signal": [3.0, 8.0],
    }
    assert rows[1][1] - rows[0][2] < JOINED_BP == rows[2][1] - rows[1][2]


def test_of_a_signal_along_the_genome_the_strongest_bases_are_peaks(tmp_path):
    found = read_bigwig(of_steps(tmp_path / "a.bw", dense()), SHARE)
    covered = (found.end - found.start).sum()
    assert 0.7 * SHARE <= covered / sum(SIZES.values()) <= 1.2 * SHARE
    middle = ((found.start + found.end) / 2).to_numpy()
    strongest = middle[np.argsort(-found.signal.to_numpy())][:8]
    assert set(np.round((strongest - 20_000) / 40_000)) == set(range(2, 10))


@pytest.mark.parametrize("change", [lambda x: 10 * x, np.log1p, np.square])
def test_only_the_order_of_the_values_counts(tmp_path, change):
    """Coverage, fold change and -log10 p of one experiment: the same bases, but for those that lie
    at the threshold itself.
    """
    table = dense()
    first = read_bigwig(of_steps(tmp_path / "a.bw", table), SHARE)
    other = table.assign(signal=change(table.signal))
    second = read_bigwig(of_steps(tmp_path / "b.bw", other), SHARE)
    assert abs(len(first) - len(second)) <= 1
    shared = set(zip(first.start, first.end, strict=True)) & set(
        zip(second.start, second.end, strict=True)
    )
    assert len(shared) >= len(first) - 1 and len(first) > 8


def test_a_peak_at_the_edge_of_a_block_is_whole(tmp_path, monkeypatch):
    peaks = scattered()
    path = of_steps(tmp_path / "a.bw", peaks)
    whole = read_bigwig(path, SHARE * 3)
    monkeypatch.setattr("epidecouple.files.bigwig.BLOCK_BP", 50_001)
    pd.testing.assert_frame_equal(read_bigwig(path, SHARE * 3), whole)


def test_what_has_no_value_or_a_negative_one_is_no_signal(tmp_path, caplog):
    rows = [("chr1", 100, 200, -4.0), ("chr1", 300, 400, np.nan), ("chr1", 500, 600, 2.0)]
    with caplog.at_level(logging.INFO):
        found = read_bigwig(of_steps(tmp_path / "a.bw", steps(rows)), SHARE)
    assert found.start.tolist() == [500] and "1 peaks of 0.0 Mb" in caplog.text


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ([("chr1", 0, 10, 0.0)], ["no value of this bigWig is above 0"]),
        ([("chr1", 0, 10, np.inf)], ["a value on chr1 is infinite"]),
        ([("chr1", 0, 390_000, 2.0)], ["no part of this bigWig stands out"]),
    ],
)
def test_a_bigwig_without_peaks_is_refused(tmp_path, rows, parts):
    path = of_steps(tmp_path / "a.bw", steps(rows))
    says(refusal(read_bigwig, path, SHARE), path, *parts, "the peaks of this mark")


def test_an_empty_or_damaged_bigwig_is_refused(tmp_path):
    empty = of_steps(tmp_path / "empty.bw", steps([]))
    assert is_bigwig(empty)
    says(refusal(read_bigwig, empty, SHARE), empty, "no value of this bigWig is above 0")
    whole = of_steps(tmp_path / "a.bw", dense()).read_bytes()
    short = tmp_path / "short.bw"
    for length in (30, 64, 100, 1_000, len(whole) // 2):
        short.write_bytes(whole[:length])
        says(refusal(read_bigwig, short, SHARE), short, "this bigWig", "Get it again")


def test_a_table_of_peaks_is_no_of_steps(tmp_path):
    assert not is_bigwig(narrow_peak(tmp_path / "a.narrowPeak", scattered()))


def covered_bases(peaks):
    """Bases that at least one peak covers."""
    ordered = peaks.sort_values(["chrom", "start"])
    before = ordered.groupby("chrom").end.transform(lambda end: end.cummax().shift(fill_value=0))
    return (ordered.end - np.maximum(ordered.start, before)).clip(lower=0).sum()


@pytest.mark.slow
@pytest.mark.skipif(not MIRROR.is_dir(), reason="needs the mirror of the real data")
def test_the_shares_are_the_medians_over_the_lines_of_the_manifest():
    shares = {}
    for source in load_sources():
        path = MIRROR / download_path(source).relative_to("resources/download")
        if source.kind == "peaks" and path.is_file():
            bases = covered_bases(read_peaks(path))
            shares.setdefault(source.mark, []).append(bases / HG19_BP)
    medians = {mark: float(np.median(values)) for mark, values in shares.items()}
    assert covered_shares() == pytest.approx(medians, abs=4e-4)
