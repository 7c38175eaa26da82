"""Lines and fields of delimited text do not depend on how a file is read in pieces."""

import gzip

import pandas as pd
import pytest

from epidecouple.core.errors import InputError
from epidecouple.files import text
from epidecouple.files.text import field_count, read_plain, text_lines

LINES = ["chr1\t10\t20", "", "chr1\t30\t40\tä", "# a comment", "chrX\t5\t6", " chr2\t1\t2\t"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False], ids=["with a last end", "without"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_lines_are_the_same_however_many_letters_are_read_at_once(
    tmp_path, monkeypatch, end, last, pack
):
    path = tmp_path / "a.bed"
    path.write_bytes(pack((end.join(LINES) + end * last).encode()))
    for letters in (1, 2, 7, 30, 1 << 18):
        monkeypatch.setattr(text, "LETTERS_AT_ONCE", letters)
        assert list(text_lines(path)) == list(enumerate(LINES, start=1)), letters


def test_a_line_that_is_longer_than_any_is_named_wherever_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_LINE", 50)
    monkeypatch.setattr(text, "LETTERS_AT_ONCE", 20)
    path = tmp_path / "a.bed"
    path.write_text("chr1\t1\t2\n" * 4 + "A" * 48 + "\n" + "B" * 51 + "\nchr1\t1\t2\n")
    with pytest.raises(InputError, match="a.bed:6: .* longer than any table"):
        list(text_lines(path))


def test_too_many_lines_and_letters_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.bed"
    path.write_text("chr1\t1\t2\n" * 5)
    for limit, most in (("MOST_LINES", 5), ("MOST_LETTERS", 45)):
        with monkeypatch.context() as patch:
            patch.setattr(text, limit, most)
            assert len(list(text_lines(path))) == 5
            patch.setattr(text, limit, most - 1)
            with pytest.raises(InputError, match="longer than any table"):
                list(text_lines(path))


@pytest.mark.parametrize(
    "rows",
    [
        ["a\tb\tc", "d\te\tf"],
        ["a\tb\tc", "d\te"],
        ["a\tb\tc", "d\te\tf\t"],
        ["a\tb\tc", "d\te\tf\tg"],
        ['a\t"b\tx"\tc', "d\te\tf"],
        ["a\tb\tc"],
    ],
    ids=["equal", "too few", "an empty one more", "one more", "quotes", "one row"],
)
def test_fields_are_counted_for_a_block_as_for_each_line(tmp_path, rows):
    path = tmp_path / "a.tsv"
    path.write_text("\n".join(rows))
    found = read_plain(path, 3)
    each = [field_count(row, "\t", 3) for row in rows]
    pd.testing.assert_series_equal(found.fields, pd.Series(each, range(1, len(rows) + 1)))
    first = [row.split("\t")[0] for row in rows]
    assert found.table[0].tolist() == first
