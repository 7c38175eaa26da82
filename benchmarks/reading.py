"""Windows of shuffled pairs in batches: unique windows encoded once and gathered, against readers
that fetch them anew.

Encoding all windows is measured on the genome of the other rows, which they cover by a quarter to
once, and on a larger one, of which they cover some per cent, as is usual.

Two tables: what each reader hands over (ours codes, GenVarLoader letters, the others one-hot), and
the same as float32 (batch, 4, L) of enhancer and promoter, which is checked to be equal first.
"""

import tempfile
from functools import partial
from pathlib import Path

import genvarloader as gvl
import numpy as np
import pandas as pd
import polars as pl
import pyfaidx
import torch
from tangermeme.io import extract_loci
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from epidecouple.data.loci import windows
from epidecouple.files.fasta import encode_windows, open_genome
from epidecouple.model.sequence import one_hot
from timing import OURS, Arm, Row, compare
from world import CHROMOSOME_BP, CHROMOSOMES, elements, pairs_of, write_genome

ELEMENTS, PAIRS, SLOW_PAIRS = 20_000, 8_192, 512
WINDOWS, BATCHES = (1000, 2000, 4000), (64, 512, 4096)
LARGE_CHROMOSOME_BP, WINDOWS_OF_LARGE = 50_000_000, (1000, 2000)
ENDS = ("enhancer", "promoter")


class PerItem(Dataset):
    """What a user writes first: fetch two windows of a pair from the FASTA, encode them letter by
    letter in numpy.
    """

    def __init__(self, fasta: Path, places: pd.DataFrame, pairs: pd.DataFrame) -> None:
        self.fasta, self.pairs = pyfaidx.Fasta(str(fasta)), pairs
        self.places = list(places.itertuples(index=False, name=None))

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        return tuple(self._window(self.pairs[end].iloc[row]) for end in ENDS)

    def _window(self, element: int) -> np.ndarray:
        chrom, start, end = self.places[element]
        letters = np.frombuffer(self.fasta[chrom][start:end].seq.encode(), dtype=np.uint8)
        return (letters == np.frombuffer(b"ACGT", dtype=np.uint8)[:, None]).astype(np.float32)


def batches_of(pairs: pd.DataFrame, order: np.ndarray, batch: int):
    """Rows of the elements at either end, a batch of pairs at a time."""
    columns = [pairs[end].to_numpy()[order] for end in ENDS]
    for start in range(0, len(order), batch):
        yield tuple(rows[start : start + batch] for rows in columns)


class Codes:
    """Ours: rows of the stored codes; one-hot where the model is."""

    def __init__(self, fasta: Path, places: pd.DataFrame) -> None:
        with open_genome(fasta) as genome:
            self.codes = encode_windows(genome, places, fasta)

    def read(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.codes[rows])

    def hot(self, found: Tensor) -> Tensor:
        return one_hot(found)


