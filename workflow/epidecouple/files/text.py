"""Delimited text from outside: the one core under every reader of tables, and the line of a
mistake.

A file may be plain, gzip or bgzip under any name; UTF-8 or UTF-16, with or without a byte order
mark, and letters of Latin-1 where it is neither; its lines may end in any way. Quotes are taken off
fields that they enclose and are letters anywhere else. Lines of which all fields are empty,
comments (lines that begin with #), the `track` and `browser` lines of genome browsers and the
`sep=` line of Excel are no rows; empty fields behind the last column are none. Every table that is
returned has the line in the file, from 1, as its index, and all its fields as text.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.batch_sizes import ROWS_AT_ONCE
from ..core.errors import InputError

GZIP = b"\x1f\x8b"
FOREIGN = {
    b"PK\x03\x04": "a zip archive, perhaps an Excel workbook",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"HIC\x00": "a .hic matrix",
    b"\x26\xfc\x8f\x88": "a bigWig file",
    b"\x88\x8f\xfc\x26": "a bigWig file",
    b"\xeb\xf2\x89\x87": "a bigBed file",
    b"\x87\x89\xf2\xeb": "a bigBed file",
    b"\x89HDF": "an HDF5 file such as .cool",
    b"PAR1": "a parquet file",
    b"BAM\x01": "a BAM file",
    b"\x43\x27\x41\x1a": "a 2bit genome",
}
# The same, in letters of any case and behind white space.
FOREIGN_TEXT = {
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "a page of a server, perhaps its error",
    b"version https://git-lfs": "a pointer of Git LFS to the file",
}
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
HEAD = 4096
# More undecodable letters, or control characters, than this share of the head: no text.
LARGEST_STRANGE_SHARE = 0.3
LONGEST_LINE = 1_000_000
LETTERS_AT_ONCE = 1 << 18
# Rows of one table, lines and letters of one file: far more than the largest published tables have.
MOST_ROWS, MOST_LINES, MOST_LETTERS = 20_000_000, 60_000_000, 4_000_000_000
NO_ROWS = ("#", "track ", "track\t", "browser ", "browser\t", "sep=")
BLANK = " \t\r\f,;"
# Most lines begin with none of these letters, and are rows without a closer look.
BEGINS_OF_NO_ROWS = {"", *BLANK, *(text[0] for text in NO_ROWS)}
SEPARATORS = ("\t", ",", ";", None)
WHOLE = r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?"
PLAIN_WHOLE = r"[0-9]{1,15}"
DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
# How tables write that a value is not known.
UNKNOWN = ("", "NA", "N/A", "NaN", "nan", "NULL", "None", ".")
# Whole numbers up to here are exact in the float64 that text is read into.
LARGEST = 2**53


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    """Letters of Latin-1 for bytes that are no UTF-8."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin-1 else", _as_latin1)


@dataclass(frozen=True)
class Rows:
    """Rows of a file: the chosen columns as text, "" where a row is too short; how many fields each
    row has, and how many it should have.
    """

    table: pd.DataFrame
    fields: pd.Series
    width: int


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Around reading a file, plain or gzip: raises `InputError` for a damaged gzip and for what is
    no text at all.
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"this gzip file is damaged or cut short ({error})", "Remove it and get it again", path
        ) from error
    except UnicodeError as error:
        raise no_text(path) from error


def no_text(path: str | Path, what: str = "") -> InputError:
    """The refusal of a file that is no text; `what` it is, where that is known."""
    return InputError(
        f"this is no text file{what and f' but {what}'}",
        "Give text, plain or gzip (.gz); .hic cannot be read, and bigWig by the regulation score"
        " alone",
        path,
    )


