"""Tables of many rows: parts that hold what may be equal, and are few however many chromosomes."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.core import tables
from epidecouple.core.tables import parts_of, repeated


@pytest.fixture
def small_blocks(monkeypatch) -> None:
    monkeypatch.setattr(tables, "PAIRS_PER_BLOCK", 10)


def places(grid: int, chromosomes: int, rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    names = [f"chr{number}" for number in rng.integers(0, chromosomes, rows)]
    starts = grid * rng.integers(0, 30, rows)
    return pd.DataFrame({"chrom": names, "enhancer_start": starts, "label": starts % 2})


@pytest.mark.parametrize(("grid", "chromosomes"), [(1, 3), (5000, 1), (10, 200)])
def test_parts_share_out_all_rows_and_keep_equal_ones_together(small_blocks, grid, chromosomes):
    """Rows of a grid, whose places share factors with most numbers of parts, are spread as well."""
    table = places(grid, chromosomes)
    parts = [*parts_of(table.chrom, table.enhancer_start)]
    assert sorted(np.concatenate(parts)) == [*range(400)] and len(parts) < 50
    assert all((np.diff(part) > 0).all() for part in parts)
    assert max(map(len, parts)) < 60
    part_of = pd.Series(np.repeat(range(len(parts)), [*map(len, parts)]), np.concatenate(parts))
    assert (part_of.groupby([table.chrom, table.enhancer_start]).nunique() == 1).all()


@pytest.mark.parametrize("chromosomes", [1, 200])
def test_repeats_are_those_that_pandas_finds(small_blocks, chromosomes):
    table = places(1, chromosomes)
    for columns in (["chrom", "enhancer_start"], ["chrom", "enhancer_start", "label"]):
        assert repeated(table, columns).tolist() == table.duplicated(columns).tolist()
