"""Readers of pair tables: TargetFinder's CSV and a generic TSV. Coordinates are 0-based and
half-open.
"""

import gzip
from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from .text import readable

COLUMNS = ["chrom", "enhancer_start", "enhancer_end", "promoter_start", "promoter_end", "label"]
GENERIC_COLUMNS = [
    "enhancer_chrom",
    "enhancer_start",
    "enhancer_end",
    "promoter_chrom",
    "promoter_start",
    "promoter_end",
    "label",
]
FIRST_ROW = 2
# UTF-8, and the mark that some spreadsheets put in front of it.
ENCODING = "utf-8-sig"
NAME_PATTERN = r"^[^|]*\|(?P<chrom>[^:]+):(?P<start>-?\d+)-(?P<end>-?\d+)$"


def read_pairs(path: Path) -> pd.DataFrame:
    """Pairs of one cell line: chrom, both elements' start and end, label, row (line in the file);
    one row per pair.

    TargetFinder's CSV (`enhancer_name, promoter_name, label`, names like `K562|chr1:10-20`) or a
    TSV with the columns of `GENERIC_COLUMNS`, plain or gzip. Other columns are ignored, the
    label-derived ones of published tables among them. Raises `InputError` for an empty table, bad
    intervals, labels other than 0 and 1, and pairs listed with both labels.
    """
    header = _header(path)
    if {"enhancer_name", "promoter_name", "label"} <= set(header):
        pairs = _targetfinder(path)
    elif set(GENERIC_COLUMNS) <= set(header):
        pairs = _generic(path)
    else:
        raise InputError(
            f"the columns are {header}",
            f"Give enhancer_name, promoter_name, label or {GENERIC_COLUMNS}",
            path,
            1,
        )
    if pairs.empty:
        raise InputError(
            "this pair table is empty",
            "A cell line needs pairs: give another file or remove the line",
            path,
        )
    _check_rows(pairs, path)
    return pairs.assign(row=pairs.index + FIRST_ROW).drop_duplicates(COLUMNS, ignore_index=True)


def _header(path: Path) -> list[str]:
    with (
        readable(path),
        (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding=ENCODING) as file,
    ):
        first = file.readline().strip()
    return first.split("\t") if "\t" in first else first.split(",")


def _table(path: Path, separator: str, columns: list[str]) -> pd.DataFrame:
    """Rows that are not blank; the index plus `FIRST_ROW` is the line in the file."""
    with readable(path):
        return pd.read_csv(
            path, sep=separator, usecols=columns, skip_blank_lines=False, encoding=ENCODING
        ).dropna(how="all")


def _targetfinder(path: Path) -> pd.DataFrame:
    table = _table(path, ",", ["enhancer_name", "promoter_name", "label"])
    parts = {}
    for kind in ("enhancer", "promoter"):
        parts[kind] = table[f"{kind}_name"].astype(str).str.extract(NAME_PATTERN)
        unread = parts[kind].isna().any(axis=1)
        for row, name in table.loc[unread, f"{kind}_name"].head(1).items():
            raise InputError(
                f"'{name}' is not a name like K562|chr1:10-20",
                "Mend the name",
                path,
                row + FIRST_ROW,
            )
    return _assembled(parts["enhancer"], parts["promoter"], table.label, path)


def _generic(path: Path) -> pd.DataFrame:
    table = _table(path, "\t", GENERIC_COLUMNS)
    enhancer, promoter = (
        table[[f"{k}_chrom", f"{k}_start", f"{k}_end"]].set_axis(["chrom", "start", "end"], axis=1)
        for k in ("enhancer", "promoter")
    )
    return _assembled(enhancer, promoter, table.label, path)


def _assembled(
    enhancer: pd.DataFrame, promoter: pd.DataFrame, label: pd.Series, path: Path
) -> pd.DataFrame:
    apart = enhancer.chrom.astype(str) != promoter.chrom.astype(str)
    for row in enhancer.index[apart][:1]:
        problem = f"enhancer on {enhancer.chrom[row]}, promoter on {promoter.chrom[row]}"
        raise InputError(
            problem,
            "Only pairs within a chromosome can be used: remove the row",
            path,
            row + FIRST_ROW,
        )
    columns = [
        enhancer.chrom.astype(str),
        enhancer.start,
        enhancer.end,
        promoter.start,
        promoter.end,
        label,
    ]
    table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    for column in COLUMNS[1:]:
        numbers = pd.to_numeric(table[column], errors="coerce")
        for row in table.index[numbers.isna() | (numbers % 1 != 0)][:1]:
            raise InputError(
                f"{column} is '{table[column][row]}'", "Give a whole number", path, row + FIRST_ROW
            )
        table[column] = numbers.astype("int64")
    return table


def _check_rows(pairs: pd.DataFrame, path: Path) -> None:
    for kind in ("enhancer", "promoter"):
        start = pairs[f"{kind}_start"]
        end = pairs[f"{kind}_end"]
        for row in pairs.index[(start < 0) | (start >= end)][:1]:
            problem = (
                f"{kind} {pairs.chrom[row]}:{start[row]}-{end[row]} is not an interval (0-based,"
                " half-open)"
            )
            raise InputError(problem, "Mend or remove the row", path, row + FIRST_ROW)
    for row in pairs.index[~pairs.label.isin([0, 1])][:1]:
        raise InputError(f"label is {pairs.label[row]}", "Give 0 or 1", path, row + FIRST_ROW)
    distinct = pairs.drop_duplicates(COLUMNS)
    for row in distinct.index[distinct.duplicated(COLUMNS[:-1])][:1]:
        pair = distinct.loc[row]
        problem = (
            f"the pair {pair.chrom}:{pair.enhancer_start} - {pair.promoter_start} is listed with"
            " label 0 and with label 1"
        )
        raise InputError(problem, "Decide on one label", path, row + FIRST_ROW)


def midpoints(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with `enhancer_mid` and `promoter_mid` added, floor((start + end) / 2) in bp."""
    middle = {
        f"{kind}_mid": (pairs[f"{kind}_start"] + pairs[f"{kind}_end"]) // 2
        for kind in ("enhancer", "promoter")
    }
    return pairs.assign(**middle)