@contextmanager
def opened(path: Path) -> Iterator["io.BufferedReader[Any]"]:
    """The bytes of a file, unpacked where they begin as gzip does; raises `InputError` for a file
    that is damaged or of a binary format.
    """
    with readable(path), path.open("rb") as file:
        packed = file.peek(2)[:2] == GZIP
        raw = gzip.GzipFile(fileobj=file) if packed else file
        with io.BufferedReader(raw, 1 << 18) as stream:
            head = stream.peek(HEAD)[:HEAD]
            text = head.lstrip(codecs.BOM_UTF8).lstrip().lower()
            for known, begin in ((FOREIGN, head), (FOREIGN_TEXT, text)):
                for magic, what in known.items():
                    if begin.startswith(magic):
                        raise no_text(path, what)
            yield stream


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Every line of a text file with its number from 1, without its end.

    Raises `InputError` for what is no text, for a line longer than `LONGEST_LINE`, and for more
    lines or letters than any table has.
    """
    number, letters = 1, 0
    for lines in _blocks_of_lines(path):
        letters += sum(map(len, lines)) + len(lines)
        if letters > MOST_LETTERS or number + len(lines) - 1 > MOST_LINES:
            raise _too_long(path, number)
        yield from enumerate(lines, start=number)
        number += len(lines)


def _blocks_of_lines(path: Path) -> Iterator[list[str]]:
    """The lines of a text file, without their ends, in blocks of `LETTERS_AT_ONCE`."""
    begun, number = "", 1
    with opened(path) as stream:
        encoding = _encoding(stream.peek(HEAD)[:HEAD], path)
        errors = "replace" if encoding.startswith("utf-16") else "latin-1 else"
        text = io.TextIOWrapper(stream, encoding, errors)
        for block in iter(lambda: text.read(LETTERS_AT_ONCE), ""):
            if "\0" in block:
                raise no_text(path)
            *lines, begun = (begun + block).split("\n")
            # Any other line is shorter than a block.
            if len(lines[0] if lines else begun) >= LONGEST_LINE:
                raise _too_long(path, number)
            number += len(lines)
            yield lines
    if begun:
        yield [begun]


def _too_long(path: Path, line: int) -> InputError:
    return InputError(
        "this line, or all of the file, is longer than any table",
        "Give a text table with one row per line",
        path,
        line,
    )


def _encoding(head: bytes, path: Path) -> str:
    """The encoding of a file that begins with `head`; raises `InputError` for no text."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        half = len(head) > 3 and head.count(0) < 0.6 * len(head)
        if half and zeros.count(0) > 0.9 * len(zeros):
            return encoding
    lost = len(head) - len(head.decode("utf-8", "ignore").encode())
    controls = sum(head.count(code) for code in range(32) if code not in b"\t\n\r\f\x1a")
    if 0 in head or lost + controls > LARGEST_STRANGE_SHARE * len(head):
        raise no_text(path)
    return "utf-8"


def data_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that are rows, or a header, with their numbers."""
    return ((number, text) for number, text in text_lines(path) if is_row(text))


def is_row(text: str) -> bool:
    """Whether a line is a row, or a header without #."""
    if text[:1] not in BEGINS_OF_NO_ROWS:
        return True
    return bool(text.strip(BLANK)) and not text.startswith(NO_ROWS)


def split_fields(text: str, separator: str | None) -> list[str]:
    """Fields of a line; None separates at any white space."""
    if '"' not in text:
        return text.split(separator)
    if separator is None:
        fields = re.findall(r'"[^"]*"(?=\s|$)|\S+', text)
    elif separator == "\t":
        fields = text.split("\t")
    else:
        fields = _quoted_fields(text, separator)
    return [_unquoted(field.strip()) for field in fields]


def _quoted_fields(text: str, separator: str) -> list[str]:
    """Fields that may hold the separator between quotes; a quote that nothing closes is a
    letter.
    """
    fields = []
    for match in re.finditer(
        rf'("(?:[^"]|"")*" *(?={separator}|$)|[^{separator}]*)({separator}|$)', text
    ):
        fields.append(match[1])
        if not match[2]:
            break
    return fields


def _unquoted(field: str) -> str:
    if len(field) > 1 and field[0] == field[-1] == '"':
        return field[1:-1].replace('""', '"')
    return field


def separator_of(line: str) -> str | None:
    """What separates the fields of a line without header: a tab where there is one, else what makes
    most fields, white space, comma or semicolon.
    """
    if "\t" in line:
        return "\t"
    return max((None, ",", ";"), key=lambda separator: len(split_fields(line, separator)))


def read_plain(path: Path, columns: int | None = None) -> Rows:
    """Rows of a file without header, columns named 0, 1, ...: the first `columns`, or as many as
    the first row has.

    Trailing columns that are empty in every row are left out.
    """
    rows = joined_rows(plain_blocks(path, columns), path)
    kept = rows.table
    while columns is None and len(kept.columns) > 1 and (kept[kept.columns[-1]] == "").all():
        kept = kept[kept.columns[:-1]]
    filled = rows.width if columns else len(kept.columns)
    whole = rows.fields.between(filled, rows.width)
    return Rows(kept, rows.fields.where(~whole, filled), filled)


def plain_blocks(path: Path, columns: int | None = None) -> Iterator[Rows]:
    """Rows of a file without header, one block after the other; see `read_plain`."""
    lines = data_lines(path)
    first = next(lines, None)
    if first is None:
        yield Rows(pd.DataFrame(columns=range(columns or 0)), pd.Series(dtype="int64"), 0)
        return
    separator = separator_of(first[1])
    width = len(split_fields(first[1], separator))
    positions = list(range(columns or width))
    yield from _blocks_of(chain([first], lines), separator, positions, columns or width)


