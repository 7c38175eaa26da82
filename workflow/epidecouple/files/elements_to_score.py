"""Elements and genes that somebody wants scored: every row kept as it stands, in its order, with
the reason where it cannot be scored.

Coordinates are 0-based and half-open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from .pairs_to_score import Reasons
from .text import (
    SEPARATORS,
    batched,
    beyond_header,
    field_count,
    is_row,
    numbers_of,
    separator_of,
    split_fields,
    text_lines,
)

# Ours, and the names that other tables have: ABC and ENCODE-rE2G, CRISPR_comparison, and pairs of
# an enhancer and a promoter.
NAMES = {
    "chrom": ["chr", "enhancer_chrom"],
    "start": ["chromStart", "enhancer_start"],
    "end": ["chromEnd", "enhancer_end"],
    "gene": ["TargetGene", "measuredGeneSymbol", "gene_symbol"],
    "promoter_chrom": [],
    "promoter_start": [],
    "promoter_end": [],
    "ubiquitous": ["measuredGeneUbiquitousExpressed"],
    "table_score": [],
}
# Scores that a table has of its own, the first of these that is there: ENCODE-rE2G's by its three
# names, then ABC's.
TABLE_SCORES = ("ENCODE-rE2G.Score", "E2G.Score", "Score", "ABC.Score")
ELEMENT = ["chrom", "start", "end"]
PROMOTER = ["promoter_chrom", "promoter_start", "promoter_end"]
# Columns of a BED and of a BEDPE without header; those behind them are not read.
BED, BEDPE = [*ELEMENT, "gene"], [*ELEMENT, *PROMOTER]


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are read: what separates their fields, the columns by our names, the
    fields of the first line, whether that is a header, how many fields rows have beyond it, and by
    how many the columns are shifted.
    """

    separator: str | None
    columns: list[str]
    fields: list[str]
    headed: bool
    extra: int = 0
    shift: int = 0

    def above(self, row: str) -> "Layout":
        """The same layout, with what the first row shows of fields beyond a header."""
        if not self.headed:
            return self
        extra, shift = beyond_header(row, self.separator, len(self.columns))
        return replace(self, extra=extra, shift=shift)


def read_elements(path: Path) -> pd.DataFrame:
    """All rows of `element_blocks` as one table."""
    return pd.concat(list(element_blocks(path)), ignore_index=True)


def element_blocks(path: Path) -> Iterator[pd.DataFrame]:
    """All rows of a file as text, block by block: row (line in the file), the columns of `NAMES`
    (empty where the file has none), reason. Each block counts its rows from 0.

    A TSV or CSV with a header, a BED without one whose fourth column is the gene, or a BEDPE.
    Raises `InputError` for a file that is missing, damaged, without rows or without these, and for
    two columns of one meaning that differ.
    """
    if not path.is_file():
        raise InputError("there is no such file", "Correct the path of the pairs", path)
    lines = (
        (number, text)
        for number, text in text_lines(path)
        if is_row(text) or text.startswith("#") and is_header(layout_of(text))
    )
    number, head = next(lines, (1, ""))
    layout = layout_of(head)
    require_columns(layout.columns, layout.fields, path, number)
    first = next(lines, None) if layout.headed else (number, head)
    if first is None:
        raise InputError("this table has no rows", "Give at least one", path)
    layout = layout.above(first[1])
    for block in batched(chain([first], lines)):
        yield table_of(block, layout, path)


def layout_of(head: str) -> Layout:
    """The layout that the first line of a file shows; a header may begin with #."""
    separator = separator_of(head)
    fields = split_fields(head, separator)
    if is_interval(fields[1:3]):
        paired = len(fields) >= len(BEDPE) and fields[3] == fields[0] and is_interval(fields[4:6])
        columns = BEDPE if paired else BED[: len(fields)]
        return Layout(separator, columns, fields, headed=False)
    for tried in (*SEPARATORS, separator):
        fields = [name.strip() for name in split_fields(head.lstrip("# "), tried)]
        layout = Layout(tried, [ours(name, fields) for name in fields], fields, headed=True)
        if is_header(layout):
            break
    return layout


