import pandas as pd

from epidecouple.data.loci import choose_reference, tiles
from epidecouple.data.splits import splits_of
from epidecouple.files.intervals import overlapping
from epidecouple.files.peaks import read_peaks
from toy import frame, refusal, says

SIZES = pd.Series({"chr2": 35, "chr1": 20, "chr9": 9})
PEAKS = frame("chrom start end", ("chr2", 19, 21), ("chr1", 0, 1))


def spread(n: int) -> pd.DataFrame:
    """A peak in every tile of a chromosome of n tiles of 10 bp."""
    return tiles(pd.Series({"chr1": 10 * n}), 10)


def test_tiles_are_adjacent_and_whole():
    expected = [
        ("chr2", 0, 10),
        ("chr2", 10, 20),
        ("chr2", 20, 30),
        ("chr1", 0, 10),
        ("chr1", 10, 20),
    ]
    assert list(tiles(SIZES, 10).itertuples(index=False, name=None)) == expected


def test_only_tiles_with_a_peak_are_chosen():
    chosen = choose_reference(tiles(SIZES, 10), PEAKS, 100, seed=1)
    assert list(chosen.itertuples(index=False, name=None)) == [
        ("chr2", 10, 20),
        ("chr2", 20, 30),
        ("chr1", 0, 10),
    ]


def test_drawn_with_the_seed_in_genomic_order():
    draws = [choose_reference(spread(50), spread(50), 20, seed) for seed in (1, 1, 2)]
    assert draws[0].equals(draws[1]) and not draws[0].equals(draws[2])
    assert all(
        len(draw) == 20 and draw.start.is_monotonic_increasing and draw.start.is_unique
        for draw in draws
    )


def test_no_peak_on_a_training_chromosome():
    message = refusal(choose_reference, tiles(SIZES, 10), PEAKS.assign(chrom="1"), 20, 1)
    says(message, "no peak of a training line", "assembly")


def test_toy_reference_lies_on_training_chromosomes_and_under_peaks_of_training_lines(toy_panel):
    config, lines = toy_panel.world.config, toy_panel.world.catalog.lines
    reference = pd.read_parquet(toy_panel.folder / "reference.parquet")
    peaks = pd.concat(
        [read_peaks(path) for line in config.cell_lines for path in lines[line].peaks.values()]
    )
    assert len(reference) > 100 and set(reference.chrom) <= set(splits_of(config).train)
    assert (reference.end - reference.start == config.windows.signal_bp).all()
    assert overlapping(reference, peaks).all() and not reference.duplicated().any()
