"""Readers of pair tables: TargetFinder's columns, generic ones, and BENGI's rows without header.
Coordinates are 0-based and half-open.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.dna import COORDINATES, ENDS
from ..core.errors import InputError, shown
from ..core.tables import narrowed, repeated, stacked
from .text import (
    Rows,
    data_lines,
    decimals,
    headed_blocks,
    read_plain,
    require_equal_rows,
    whole_numbers,
)

COLUMNS = [*COORDINATES, "label"]
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
# BENGI's (Moore 2020) as TransEPI (Chen 2022) publishes them: no header, and after these columns
# perhaps one of regions to mask, which is not read.
BENGI_COLUMNS = [
    "label",
    "distance",
    "enhancer_chrom",
    "enhancer_start",
    "enhancer_end",
    "enhancer_name",
    "promoter_chrom",
    "promoter_start",
    "promoter_end",
    "promoter_name",
]
BENGI_WIDTHS = (len(BENGI_COLUMNS), len(BENGI_COLUMNS) + 1)
# <place>|<line>|<identifiers>: the element itself, and the TSS inside the promoter.
BENGI_NAMES = {
    "enhancer": "chr5:317258-317610|GM12878|EH37E0762690",
    "promoter": "chr5:889813-889814|GM12878|ENSG00000028310.13|ENST00000388890.4|-",
}
BENGI_NAME = r"^(?P<chrom>[^:|]+):(?P<start>\d+)-(?P<end>\d+)\|(?P<line>[^|]+)\|.+$"
# As tables of numbers, of R and of Python write them.
LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


def read_pairs(path: Path) -> pd.DataFrame:
    """Pairs of one cell line: chrom (a category), both elements' start and end, label, row (line in
    the file); one row per pair, and numbers as small as `narrowed` makes them.

    A table with the columns of TargetFinder (`enhancer_name, promoter_name, label`, names like
    `K562|chr1:10-20`) or of `GENERIC_COLUMNS`, as `text.read_headed` reads it, or one of BENGI's,
    as `read_bengi` does. Other columns are ignored, the label-derived ones of published tables
    among them. Raises `InputError` for an empty table, one of several cell lines, bad intervals,
    labels other than 0 and 1, and pairs listed with both labels.
    """
    columns = [*COLUMNS, "row"]
    pairs = narrowed(read_bengi(path)[columns]) if is_bengi(path) else _read_headed(path)
    again = repeated(pairs, COLUMNS)
    return pairs[~again].reset_index(drop=True) if again.any() else pairs


def _read_headed(path: Path) -> pd.DataFrame:
    """All rows of a table with a header: `COLUMNS` and row."""
    blocks = headed_blocks(path, [TARGETFINDER_COLUMNS, GENERIC_COLUMNS], [LINE])
    pairs = stacked([narrowed(_block_of_pairs(rows, path)) for rows in blocks])
    _require_rows(pairs, path)
    if LINE in pairs:
        _check_one_line(pairs.pop(LINE), pairs.row, path)
    _check_rows(pairs, path)
    return pairs


def _require_rows(table: pd.DataFrame, path: Path) -> None:
    if table.empty:
        raise InputError(
            "this pair table is empty",
            "A cell line needs pairs: give another file or remove the line",
            path,
        )


def is_bengi(path: Path) -> bool:
    """Whether a file begins with a row of BENGI's: no header, tabs, numbers in their place."""
    first = next((text for _, text in data_lines(path)), "").split("\t")
    numbers = [first[k] for k in (0, 3, 4, 7, 8)] if len(first) in BENGI_WIDTHS else [""]
    return all(text.strip().isdigit() for text in numbers)


def read_bengi(path: Path) -> pd.DataFrame:
    """All rows of a table of BENGI: `COLUMNS`, distance (bp), both names, line (as the names say),
    row (line in the file).

    The distance is that from the enhancer's midpoint to the TSS, which lies in the promoter.
    Raises `InputError` for what `read_pairs` refuses, and for the first row that has another number
    of fields, a distance or a name that disagrees with its coordinates, or another line.
    """
    rows = read_plain(path, len(BENGI_COLUMNS))
    table = rows.table.set_axis(BENGI_COLUMNS, axis=1)
    _require_rows(table, path)
    for line, count in rows.fields[~rows.fields.isin(BENGI_WIDTHS)].head(1).items():
        problem = f"{count} fields where BENGI has {BENGI_WIDTHS[0]}, or one more"
        raise InputError(problem, f"Give {BENGI_COLUMNS}, separated by tabs", path, int(line))
    pairs = _numbered(table, path)
    _check_rows(pairs, path)
    lines = [_line_of_names(table, pairs, end, path) for end in ENDS]
    every = pd.concat(lines)
    _check_one_line(every, every.index, path)
    kept = {"distance": _distances(table, pairs, path), "line": lines[0]}
    names = table[[f"{end}_name" for end in ENDS]]
    whole = pairs.assign(**kept, **names).reset_index(drop=True)
    return whole[[*COLUMNS, *kept, *names, "row"]]