def read_headed(
    path: Path,
    wanted: Sequence[Sequence[str]],
    optional: Sequence[str] = (),
    otherwise: str = "",
) -> Rows:
    """The columns of a file with a header: the first of the `wanted` sets that it has, and those of
    the `optional` ones.

    The separator is the one that makes such a header: tab, comma, semicolon or white space. A
    header may begin with #. Where every row has one field more than the header, the first holds
    row names, as R writes them, and is set aside. Raises `InputError` when no set of columns is
    there, or one of them twice.
    """
    return joined_rows(headed_blocks(path, wanted, optional, otherwise), path)


def headed_blocks(
    path: Path,
    wanted: Sequence[Sequence[str]],
    optional: Sequence[str] = (),
    otherwise: str = "",
) -> Iterator[Rows]:
    """Rows of a file with a header, one block after the other; see `read_headed`."""
    number, head, lines = _head(path, wanted)
    separator, names, chosen = header_of(head, wanted)
    if not chosen:
        alternatives = " or ".join(str(list(columns)) for columns in wanted)
        remedy = f"Give {alternatives}{otherwise}"
        problem = f"the columns are {names}" + ("" if head else " (this file is empty)")
        raise InputError(problem, remedy, path, number)
    chosen = [*chosen, *(name for name in optional if name in names and name not in chosen)]
    for name in chosen:
        if names.count(name) > 1:
            raise InputError(f"column '{name}' stands twice", "Keep one of them", path, number)
    first = next(lines, None)
    extra, shift = beyond_header(first[1] if first else "", separator, len(names))
    positions = [names.index(name) + shift for name in chosen]
    below = chain([first] if first else [], lines)
    for rows in _blocks_of(below, separator, positions, len(names) + extra):
        yield replace(rows, table=rows.table.set_axis(chosen, axis=1))


def _head(
    path: Path, wanted: Sequence[Sequence[str]]
) -> tuple[int, str, Iterator[tuple[int, str]]]:
    """Line number and text of the header, and the rows below it; a comment that has the wanted
    names is a header.
    """
    lines = text_lines(path)
    for number, text in lines:
        if text.startswith("#") and not header_of(text.lstrip("# "), wanted)[2]:
            continue
        if text.startswith("#") or is_row(text):
            return number, text.lstrip("# "), (row for row in lines if is_row(row[1]))
    return 1, "", iter(())


def header_of(
    text: str, wanted: Sequence[Sequence[str]]
) -> tuple[str | None, list[str], Sequence[str]]:
    """Separator and names of a header, and the first of the wanted sets of names that it has."""
    for separator in SEPARATORS:
        names = split_fields(text, separator)
        names = [name.strip() for name in names]
        for columns in wanted:
            if set(columns) <= set(names):
                return separator, names, columns
    separator = "\t" if "\t" in text else ","
    return separator, [name.strip() for name in split_fields(text, separator)], ()


def beyond_header(row: str, separator: str | None, width: int) -> tuple[int, int]:
    """How many fields a row has beyond the header, 0 or 1, and by how many the columns are
    shifted.

    Between commas a row name is known by its quotes: without them 1,000 would be two fields, too.
    """
    fields = split_fields(row, separator)
    if len(fields) != width + 1 or separator == "," and not row.lstrip().startswith('"'):
        return 0, 0
    return 1, int(fields[-1].strip() != "")


def joined_rows(blocks: Iterable[Rows], path: Path) -> Rows:
    """All blocks of a file as one; raises `InputError` for more rows than any table has."""
    kept, count = [], 0
    for rows in blocks:
        kept.append(rows)
        count += len(rows.table)
        if count > MOST_ROWS:
            raise InputError(f"more than {MOST_ROWS:,} rows", "Split or filter the table", path)
    tables, fields = [rows.table for rows in kept], [rows.fields for rows in kept]
    return Rows(pd.concat(tables), pd.concat(fields), kept[0].width)


def _blocks_of(
    lines: Iterable[tuple[int, str]], separator: str | None, positions: list[int], width: int
) -> Iterator[Rows]:
    """Fields at some positions of every line, block by block, so that no more than these are
    kept.
    """
    for block in batched(lines):
        numbers, texts = map(list, zip(*block, strict=True)) if block else ([], [])
        table = _block(texts, separator, positions).set_axis(numbers, axis=0)
        counts = _field_counts(texts, separator, width)
        yield Rows(table, pd.Series(counts, index=table.index, dtype="int64"), width)


