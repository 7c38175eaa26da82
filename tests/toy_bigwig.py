"""A bigWig of a few steps."""

import pyBigWig


def bigwig(path, table, sizes):
    """Write steps (chrom, start, end, signal) that do not overlap; sizes : of the chromosomes."""
    file = pyBigWig.open(str(path), "w")
    file.addHeader(list(sizes.items()))
    for chrom, rows in table.groupby("chrom", sort=False):
        ends, values = rows.end.tolist(), rows.signal.astype(float).tolist()
        file.addEntries([chrom] * len(rows), rows.start.tolist(), ends=ends, values=values)
    file.close()
    return path
