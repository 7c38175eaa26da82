"""Which loci a peak reaches, how loci are chosen, and the file that keeps profiles."""

import numpy as np
import pandas as pd

from epidecouple.samples.library import Library, Name, read_library, write_library
from epidecouple.samples.tiles import (
    ROOM,
    TILE_BP,
    choose_loci,
    counted,
    loci_at,
    presence,
    tiles,
    within,
)


def peaks(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def test_a_peak_reaches_every_tile_that_it_shares_a_base_with():
    table = peaks(("chr2", TILE_BP - 1, TILE_BP + 1), ("chr1", 0, TILE_BP), ("chrY", 0, 9))
    assert tiles(table, ["chr1", "chr2"]).tolist() == [0, ROOM, ROOM + 1]


def test_presence_is_that_of_an_overlap_whatever_the_order():
    loci = loci_at(["chr2", "chr1", "chr1"], np.array([TILE_BP, 0, 2 * TILE_BP]))
    assert list(loci.chrom) == ["chr1", "chr1", "chr2"]
    assert loci.start.tolist() == [0, 2 * TILE_BP, TILE_BP]
    table = peaks(("chr2", 2 * TILE_BP - 1, 2 * TILE_BP), ("chr1", 10, TILE_BP + 10))
    assert presence(table, loci).tolist() == [True, False, True]
    assert presence(table[::-1], loci).tolist() == [True, False, True]
    assert not presence(table[:0], loci).any()


def test_within_is_isin():
    rng = np.random.default_rng(1)
    reached = np.unique(rng.integers(0, 500, 200))
    keys = np.arange(600)
    assert (within(keys, reached) == np.isin(keys, reached)).all()


def test_loci_that_all_or_one_file_reach_are_not_chosen():
    reached = [np.array([1, 2, 3]), np.array([1, 2]), np.array([1]), np.array([1])]
    assert choose_loci(*counted(reached), len(reached), ["chr1"]).keys.tolist() == [2]
    assert choose_loci(*counted(reached[::-1]), len(reached), ["chr1"]).keys.tolist() == [2]


def test_profiles_come_back_as_they_were_written_whatever_their_order(tmp_path):
    loci = loci_at(["chr1", "chr1", "chr10", "chr2"], np.array([4000, 10_000, 2000, 0]))
    names = (Name("K562", "H2A.Z"), Name("GM12878", "CTCF"))
    present = np.array([[1, 0, 0, 1], [0, 1, 1, 1]], dtype=bool)
    write_library(Library(names, present), loci, tmp_path / "one.tsv.gz")
    write_library(Library(names[::-1], present[::-1]), loci, tmp_path / "other.tsv.gz")
    assert (tmp_path / "one.tsv.gz").read_bytes() == (tmp_path / "other.tsv.gz").read_bytes()
    library, back = read_library(tmp_path / "one.tsv.gz")
    assert library.names == names[::-1] and (library.present == present[::-1]).all()
    assert (back.keys == loci.keys).all() and list(back.chrom) == list(loci.chrom)
