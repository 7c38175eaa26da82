"""Readers against random input: what they give is right, or they refuse it in one sentence.

One property holds what is read against what was written, in every dress that a table may wear; the
other changes files at random, and allows a sensible result or an `InputError` and nothing else.
"""

import gzip
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from bad_inputs import READ, REFUSED, TSS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from epidecouple.core.errors import InputError, read_yaml
from epidecouple.experiments.chains import Lift
from epidecouple.experiments.crispr import read_crispr
from epidecouple.experiments.genes import read_tss
from epidecouple.files.elements_to_score import read_elements
from epidecouple.files.fasta import chromosome_sizes, open_genome
from epidecouple.files.loops import read_loops
from epidecouple.files.motifs import read_motifs
from epidecouple.files.pairs import GENERIC_COLUMNS, read_pairs
from epidecouple.files.pairs_to_score import check_rows, read_scorable
from epidecouple.files.peaks import read_peaks
from epidecouple.pretrained.places import Genome, place_elements

QUICK = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def sizes(path: Path) -> dict[str, int]:
    with open_genome(path) as fasta:
        return chromosome_sizes(fasta)


def check_peaks(path: Path) -> None:
    peaks = read_peaks(path)
    assert (
        (peaks.start >= 0).all() and (peaks.start < peaks.end).all() and (peaks.chrom != "").all()
    )
    assert np.isfinite(peaks.signal).all() and (peaks.signal >= 0).all() and peaks.signal.any()
    assert not peaks.duplicated(["chrom", "start", "end"]).any()


def check_pairs(path: Path) -> None:
    pairs = read_pairs(path)
    assert len(pairs) and pairs.label.isin([0, 1]).all() and (pairs.chrom != "").all()
    for end in ("enhancer", "promoter"):
        start, stop = pairs[f"{end}_start"], pairs[f"{end}_end"]
        assert (start >= 0).all() and (start < stop).all()


def check_loops(path: Path) -> None:
    loops = read_loops(path)
    assert (loops.chrom1 == loops.chrom2).any() and (loops.chrom1 != "chr").all()
    assert (loops.start1 < loops.end1).all() and (loops.start2 < loops.end2).all()


def check_motifs(path: Path) -> None:
    motifs = read_motifs(path)
    assert motifs and len({motif.identifier for motif in motifs}) == len(motifs)
    for motif in motifs:
        assert (motif.probabilities >= 0).all() and motif.probabilities.shape[1] == 4
        np.testing.assert_allclose(motif.probabilities.sum(1), 1)


def check_genome(path: Path) -> None:
    assert all(size > 0 for size in sizes(path).values())


def check_scorable(path: Path) -> None:
    table = read_scorable(path)
    usable, reasons = check_rows(table, {"chr1": 20_000, "chr2": 500}, 20)
    assert len(reasons) == len(table) and (reasons[usable.index] == "").all()
    assert (usable.enhancer_start <= usable.enhancer_end).all()


def check_elements(path: Path) -> None:
    table = read_elements(path)
    pairs, reasons = place_elements(table, Genome(TSS, "hg19"))
    assert len(table) == len(reasons) and (reasons[pairs.index] == "").all()
    assert (pairs.start < pairs.end).all() and (pairs.tss >= 0).all()


def check_crispr(path: Path) -> None:
    tested = read_crispr(path)
    assert len(tested) and tested.regulated.dtype == bool and (tested.chrom != "").all()
    assert (tested.start >= 0).all() and (tested.start < tested.end).all()
    assert not np.isinf(tested.effect).any()


def check_genes(path: Path) -> None:
    genes = read_tss(path)
    assert len(genes) and genes.gene.is_unique and (genes.gene != "").all()
    assert (genes.tss >= 0).all()


def check_chains(path: Path) -> None:
    assert not Lift(path).position("chr1", 1500) < 0


CHECKS = {
    "peaks": check_peaks,
    "pairs": check_pairs,
    "loops": check_loops,
    "motifs": check_motifs,
    "genome": check_genome,
    "pairs to score": check_scorable,
    "elements and genes": check_elements,
    "configuration": read_yaml,
    "CRISPR pairs": check_crispr,
    "genes": check_genes,
    "chains": check_chains,
}
PIECES = [
    *(bytes([code]) for code in b'\t, \n\r"#\0\xe9>;{'),
    *(b"\xff\xfe", b"-1", b"nan", b"9" * 30, b"1e5", b"inf", b"chr1", b"0.5"),
    *(b"MOTIF ", b"track x\n", b"w= "),
]


def seeds(reader: str) -> list[bytes]:
    """Contents of the cases of a reader, those that are not too long."""
    contents = [case.content for case in (*READ, *REFUSED) if case.reader == reader]
    contents = [c if isinstance(c, bytes) else c.encode() for c in contents]
    return [content for content in contents if len(content) < 2000]


