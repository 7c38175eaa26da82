"""Tables in parquet files, some rows at a time, so that memory does not grow with their number."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..core.batch_sizes import PAIRS_PER_BLOCK


def read_blocks(path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    """Some columns of a table, block by block in the order of its rows; the index numbers the rows
    of the whole table.
    """
    start = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(PAIRS_PER_BLOCK, columns=columns):
            block = batch.to_pandas()
            yield block.set_axis(range(start, start + len(block)))
            start += len(block)


def count_rows(path: Path) -> int:
    """Number of rows of a table."""
    return pq.read_metadata(path).num_rows


def write_blocks(blocks: Iterable[pd.DataFrame], path: Path) -> None:
    """Write blocks, one at least, as one table without index, a row group each."""
    tables = (pa.Table.from_pandas(block, preserve_index=False) for block in blocks)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table)
