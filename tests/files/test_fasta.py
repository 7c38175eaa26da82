import logging
import os
import re

import numpy as np
import pytest

from epidecouple.core.dna import gc_content
from epidecouple.files import fasta as fasta_files
from epidecouple.files.fasta import (
    NO_BASE,
    chromosome_sizes,
    encode_windows,
    gather_codes,
    open_genome,
)
from toy import cut_short, frame, refusal, says, written

LETTERS = {"chr2": "ACGTNacgtnAC", "chr1": "TTTTGGGGCCCCAAAA", "3": "N"}
FASTA = "".join(
    f">{name} some words\n" + "\n".join(re.findall(".{1,5}", text)) + "\n"
    for name, text in LETTERS.items()
)


def encoded(path, *rows):
    with open_genome(path) as fasta:
        return encode_windows(fasta, frame("chrom start end", *rows), path)


def decoded(codes: np.ndarray) -> list[str]:
    return ["".join("ACGTN"[code] for code in row) for row in codes]


@pytest.fixture(params=["genome.fa", "genome.fa.gz"])
def genome(tmp_path, request):
    return written(tmp_path / request.param, FASTA)


def test_sizes(genome):
    with open_genome(genome) as fasta:
        assert chromosome_sizes(fasta) == {"chr2": 12, "chr1": 16, "3": 1}


def test_windows_decode_to_the_letters_whatever_their_order(genome):
    rows = [("chr1", 2, 8), ("chr2", 0, 6), ("chr1", 10, 16), ("chr2", 6, 12), ("chr1", 2, 8)]
    assert decoded(encoded(genome, *rows)) == [
        LETTERS[chrom][start:end].upper() for chrom, start, end in rows
    ]


def test_index_of_the_table_does_not_matter(genome):
    windows = frame("chrom start end", ("chr1", 2, 8), ("chr2", 0, 6), ("chr1", 10, 16)).set_axis(
        [7, 3, 5]
    )
    with open_genome(genome) as fasta:
        assert decoded(encode_windows(fasta, windows, genome)) == ["TTGGGG", "ACGTNA", "CCAAAA"]


def test_nothing_is_left_beside_the_genome(genome):
    encoded(genome, ("chr1", 0, 4))
    assert list(genome.parent.iterdir()) == [genome]


def test_letter_that_is_no_base_is_named_with_its_position(tmp_path):
    path = written(tmp_path / "genome.fa", ">chr1\nACGTACGT\n>chr2\nACGTA\nC*TA*\n")
    assert decoded(encoded(path, ("chr2", 0, 3), ("chr1", 5, 8))) == ["ACG", "CGT"]
    says(
        refusal(encoded, path, ("chr1", 0, 5), ("chr2", 0, 5), ("chr2", 5, 10)),
        f"{path}: ",
        "'*'",
        "chr2:6 ",
        "2 such letters",
        "Replace them by N",
    )


def test_codes_for_more_than_one_base_are_read_as_n_and_counted(tmp_path, caplog):
    path = written(tmp_path / "genome.fa", ">chr1\nACMRacgy\n")
    with caplog.at_level(logging.INFO):
        assert decoded(encoded(path, ("chr1", 0, 8))) == ["ACNNACGN"]
    assert "3 letters of the windows are IUPAC codes" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["", "\n\n\n", "\r\n\r\n"])
def test_empty_lines_at_the_end_and_other_encodings(tmp_path, encoding, end):
    path = tmp_path / "genome.fa"
    path.write_bytes((">chr1\nACGTA\nCC" + end).encode(encoding))
    assert decoded(encoded(path, ("chr1", 0, 7))) == ["ACGTACC"]


def test_a_sequence_without_letters_is_refused(tmp_path):
    path = written(tmp_path / "genome.fa", ">chr1\n>chr2\nACGT\n")
    says(refusal(encoded, path, ("chr2", 0, 4)), f"{path}: ", "sequence chr1 is empty")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_truncated_gzip(tmp_path, share):
    rng = np.random.default_rng(0)
    path = written(
        tmp_path / "genome.fa.gz", ">chr1\n" + "".join(rng.choice(list("ACGT"), 5000)) + "\n"
    )
    assert encoded(path, ("chr1", 0, 9)).shape == (1, 9)
    says(
        refusal(encoded, cut_short(path, share), ("chr1", 0, 9)),
        f"{path}: ",
        "cut short",
        "Remove it",
    )