class Regions:
    """GenVarLoader's reference dataset, the genome in memory, a batch of regions at once."""

    def __init__(self, fasta: Path, places: pd.DataFrame) -> None:
        bed = pl.from_pandas(places.rename(columns={"start": "chromStart", "end": "chromEnd"}))
        length = int(places.end.iloc[0] - places.start.iloc[0])
        self.dataset = gvl.RefDataset(gvl.Reference.from_path(fasta), bed, output_length=length)

    def read(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(
            np.asarray(self.dataset[rows]).view(np.uint8).reshape(len(rows), -1)
        )

    def hot(self, found: Tensor) -> Tensor:
        hot = torch.empty(len(found), 4, found.shape[1])
        return torch.eq(
            found[:, None], torch.tensor(list(b"ACGT"), dtype=torch.uint8)[:, None], out=hot
        )


class Extracted:
    """tangermeme's `extract_loci` of a batch."""

    def __init__(self, fasta: Path, places: pd.DataFrame) -> None:
        self.fasta, self.places = str(fasta), places

    def read(self, rows: np.ndarray) -> Tensor:
        places = self.places.iloc[rows]
        return extract_loci(
            places, self.fasta, in_window=int(places.end.iloc[0] - places.start.iloc[0])
        )

    def hot(self, found: Tensor) -> Tensor:
        return found.float()


def read_all(reader, pairs: pd.DataFrame, order: np.ndarray, batch: int, hot: bool) -> None:
    """Every batch of an epoch, as it is read or as one-hot."""
    for ends in batches_of(pairs, order, batch):
        for rows in ends:
            found = reader.read(rows)
            if hot:
                reader.hot(found)


def exhausted(batches) -> None:
    """Take every batch."""
    for _ in batches:
        pass


def encoding(
    fasta: Path, places: pd.DataFrame, length: int, chromosome_bp: int = CHROMOSOME_BP
) -> list[Row]:
    """Encoding windows, which ours does once for a run and the others for every batch."""
    extract = partial(extract_loci, places, str(fasta), in_window=length)
    assert torch.equal(hot_bytes(Codes(fasta, places).codes), extract()), "encodings differ"
    genome_bp = CHROMOSOMES * chromosome_bp
    share = f"{length} bp, {len(places) * length / genome_bp:.0%} of {genome_bp / 1e6:.0f} Mb"
    theirs = Arm(extract, len(places), f"{4 * length} B per window")
    arms = {
        OURS: Arm(lambda: Codes(fasta, places), len(places), f"{length} B per window, once"),
        "tangermeme extract_loci": theirs,
    }
    rows = compare("encode windows", share, arms, repeats=5)
    arms[OURS] = Arm(lambda: hot_bytes(Codes(fasta, places).codes), len(places))
    return rows + compare("encode windows as one-hot", share, arms, repeats=5)


def encoding_of_large(folder: Path) -> list[Row]:
    """Encoding as many windows of a genome of which they cover some per cent."""
    fasta = folder / "large.fa"
    write_genome(fasta, chromosome_bp=LARGE_CHROMOSOME_BP)
    table = elements(ELEMENTS, max(WINDOWS), chromosome_bp=LARGE_CHROMOSOME_BP)
    return [
        row
        for length in WINDOWS_OF_LARGE
        for row in encoding(fasta, windows(table, length), length, LARGE_CHROMOSOME_BP)
    ]


def hot_bytes(codes: np.ndarray) -> Tensor:
    """One-hot windows int8 (n, 4, L), as tangermeme hands them over; numpy compares into booleans
    many times faster than torch.
    """
    hot = np.empty((len(codes), 4, codes.shape[1]), dtype=bool)
    np.equal(codes[:, None], np.arange(4, dtype=np.uint8)[:, None], out=hot)
    return torch.from_numpy(hot.view(np.int8))


def reading(fasta: Path, table: pd.DataFrame, pairs: pd.DataFrame, length: int) -> list[Row]:
    """Batches of one window length at every batch size."""
    places = windows(table, length)
    ours, regions, loci, items = (
        Codes(fasta, places),
        Regions(fasta, places),
        Extracted(fasta, places),
        PerItem(fasta, places, pairs),
    )
    order = np.random.default_rng(0).permutation(len(pairs))
    some = order[:SLOW_PAIRS]
    check([ours, regions, loci], pairs.enhancer.to_numpy()[some])
    rows = encoding(fasta, places, length)
    for batch in BATCHES:
        loader = DataLoader(Subset(items, some.tolist()), batch)
        for hot, name in ((False, "read batches"), (True, "read batches as one-hot")):
            arms = {
                OURS: Arm(partial(read_all, ours, pairs, order, batch, hot), len(order)),
                "GenVarLoader": Arm(
                    partial(read_all, regions, pairs, order, batch, hot), len(order)
                ),
                "tangermeme extract_loci": Arm(
                    partial(read_all, loci, pairs, some, batch, hot), len(some)
                ),
                "pyfaidx dataset per item": Arm(partial(exhausted, loader), len(some)),
            }
            rows += compare(name, f"{length} bp, batch {batch}", arms)
    return rows


def check(readers: list, rows: np.ndarray) -> None:
    """All readers give the same one-hot windows."""
    ours, *others = (reader.hot(reader.read(rows)) for reader in readers)
    assert all(torch.equal(ours, theirs) for theirs in others), "readers differ"


def rows() -> list[Row]:
    """All settings."""
    with tempfile.TemporaryDirectory() as folder:
        fasta = Path(folder) / "genome.fa"
        write_genome(fasta)
        table = elements(ELEMENTS, margin=max(WINDOWS))
        pairs = pairs_of(table, PAIRS)
        rows = [row for length in WINDOWS for row in reading(fasta, table, pairs, length)]
        return rows + encoding_of_large(Path(folder))
