import pandas as pd

from epidecouple.data.loci import reach
from toy import frame, run_main


def test_reach_holds_every_peak_in_whole_tiles():
    peaks = frame("chrom start end", ("chr1", 0, 10), ("chr1", 3, 21), ("chr2", 0, 20))
    assert reach(peaks, 10).to_dict() == {"chr1": 30, "chr2": 20}


def test_stage_makes_the_same_loci_without_the_genome(toy_panel, tmp_path):
    world, genome = toy_panel.world, toy_panel.world.catalog.genome
    hidden = genome.rename(genome.with_suffix(".hidden"))
    try:
        written = {
            name: tmp_path / f"{name}.parquet" for name in ("elements", "pairs", "reference")
        }
        panel = toy_panel.folder / "panel.parquet"
        run_main(
            "resistance_loci",
            world.root,
            world.values,
            panel=panel,
            splits=tmp_path / "splits.json",
            **written,
        )
    finally:
        hidden.rename(genome)
    for name in ("elements", "pairs"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(written[name]), pd.read_parquet(toy_panel.elements / f"{name}.parquet")
        )
    assert (tmp_path / "splits.json").read_bytes() == (
        toy_panel.elements / "splits.json"
    ).read_bytes()
    places = [
        set(pd.read_parquet(path).itertuples(index=False, name=None))
        for path in (written["reference"], toy_panel.folder / "reference.parquet")
    ]
    assert places[0] == places[1] and len(places[0]) > 100