def test_gc_content_by_hand():
    codes = np.array([[0, 1, 2, 3], [1, 1, 2, 2], [4, 4, 0, 3]], dtype=np.uint8)
    assert gc_content(codes, np.array([0, 1])).tolist() == [0.5, 1.0]
    assert gc_content(codes, np.array([0, 1]), np.array([2, 0])).tolist() == [0.25, 0.75]


@pytest.mark.parametrize("width", [1, 3, 7, 50, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("length", [1, 2, 6, 40])
def test_windows_are_the_letters_whatever_the_length_of_a_line(tmp_path, width, end, length):
    rng = np.random.default_rng(width)
    letters = {name: "".join(rng.choice(list("ACGTN"), 100 + width)) for name in ("a", "b")}
    lines = [
        line
        for name in letters
        for line in (f">{name}", *re.findall(f".{{1,{width}}}", letters[name]))
    ]
    path = tmp_path / "genome.fa"
    path.write_bytes(end.join([*lines, ""]).encode())
    rows = [
        (name, start, start + length)
        for name in letters
        for start in range(100 + width - length + 1)
    ]
    assert decoded(encoded(path, *rows)) == [letters[n][start:end] for n, start, end in rows]


@pytest.mark.parametrize("width", [1, 7, 60, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("length", [1, 3, 40])
@pytest.mark.parametrize("block", [16, 1 << 20])
def test_windows_of_a_chromosome_read_whole_are_those_read_one_by_one(
    tmp_path, monkeypatch, width, end, length, block
):
    rng = np.random.default_rng(length)
    letters = "".join(rng.choice(list("ACGTNacgtnRyWk*"), 203))
    lines = [">a", *re.findall(f".{{1,{width}}}", letters), ">b", "ACGT", ""]
    path = tmp_path / "genome.fa"
    path.write_bytes(end.join(lines).encode())
    monkeypatch.setattr(fasta_files, "LETTERS_AT_ONCE", block)
    starts = rng.permutation(len(letters) - length + 1)
    rows = [("a", int(start), int(start + length)) for start in starts]
    with open_genome(path) as genome:
        whole = gather_codes(genome, frame("chrom start end", *rows))
        monkeypatch.setattr(fasta_files, "_chromosome", None)
        alone = [gather_codes(genome, frame("chrom start end", row)) for row in rows]
        with pytest.raises(TypeError):
            gather_codes(genome, frame("chrom start end", *rows))
    assert whole.tobytes() == np.concatenate(alone).tobytes()
    code = {**dict(zip("ACGTN", range(5), strict=True)), "*": NO_BASE}
    assert whole.tolist() == [
        [code.get(letter, 4) for letter in letters[start : start + length].upper()]
        for start in starts
    ]


def index_beside(path, *, shift=0, older=0):
    """The index of a FASTA, beside it; its places may be wrong and its age too old."""
    begin = {
        name: FASTA.index(head) + len(head) for name in LETTERS if (head := f">{name} some words\n")
    }
    table = "".join(
        f"{name}\t{len(text)}\t{begin[name] + shift}\t5\t6\n" for name, text in LETTERS.items()
    )
    index = written(path.with_name(f"{path.name}.fai"), table)
    times = path.stat().st_mtime - older
    os.utime(index, (times, times))


def test_index_beside_the_genome_is_used(tmp_path, monkeypatch):
    path = written(tmp_path / "genome.fa", FASTA)
    index_beside(path)
    monkeypatch.setattr("pyfaidx.Faidx.build_index", None)
    assert decoded(encoded(path, ("chr1", 2, 8))) == ["TTGGGG"]


@pytest.mark.parametrize("wrong", [{"shift": 1}, {"shift": -3}, {"older": 60}])
def test_index_of_another_genome_or_an_older_one_is_not_used(tmp_path, monkeypatch, wrong):
    path = written(tmp_path / "genome.fa", FASTA)
    index_beside(path, **wrong)
    assert decoded(encoded(path, ("chr1", 2, 8))) == ["TTGGGG"]
    monkeypatch.setattr("pyfaidx.Faidx.build_index", None)
    with pytest.raises(TypeError):
        encoded(path, ("chr1", 2, 8))