def is_header(layout: Layout) -> bool:
    """Whether a first line names an element, and a gene or a promoter."""
    return layout.headed and not lacking(layout.columns)


def is_interval(fields: list[str]) -> bool:
    """Whether two fields are whole numbers."""
    return len(fields) == 2 and not numbers_of(pd.Series(fields))[1].any()


def as_elements(table: pd.DataFrame) -> pd.DataFrame:
    """A table in memory as `read_elements` gives it; `row` is the table's own, or counts from 1.

    Raises `InputError` for missing columns.
    """
    fields = [str(name) for name in table.columns]
    renamed = table.set_axis([ours(name, fields) for name in fields], axis=1)
    require_columns(list(renamed.columns), fields, "pairs")
    known = renamed.astype(object).where(renamed.notna(), "").astype(str)
    text = once(known, fields, "pairs").reindex(columns=list(NAMES), fill_value="")
    row = table["row"].to_numpy() if "row" in table else range(1, len(table) + 1)
    return text.reset_index(drop=True).assign(row=row, reason="")


def require_columns(
    columns: list[str], fields: list[str], path: str | Path, line: int | None = None
) -> None:
    """Raise `InputError` unless our names hold an element and a gene or a promoter."""
    if lacking(columns):
        raise InputError(
            f"the columns are {fields}",
            "Give chrom, start, end, gene, a BED with the gene in column 4, or six coordinates of"
            " enhancer and promoter",
            path,
            line,
        )


def ours(name: str, fields: list[str]) -> str:
    """Our name of one of a table's columns, its own where we have none."""
    if name == next((score for score in TABLE_SCORES if score in fields), None):
        return "table_score"
    known = {other: mine for mine, others in NAMES.items() for other in others}
    return known.get(name, name)


def lacking(columns: list[str]) -> bool:
    """Whether our names lack an element, or both a gene and a promoter."""
    return not set(ELEMENT) <= set(columns) or not {"gene", "promoter_start"} & set(columns)


def table_of(lines: list[tuple[int, str]], layout: Layout, path: Path) -> pd.DataFrame:
    """Rows of `NAMES` as text, with the reason of those that have another number of fields than
    the header, or fewer than a BED needs.
    """
    separator, width = layout.separator, len(layout.columns)
    needed = width + layout.extra
    counts = pd.Series([field_count(text, separator, needed) for _, text in lines])
    fields = [
        [field.strip() for field in split_fields(text, separator)[layout.shift :]]
        for _, text in lines
    ]
    rows = [(row + [""] * width)[:width] for row in fields]
    numbers = [number for number, _ in lines]
    raw = pd.DataFrame(rows, index=numbers, columns=layout.columns, dtype=str)
    table = once(raw, layout.fields, path).reindex(columns=list(NAMES), fill_value="")
    reasons = Reasons(pd.Series("", index=counts.index, dtype=object))
    wrong = counts.ne(needed) if layout.headed else counts.lt(width)
    reasons.add(wrong, lambda row: f"{counts[row]} fields where {needed} are needed")
    return table.reset_index(drop=True).assign(row=numbers, reason=reasons.text)


def once(table: pd.DataFrame, fields: list[str], path: str | Path) -> pd.DataFrame:
    """A table with each column once; raises `InputError` for one that stands twice, or under two
    names, with other values.
    """
    for name in table.columns[table.columns.duplicated()].intersection(list(NAMES)):
        same = table[name]
        differ = same.ne(same.iloc[:, 0], axis=0).any(axis=1)
        for line in table.index[differ][:1]:
            names = [of for of, mine in zip(fields, table.columns, strict=True) if mine == name]
            problem = f"columns {' and '.join(names)} both give the {name}, and differ"
            raise InputError(problem, "Keep one of them", path, line)
    return table.loc[:, ~table.columns.duplicated()]
