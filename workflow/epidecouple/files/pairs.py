"""Readers of pair tables: TargetFinder's columns and generic ones. Coordinates are 0-based and
half-open.
"""

from pathlib import Path

import pandas as pd

from ..core.dna import ENDS
from ..core.errors import InputError, shown
from .text import read_headed, require_equal_rows, whole_numbers

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
TARGETFINDER_COLUMNS = ["enhancer_name", "promoter_name", "label"]
LINE = "cell_line"
NAME_PATTERN = r"^[^|]*\|(?P<chrom>[^:]+):(?P<start>-?\d+)-(?P<end>-?\d+)$"
# As tables of numbers, of R and of Python write them.
LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


def read_pairs(path: Path) -> pd.DataFrame:
    """Pairs of one cell line: chrom, both elements' start and end, label, row (line in the file);
    one row per pair.

    A table with the columns of TargetFinder (`enhancer_name, promoter_name, label`, names like
    `K562|chr1:10-20`) or of `GENERIC_COLUMNS`, as `text.read_headed` reads it. Other columns are
    ignored, the label-derived ones of published tables among them. Raises `InputError` for an empty
    table, one of several cell lines, bad intervals, labels other than 0 and 1, and pairs listed
    with both labels.
    """
    rows = read_headed(path, [TARGETFINDER_COLUMNS, GENERIC_COLUMNS], [LINE])
    table = require_equal_rows(rows, path)
    _check_one_line(table, path)
    if table.empty:
        raise InputError(
            "this pair table is empty",
            "A cell line needs pairs: give another file or remove the line",
            path,
        )
    if set(TARGETFINDER_COLUMNS) <= set(table.columns):
        table = _from_names(table, path)
    pairs = _numbered(table, path)
    _check_rows(pairs, path)
    return pairs.assign(row=pairs.index).drop_duplicates(COLUMNS, ignore_index=True)


def _check_one_line(table: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` for pairs of several lines, whose labels would be read as those of one."""
    for line in table.index[table[LINE] != table[LINE].iloc[0]][:1] if LINE in table else ():
        problem = f"the pairs are of several cell lines: {shown(table[LINE])}"
        raise InputError(problem, "Give a table for each line", path, line)


def _from_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The columns of `GENERIC_COLUMNS` from TargetFinder's names."""
    for end in ENDS:
        name = table[f"{end}_name"]
        parts = name.str.extract(NAME_PATTERN)
        for line in name.index[parts.isna().any(axis=1)][:1]:
            raise InputError(
                f"'{name[line]}' is not a name like K562|chr1:10-20", "Mend the name", path, line
            )
        table = table.assign(**{f"{end}_{part}": parts[part] for part in parts})
    return table


def _numbered(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The columns of `COLUMNS` from text, after checking chromosomes and numbers."""
    for end in ENDS:
        for line in table.index[table[f"{end}_chrom"] == ""][:1]:
            raise InputError(f"{end}_chrom is empty", "Name the chromosome", path, line)
    for line in table.index[table.enhancer_chrom != table.promoter_chrom][:1]:
        problem = (
            f"enhancer on {table.enhancer_chrom[line]}, promoter on {table.promoter_chrom[line]}"
        )
        remedy = "Only pairs within a chromosome can be used: remove the row"
        raise InputError(problem, remedy, path, line)
    edges = {
        name: whole_numbers(table[name], name, path, "Give a whole number")
        for name in COLUMNS
        if name not in ("chrom", "label")
    }
    return pd.DataFrame({"chrom": table.enhancer_chrom, **edges, "label": _labels(table, path)})


def _labels(table: pd.DataFrame, path: Path) -> pd.Series:
    labels = table.label.str.lower().map(LABELS)
    for line in labels.index[labels.isna()][:1]:
        raise InputError(f"label is {table.label[line] or 'empty'}", "Give 0 or 1", path, line)
    return labels.astype("int64")


def _check_rows(pairs: pd.DataFrame, path: Path) -> None:
    for kind in ("enhancer", "promoter"):
        start = pairs[f"{kind}_start"]
        end = pairs[f"{kind}_end"]
        for row in pairs.index[(start < 0) | (start >= end)][:1]:
            problem = (
                f"{kind} {pairs.chrom[row]}:{start[row]}-{end[row]} is not an interval (0-based,"
                " half-open)"
            )
            raise InputError(problem, "Mend or remove the row", path, row)
    distinct = pairs.drop_duplicates(COLUMNS)
    for row in distinct.index[distinct.duplicated(COLUMNS[:-1])][:1]:
        pair = distinct.loc[row]
        problem = (
            f"the pair {pair.chrom}:{pair.enhancer_start} - {pair.promoter_start} is listed with"
            " label 0 and with label 1"
        )
        raise InputError(problem, "Decide on one label", path, row)


def midpoints(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with `enhancer_mid` and `promoter_mid` added, floor((start + end) / 2) in bp."""
    middle = {
        f"{kind}_mid": (pairs[f"{kind}_start"] + pairs[f"{kind}_end"]) // 2
        for kind in ("enhancer", "promoter")
    }
    return pairs.assign(**middle)
