"""Predictions as browser tracks: BEDPE and UCSC interact. Coordinates are 0-based and half-open.

Only rows that could be scored can be drawn; the table of predictions holds the others with their
reason.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.dna import ENDS
from .text import numbers_of

EDGES = ("start", "end")
BEDPE_COLUMNS = [
    "chrom1",
    "start1",
    "end1",
    "chrom2",
    "start2",
    "end2",
    "name",
    "score",
    "strand1",
    "strand2",
]
# bed5+13 of https://genome.ucsc.edu/goldenPath/help/interact.html
INTERACT_COLUMNS = [
    "chrom",
    "chromStart",
    "chromEnd",
    "name",
    "score",
    "value",
    "exp",
    "color",
    "sourceChrom",
    "sourceStart",
    "sourceEnd",
    "sourceName",
    "sourceStrand",
    "targetChrom",
    "targetStart",
    "targetEnd",
    "targetName",
    "targetStrand",
]
# What a pair's row of a BEDPE ends with.
ENERGIES = ("U_I", "R_E", "logit", "probability")
SHADED_BY_SCORE = "0"
LARGEST_SCORE = 1000


def scored(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows with a score, their coordinates as numbers; a point, such as a TSS, is drawn 1 bp
    wide.
    """
    rows = predictions[predictions.reason == ""]
    places: dict[str, pd.Series] = {}
    for end in ENDS:
        start, stop = (numbers_of(rows[f"{end}_{edge}"].astype("str"))[0] for edge in EDGES)
        places |= {f"{end}_start": start, f"{end}_end": stop.where(stop > start, start + 1)}
    return rows.assign(**places).astype(dict.fromkeys(places, "int64"))


def browser_score(probability: pd.Series) -> np.ndarray:
    """Probability as the whole number from 0 to 1000 that browsers shade by."""
    return np.rint(probability.to_numpy(dtype=float) * LARGEST_SCORE).astype(np.int64)


def bedpe(predictions: pd.DataFrame, values: Sequence[str] = ENERGIES) -> pd.DataFrame:
    """BEDPE: enhancer, promoter, name `<cell line>:<row>`, score, no strands; then the columns
    `values`.
    """
    rows = scored(predictions)
    columns = [
        rows[f"{end}_{part}"]
        for end in ("enhancer", "promoter")
        for part in ("chrom", "start", "end")
    ]
    name = rows.cell_line + ":" + rows.row.astype(str)
    table = dict(
        zip(BEDPE_COLUMNS, [*columns, name, browser_score(rows.probability), ".", "."], strict=True)
    )
    return pd.DataFrame(table, index=rows.index).join(rows[list(values)])


def interact(predictions: pd.DataFrame) -> pd.DataFrame:
    """UCSC interact, source the enhancer and target the promoter, sorted by position; `value` is
    the logit.
    """
    rows = scored(predictions)
    ends = {
        end: [rows[f"{end}_{part}"] for part in ("chrom", "start", "end")]
        for end in ("enhancer", "promoter")
    }
    table = [
        rows.enhancer_chrom,
        rows[["enhancer_start", "promoter_start"]].min(axis=1),
        rows[["enhancer_end", "promoter_end"]].max(axis=1),
        rows.cell_line + ":" + rows.row.astype(str),
        browser_score(rows.probability),
        rows.logit,
        rows.cell_line,
        SHADED_BY_SCORE,
        *ends["enhancer"],
        "enhancer",
        ".",
        *ends["promoter"],
        "promoter",
        ".",
    ]
    track = pd.DataFrame(dict(zip(INTERACT_COLUMNS, table, strict=True)), index=rows.index)
    return track.sort_values(["chrom", "chromStart", "chromEnd"], kind="stable")


def write_bedpe(predictions: pd.DataFrame, path: Path, values: Sequence[str] = ENERGIES) -> None:
    """Write the BEDPE with a comment that names its columns."""
    table = bedpe(predictions, values)
    with path.open("w") as file:
        file.write("#" + "\t".join(table.columns) + "\n")
        table.to_csv(file, sep="\t", index=False, header=False)


def write_interact(predictions: pd.DataFrame, path: Path, what: str = "P(interaction)") -> None:
    """Write one custom track per cell line into one file, which the UCSC browser loads as it is."""
    table = interact(predictions)
    with path.open("w") as file:
        for line, rows in table.groupby("exp", sort=False):
            file.write(
                f'track type=interact name="{line}" description="{what} in {line},'
                ' epidecouple" interactDirectional=true spectrum=on visibility=full'
                " maxHeightPixels=200:100:50\n"
            )
            rows.to_csv(file, sep="\t", index=False, header=False)