def batched(lines: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Lines in blocks; of no lines one block without any."""
    lines = iter(lines)
    yield list(islice(lines, ROWS_AT_ONCE))
    while block := list(islice(lines, ROWS_AT_ONCE)):
        yield block


def _field_counts(texts: list[str], separator: str | None, width: int) -> list[int]:
    """`field_count` of every line; most files have the same number of separators in every line."""
    separators = {text.count(separator) for text in texts} if separator else set()
    if separators == {width - 1} and '"' not in "".join(texts):
        return [width] * len(texts)
    return [field_count(text, separator, width) for text in texts]


def field_count(text: str, separator: str | None, width: int) -> int:
    """Number of fields of a line; empty ones behind `width` are none."""
    if separator and '"' not in text and text.count(separator) < width:
        return text.count(separator) + 1
    fields = split_fields(text, separator)
    return (
        len(fields) if any(field.strip() for field in fields[width:]) else min(len(fields), width)
    )


def _block(texts: list[str], separator: str | None, positions: list[int]) -> pd.DataFrame:
    """Fields at some positions of the lines, stripped; "" where a line has too few."""
    least = max(positions) + 1
    if separator is None or '"' in "".join(texts):
        fields = [(split_fields(text, separator) + [""] * least)[:least] for text in texts]
        table = pd.DataFrame(fields, columns=range(least), dtype="str")
    else:
        table = _parsed(texts, separator, least)
    table = table[positions].apply(lambda column: column.str.strip())
    return table.set_axis(range(len(positions)), axis=1)


def _parsed(texts: list[str], separator: str, least: int) -> pd.DataFrame:
    """The first `least` fields of lines without quotes, by the parser of pandas."""
    counts = [text.count(separator) for text in texts]
    if min(counts, default=least) < least - 1:
        short = [max(0, least - 1 - count) for count in counts]
        texts = [text + separator * missing for text, missing in zip(texts, short, strict=True)]
    # pandas takes the number of columns from the first line it sees.
    widest = max([least - 1, *counts]) + 1
    return pd.read_csv(
        io.StringIO("\n".join(texts)),
        sep=separator,
        header=None,
        names=range(widest),
        usecols=range(least),
        index_col=False,
        dtype="str",
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
    )


def require_equal_rows(rows: Rows, path: Path) -> pd.DataFrame:
    """The table, after checking that every row has as many fields as it should; raises
    `InputError` with the line of the first that has not.
    """
    for line, count in rows.fields[rows.fields != rows.width].head(1).items():
        raise InputError(
            f"{count} fields where {rows.width} are needed: rows differ in their number of columns",
            "Mend the row",
            path,
            line,
        )
    return rows.table


def numbers_of(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Whole numbers of a column of text as float64, and which rows are none (bool); 1e+05, as R
    writes 100000, is one.
    """
    if text.str.fullmatch(PLAIN_WHOLE).all():
        return text.astype("int64").astype(float), pd.Series(False, index=text.index)
    written = text.str.fullmatch(WHOLE)
    numbers = pd.to_numeric(text.where(written), errors="coerce").astype(float)
    wrong = ~(numbers.abs() < LARGEST) | (numbers % 1 != 0)
    return numbers, wrong


def whole_numbers(text: pd.Series, what: str, path: Path, remedy: str) -> pd.Series:
    """A column of text as int64; raises `InputError` for the first that is no whole number."""
    numbers, wrong = numbers_of(text)
    for line in text.index[wrong][:1]:
        value = f"'{text[line]}', not a whole number" if text[line] else "empty"
        raise InputError(f"{what} is {value}", remedy, path, line)
    return numbers.astype("int64")


def decimals(text: pd.Series) -> pd.Series:
    """A column of text as float64, NaN for what is no decimal number."""
    written = text.str.fullmatch(DECIMAL)
    return pd.to_numeric(text.where(written), errors="coerce").astype(float)


def decimals_or_unknown(text: pd.Series, path: Path) -> pd.Series:
    """A column of text as float64, NaN for one of `UNKNOWN`; raises `InputError` for the first that
    is neither that nor a finite decimal number.
    """
    numbers = decimals(text)
    wrong = ~(numbers.abs() < float("inf")) & ~text.isin(UNKNOWN)
    for line in text.index[wrong][:1]:
        problem = f"{text.name} is '{text[line]}', not a number"
        raise InputError(problem, "Give a number, or NA where it is not known", path, line)
    return numbers


def intervals_of(
    text: pd.DataFrame, path: Path, remedy: str = "Give a whole number"
) -> pd.DataFrame:
    """chrom, start, end of a table of text as str, int64, int64 (0-based, half-open, bp); raises
    `InputError` for the first row whose ends are no whole numbers, or no interval.
    """
    places = {"chrom": text.chrom}
    for name in ("start", "end"):
        places[name] = whole_numbers(text[name], name, path, remedy)
    table = pd.DataFrame(places)
    wrong = (table.chrom == "") | (table.start < 0) | (table.start >= table.end)
    for line, row in table[wrong].head(1).iterrows():
        problem = f"{row.chrom}:{row.start}-{row.end} is not an interval (0-based, half-open)"
        raise InputError(problem, "Mend or remove the row", path, line)
    return table
