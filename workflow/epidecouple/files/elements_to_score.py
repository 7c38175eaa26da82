"""Elements and genes that somebody wants scored: every row kept as it stands, in its order, with
the reason where it cannot be scored.

Coordinates are 0-based and half-open.
"""

from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from .pairs_to_score import Reasons
from .text import NO_ROWS, separator_of, split_fields, text_lines

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
# Columns of a BED without header; those behind them are not read.
BED = [*ELEMENT, "gene"]


def read_elements(path: Path) -> pd.DataFrame:
    """All rows of a file as text: row (line in the file), the columns of `NAMES` (empty where the
    file has none), reason.

    A TSV or CSV with a header, or a BED without one whose fourth column is the gene; gzip where the
    name ends in .gz. Raises `InputError` for a file that is missing, damaged, or without these.
    """
    if not path.is_file():
        raise InputError("there is no such file", "Correct the path of the pairs", path)
    lines = [
        (number, text)
        for number, text in text_lines(path)
        if text.strip() and not text.startswith(NO_ROWS[1:]) and not is_comment(text)
    ]
    number, head = lines[0] if lines else (1, "")
    separator, fields = separator_of(head), names_of(head)
    if is_bed(fields):
        return table_of(lines, separator, BED)
    columns = [ours(name, fields) for name in fields]
    require_columns(columns, fields, path, number)
    return table_of(lines[1:], separator, columns)


def names_of(head: str) -> list[str]:
    """Fields of a header, which may begin with #."""
    return [name.strip() for name in split_fields(head.lstrip("# "), separator_of(head))]


def is_comment(text: str) -> bool:
    """Whether a line begins with # and is no header."""
    fields = names_of(text) if text.startswith("#") else ELEMENT
    return not set(ELEMENT) <= {ours(name, fields) for name in fields}


def is_bed(fields: list[str]) -> bool:
    """Whether a first line is a row of a BED with a gene, and no header."""
    return len(fields) >= len(BED) and fields[1].isdigit() and fields[2].isdigit()


def as_elements(table: pd.DataFrame) -> pd.DataFrame:
    """A table in memory as `read_elements` gives it; `row` is the table's own, or counts from 1.

    Raises `InputError` for missing columns.
    """
    fields = [str(name) for name in table.columns]
    renamed = table.set_axis([ours(name, fields) for name in fields], axis=1)
    require_columns(list(renamed.columns), fields, "pairs")
    known = renamed.loc[:, ~renamed.columns.duplicated()].reindex(columns=list(NAMES))
    text = known.astype(object).where(known.notna(), "").astype(str)
    row = table["row"].to_numpy() if "row" in table else range(1, len(table) + 1)
    return text.reset_index(drop=True).assign(row=row, reason="")


def require_columns(
    columns: list[str], fields: list[str], path: str | Path, line: int | None = None
) -> None:
    """Raise `InputError` unless our names hold an element and a gene or a promoter."""
    if not set(ELEMENT) <= set(columns) or not {"gene", "promoter_start"} & set(columns):
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


def table_of(
    lines: list[tuple[int, str]], separator: str | None, columns: list[str]
) -> pd.DataFrame:
    """Rows of `NAMES` as text, with the reason of those that have too few fields."""
    width = len(columns)
    fields = [split_fields(text, separator) for _, text in lines]
    rows = [(row + [""] * width)[:width] for row in fields]
    table = pd.DataFrame(rows, columns=columns, dtype=str)
    table = table.loc[:, ~table.columns.duplicated()].reindex(columns=list(NAMES), fill_value="")
    reasons = Reasons(pd.Series("", index=table.index, dtype=object))
    counts = pd.Series([len(row) for row in fields], dtype="int64")
    reasons.add(counts < width, lambda row: f"{counts[row]} fields where {width} are needed")
    return table.assign(row=[number for number, _ in lines], reason=reasons.text)
