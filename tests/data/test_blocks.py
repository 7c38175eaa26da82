"""Tables by blocks: the same tables, and the same refusals, whatever the size of a block."""

import json

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.integrity import seal
from epidecouple.data.blocks import count_rows, read_blocks, write_blocks
from epidecouple.data.loci import StoredPanel, check_on_genome
from toy import refusal, run_main

SIZES = [7, 37]


@pytest.fixture(params=SIZES)
def rows(request, monkeypatch) -> int:
    """So many rows are read at once."""
    monkeypatch.setattr("epidecouple.data.blocks.PAIRS_PER_BLOCK", request.param)
    return request.param


def test_blocks_hold_the_columns_asked_for_and_number_the_rows(toy_panel, rows):
    path = toy_panel.folder / "panel.parquet"
    table = pd.read_parquet(path)
    blocks = [*read_blocks(path, ["row", "chrom"])]
    assert {len(block) for block in blocks[:-1]} == {rows} and count_rows(path) == len(table)
    pd.testing.assert_frame_equal(
        pd.concat(blocks), table[["row", "chrom"]], check_index_type=False
    )


def test_one_block_is_the_file_that_pandas_writes_and_many_are_the_same_table(tmp_path):
    table = pd.DataFrame({"name": ["a", "b", "a"], "number": [1, 2, 3]})
    table = table.assign(small=np.array([0, -1, 1], dtype=np.int8), part=[0.5, np.nan, 2.0])
    table.to_parquet(tmp_path / "pandas.parquet", index=False)
    write_blocks([table], tmp_path / "one.parquet")
    write_blocks([table[:1], table[1:]], tmp_path / "two.parquet")
    written = [(tmp_path / f"{name}.parquet").read_bytes() for name in ("pandas", "one")]
    assert written[0] == written[1]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "two.parquet"), table)


def elements_of(toy_panel, panel, folder, **values) -> dict:
    """What the stage `elements` makes of a panel, by the name of the output."""
    folder.mkdir()
    names = ("elements", "sequences", "pairs", "splits", "chromosomes", "metrics")
    files = {name: folder / name for name in names} | {"sequences": folder / "sequences.npy"}
    settings = json.loads(json.dumps(toy_panel.world.values)) | values
    run_main("elements", toy_panel.world.root, settings, panel=panel, **files)
    return files


def test_elements_and_pairs_do_not_depend_on_the_size_of_a_block(toy_panel, tmp_path, rows):
    path = tmp_path / "panel.parquet"
    columns = list(pd.read_parquet(toy_panel.folder / "panel.parquet"))
    write_blocks(read_blocks(toy_panel.folder / "panel.parquet", columns), path)
    seal(path)
    found = elements_of(toy_panel, path, tmp_path / "made")
    known = {"sequences": "sequences.npy", "splits": "splits.json", "elements": "elements.parquet"}
    for name, stored in known.items():
        assert found[name].read_bytes() == (toy_panel.elements / stored).read_bytes()
    assert found["metrics"].read_bytes() == (toy_panel.folder / "elements.json").read_bytes()
    pairs = (
        pd.read_parquet(each) for each in (found["pairs"], toy_panel.elements / "pairs.parquet")
    )
    pd.testing.assert_frame_equal(*pairs)


@pytest.mark.parametrize(
    "mistakes",
    [
        {300: {"chrom": "chr99"}, 20: {"promoter_mid": 3}},
        {40: {"promoter_end": 10**9}, 41: {"enhancer_mid": 5}, 500: {"enhancer_end": 10**9}},
        {590: {"promoter_mid": 10**9}, 591: {"promoter_mid": 1}},
    ],
)
def test_of_several_mistakes_the_same_is_refused_whatever_the_blocks(
    toy_panel, tmp_path, rows, mistakes
):
    table = pd.read_parquet(toy_panel.folder / "panel.parquet")
    for row, values in mistakes.items():
        table.loc[row, list(values)] = list(values.values())
    table.to_parquet(tmp_path / "panel.parquet", index=False)
    sizes = dict.fromkeys(table.chrom.unique(), 10**7)
    sizes.pop("chr99", None)
    tables = dict.fromkeys(toy_panel.world.config.all_lines, tmp_path / "table.csv")
    first = StoredPanel(tmp_path / "panel.parquet").misfits(sizes, 168)
    assert len(first) < 600
    whole, of_blocks = (refusal(check_on_genome, one, sizes, 168, tables) for one in (table, first))
    assert of_blocks == whole