@st.composite
def changed_files(draw, reader: str) -> bytes:
    """A file of the cases after a few random edits, packed or not."""
    content = draw(st.sampled_from(seeds(reader)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(len(content), start + 12)))
        twice = st.just(content[start:stop] * 2)
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=3) | twice)
        content = content[:start] + piece + content[stop:]
    return gzip.compress(content) if draw(st.integers(0, 9)) == 0 else content


def fuzz(reader: str, examples: int, counted: Counter) -> None:
    """Random files of a reader: its check holds or they are refused."""

    @settings(max_examples=examples, **QUICK)
    @given(content=changed_files(reader), name=st.sampled_from(["a.tsv", "a.csv.gz", "a.bedpe"]))
    def read(content, name):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            counted["inputs tried"] += 1
            try:
                CHECKS[reader](path)
            except InputError as error:
                assert str(path) in str(error)

    read()


@pytest.mark.parametrize("reader", CHECKS)
def test_a_file_changed_at_random_is_right_or_refused(reader, counted):
    fuzz(reader, 100, counted)


@pytest.mark.slow
@pytest.mark.parametrize("reader", CHECKS)
def test_many_files_changed_at_random_are_right_or_refused(reader, counted):
    fuzz(reader, 10_000, counted)


CHROMOSOMES = st.sampled_from(["chr1", "chr2", "1", "X", "NC_000001.11", "scaffold 7"])
STARTS = st.integers(0, 10**9)
WIDTHS = st.integers(1, 10**6)
SIGNALS = st.floats(0.001, 1e6).map(lambda value: float(f"{value:.6g}"))
PEAKS = st.lists(st.tuples(CHROMOSOMES, STARTS, WIDTHS, SIGNALS), min_size=1, max_size=5)
ENDS = st.tuples(STARTS, WIDTHS)
ROWS = st.lists(st.tuples(CHROMOSOMES, ENDS, ENDS, st.integers(0, 1)), min_size=1, max_size=5)


@st.composite
def dressed(draw, rows: list[list[object]], separators: str, path: Path) -> Path:
    """A table on disk: separator, quotes, line ends, comments, blank lines, encoding, gzip."""
    separator, end = draw(st.sampled_from(separators)), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoted = draw(st.booleans()) or separator == "," and any("," in str(f) for r in rows for f in r)
    lines = [separator.join(f'"{f}"' if quoted else str(f) for f in row) for row in rows]
    blank = draw(st.sampled_from(["", "\n", "# a note\n", "track name=x\n"]))
    text = blank + "".join(line + "\n" + draw(st.sampled_from(["", "\n"])) for line in lines)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
    content = text.replace("\n", end).encode(encoding)
    path.write_bytes(gzip.compress(content) if draw(st.booleans()) else content)
    return path


@settings(max_examples=45, **QUICK)
@given(data=st.data(), peaks=PEAKS)
def test_peaks_are_read_as_they_were_written(data, peaks):
    highest: dict[tuple, float] = {}
    for chrom, start, width, signal in peaks:
        place = (chrom, start, start + width)
        highest[place] = max(signal, highest.get(place, 0))
    rows = [[c, s, s + w, "n,a", 0, ".", v, -1, -1, 3] for c, s, w, v in peaks]
    with tempfile.TemporaryDirectory() as folder:
        path = data.draw(dressed(rows, "\t,", Path(folder) / "a.narrowPeak"))
        found = read_peaks(path).to_numpy().tolist()
    assert found == [[*place, signal] for place, signal in sorted(highest.items())]


@settings(max_examples=45, **QUICK)
@given(data=st.data(), pairs=ROWS)
def test_pairs_are_read_as_they_were_written(data, pairs):
    expected = {}
    rows = [list(GENERIC_COLUMNS)]
    for chrom, (start, width), (at, wide), label in pairs:
        place = (chrom, start, start + width, at, at + wide)
        if expected.setdefault(place, label) == label:
            rows.append([chrom, start, start + width, chrom, at, at + wide, label])
    with tempfile.TemporaryDirectory() as folder:
        path = data.draw(dressed(rows, "\t,;", Path(folder) / "a.tsv"))
        found = read_pairs(path).drop(columns="row").to_numpy().tolist()
    assert found == [[*place, label] for place, label in expected.items()]


def joins_two_places(rows: list) -> bool:
    return any(one != other for _, one, other, _ in rows)


@settings(max_examples=45, **QUICK)
@given(data=st.data(), loops=ROWS.filter(joins_two_places))
def test_loops_are_read_as_they_were_written(data, loops):
    rows = [[c, s, s + w, c, a, a + v, "x", label] for c, (s, w), (a, v), label in loops]
    with tempfile.TemporaryDirectory() as folder:
        path = data.draw(dressed(rows, "\t", Path(folder) / "a.bedpe"))
        found = read_loops(path).to_numpy().tolist()
    named = [["chr" + c.removeprefix("chr"), *rest[:2]] for c, *rest in rows]
    assert found == [[*name, name[0], *row[4:6]] for name, row in zip(named, rows, strict=True)]