def _line_of_names(table: pd.DataFrame, pairs: pd.DataFrame, end: str, path: Path) -> pd.Series:
    """The line that the names of one end give, after holding them against the coordinates."""
    name = table[f"{end}_name"]
    parts = name.str.extract(BENGI_NAME)
    for row in name.index[parts.isna().any(axis=1)][:1]:
        problem = f"'{name[row]}' is not a name like {BENGI_NAMES[end]}"
        raise InputError(problem, "Mend the name", path, row)
    start, stop = (parts[edge].astype("int64") for edge in ("start", "end"))
    agrees = (parts.chrom == pairs.chrom) & (start >= pairs[f"{end}_start"])
    agrees &= stop <= pairs[f"{end}_end"]
    if end == "enhancer":
        agrees &= (start == pairs.enhancer_start) & (stop == pairs.enhancer_end)
    for row in name.index[~agrees][:1]:
        place = f"{pairs.chrom[row]}:{pairs[f'{end}_start'][row]}-{pairs[f'{end}_end'][row]}"
        problem = f"the {end} is named '{name[row]}' and lies at {place}"
        raise InputError(problem, "Mend the name or the coordinates", path, row)
    return parts.line


def _check_one_line(lines: pd.Series, row: pd.Series | pd.Index, path: Path) -> None:
    """Raise `InputError` for pairs of several lines, whose labels would be read as those of one;
    lines, row : of each pair.
    """
    other = np.asarray(row)[(lines != lines.iloc[0]).to_numpy()]
    for first in np.sort(other)[:1]:
        problem = f"the pairs are of several cell lines: {shown(lines.unique())}"
        raise InputError(problem, "Give a table for each line", path, first)


def _distances(table: pd.DataFrame, pairs: pd.DataFrame, path: Path) -> pd.Series:
    """The distances, after holding them against both elements' coordinates."""
    distance = decimals(table.distance)
    middle = (pairs.enhancer_start + pairs.enhancer_end) / 2
    before, behind = pairs.promoter_start - middle, middle - pairs.promoter_end
    nearest = pd.concat([before, behind], axis=1).max(axis=1).clip(lower=0)
    furthest = -pd.concat([before, behind], axis=1).min(axis=1)
    for row in distance.index[~((distance >= nearest) & (distance <= furthest))][:1]:
        problem = (
            f"the distance is '{table.distance[row]}', from the enhancer's midpoint to the promoter"
            f" it is {nearest[row]:.0f} to {furthest[row]:.0f} bp"
        )
        raise InputError(problem, "Mend the distance or the coordinates", path, row)
    return distance


def _block_of_pairs(rows: Rows, path: Path) -> pd.DataFrame:
    """The columns of `COLUMNS` of one block, and the line where it is given: as numbers they take a
    tenth of their text.
    """
    table = require_equal_rows(rows, path)
    line = table[[LINE]] if LINE in table else table[[]]
    if set(TARGETFINDER_COLUMNS) <= set(table.columns):
        table = _from_names(table, path)
    return _numbered(table, path).join(line)


def _from_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The columns of `GENERIC_COLUMNS` from TargetFinder's names; each distinct name is taken apart
    once, as many pairs share an element.
    """
    for end in ENDS:
        name = table[f"{end}_name"]
        of_row, distinct = pd.factorize(name)
        parts = pd.Series(distinct).str.extract(NAME_PATTERN)
        for line in name.index[parts.isna().any(axis=1).to_numpy()[of_row]][:1]:
            raise InputError(
                f"'{name[line]}' is not a name like K562|chr1:10-20", "Mend the name", path, line
            )
        columns = {f"{end}_{part}": parts[part].array.take(of_row) for part in parts}
        table = table.assign(**columns)
    return table


def _numbered(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The columns of `COLUMNS` from text, after checking chromosomes and numbers, and row."""
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
    columns = {"chrom": table.enhancer_chrom, **edges, "label": _labels(table, path)}
    return pd.DataFrame({**columns, "row": table.index})


def _labels(table: pd.DataFrame, path: Path) -> pd.Series:
    labels = table.label.str.lower().map(LABELS)
    for line in labels.index[labels.isna()][:1]:
        raise InputError(f"label is {table.label[line] or 'empty'}", "Give 0 or 1", path, line)
    return labels.astype("int64")


def _check_rows(pairs: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` for the first row without an interval, or with a label that an earlier row
    of the same pair has not.
    """
    for kind in ENDS:
        start, end = pairs[f"{kind}_start"], pairs[f"{kind}_end"]
        for pair in pairs[(start < 0) | (start >= end)].head(1).itertuples():
            problem = (
                f"{kind} {pair.chrom}:{start[pair.Index]}-{end[pair.Index]} is not an interval"
                " (0-based, half-open)"
            )
            raise InputError(problem, "Mend or remove the row", path, pair.row)
    again = repeated(pairs, COORDINATES)
    otherwise = again & ~repeated(pairs, COLUMNS) if again.any() else again
    for pair in pairs[otherwise].head(1).itertuples():
        problem = (
            f"the pair {pair.chrom}:{pair.enhancer_start} - {pair.promoter_start} is listed with"
            " label 0 and with label 1"
        )
        raise InputError(problem, "Decide on one label", path, pair.row)


def midpoints(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with `enhancer_mid` and `promoter_mid` added, floor((start + end) / 2) in bp."""
    return pairs.assign(**{f"{end}_mid": middle(pairs, end) for end in ENDS})


def middle(pairs: pd.DataFrame, end: str) -> pd.Series:
    """The midpoints of one end."""
    start, stop = pairs[f"{end}_start"], pairs[f"{end}_end"]
    return start + (stop - start) // 2
