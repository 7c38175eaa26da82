"""The loop panel: the union of all lines' loops, each labelled in every line.

Nobody chose these loci: a locus is in the panel because some line has a loop there, whichever line
called it, and no table of pairs and no activity decides. Coordinates are 0-based, in bp.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

# Distances are of the anchor that is further off: both must be near.
FURTHER_ANCHOR = np.inf
ANCHORS = ["left", "right"]


def anchor_midpoints(loops: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The loops of all lines as points: chrom, left, right (midpoints of the anchors), line.

    loops : line -> chrom1, start1, end1, chrom2, start2, end2, as `files.loops.read_loops` gives
    them; loops between chromosomes are left out. `line` counts the lines in their order.
    """
    points = []
    for number, table in enumerate(loops.values()):
        within = table[table.chrom1 == table.chrom2]
        ends = np.sort([(within[f"start{k}"] + within[f"end{k}"]) // 2 for k in (1, 2)], axis=0)
        columns = {"chrom": within.chrom1, "left": ends[0], "right": ends[1], "line": number}
        points.append(pd.DataFrame(columns))
    order = ["chrom", *ANCHORS, "line"]
    return pd.concat(points).sort_values(order, ignore_index=True)


def merged_loci(loops: dict[str, pd.DataFrame], merge_bp: int) -> pd.DataFrame:
    """Merge the loops of all lines into loci, and label each locus in every line.

    Two loops are one locus when both of their anchors' midpoints lie within `merge_bp` of each
    other, or a chain of such loops joins them. Returns, in the order of the genome: chrom, left,
    right (medians of the loops' midpoints), loop_<line> (1 where the line has a loop of the locus,
    else 0) and nearest_<line> (distance in bp of the line's nearest loop, by the anchor that is
    further off; infinite where the line has none on the chromosome).
    """
    points = anchor_midpoints(loops)
    points["locus"] = _chained(points, merge_bp)
    loci = points.groupby("locus").agg(
        chrom=("chrom", "first"), left=("left", "median"), right=("right", "median")
    )
    loci = loci.astype(dict.fromkeys(ANCHORS, "int64"))
    for number, line in enumerate(loops):
        own = points[points.line == number]
        loci[f"loop_{line}"] = loci.index.isin(own.locus).astype(np.int8)
        loci[f"nearest_{line}"] = nearest_loop(loci, own)
    return loci.sort_values(["chrom", *ANCHORS], ignore_index=True)


def _chained(points: pd.DataFrame, merge_bp: int) -> np.ndarray:
    """Number (n,) of the locus of each point."""
    links = [np.empty((0, 2), dtype=np.int64)]
    for rows in points.groupby("chrom").indices.values():
        tree = cKDTree(points[ANCHORS].to_numpy()[rows])
        near = tree.query_pairs(merge_bp, p=FURTHER_ANCHOR, output_type="ndarray")
        links.append(rows[near])
    first, second = np.concatenate(links).T
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(points), len(points)))
    return connected_components(graph, directed=False)[1]


def nearest_loop(loci: pd.DataFrame, points: pd.DataFrame) -> np.ndarray:
    """Distance (n,) in bp from each locus to the nearest of some loops, as `merged_loci` has it."""
    distance = np.full(len(loci), np.inf)
    of_chromosome = points.groupby("chrom").indices
    for chrom, rows in loci.groupby("chrom").indices.items():
        if chrom in of_chromosome:
            tree = cKDTree(points[ANCHORS].to_numpy()[of_chromosome[chrom]])
            distance[rows] = tree.query(loci[ANCHORS].to_numpy()[rows], p=FURTHER_ANCHOR)[0]
    return distance


def loop_labels(loci: pd.DataFrame, lines: list[str]) -> np.ndarray:
    """Labels int8 (n, C) of the loci in the lines."""
    return loci[[f"loop_{line}" for line in lines]].to_numpy(dtype=np.int8)


def nearest_loops(loci: pd.DataFrame, lines: list[str]) -> np.ndarray:
    """Distance in bp (n, C) to each line's nearest loop."""
    return loci[[f"nearest_{line}" for line in lines]].to_numpy(dtype=float)
