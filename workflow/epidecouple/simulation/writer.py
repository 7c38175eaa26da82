"""Write a simulated world in the file formats of the real sources, and its truth apart from the
data.

FASTA (gzip), TargetFinder pair tables, HiCCUPS loop lists, narrowPeak and broadPeak files, planted
motifs in MEME format; 0-based, half-open.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.dna import BASES
from ..core.errors import InputError
from ..core.integrity import seal
from ..core.random_streams import Stream, rng_for
from ..core.sections.data import SimulationConfig
from ..files.catalog import Catalog
from ..files.motifs import Motif, write_motifs
from .chromatin import MARKS
from .world import BACKGROUND, JITTER, World, motif_probabilities

LETTERS = np.frombuffer(BASES.encode(), dtype=np.uint8)
NARROW = ("CTCF", "DNase")
ANCHOR_HALF, ELEMENT_HALF, ELEMENT_SPREAD, ELEMENT_GROWTH = 300, 150, 60, 20
NARROW_WIDTH, BROAD_WIDTH = 400, 1200
PEAK_THRESHOLD, SIGNAL_BASE, SIGNAL_SLOPE, BARRIER_SIGNAL = -2.5, 100.0, 1.0, 600.0


def write_world(
    world: World, config: SimulationConfig, catalog: Catalog, truth: Path, seed: int
) -> None:
    """Write FASTA, motifs, pair tables, loop lists and peaks where `catalog` expects them, and the
    truth apart.
    """
    _check_room(config, len(catalog.lines))
    rng = rng_for(seed, Stream.SIMULATED_FILES)
    offsets = config.mark_offset * rng.normal(size=world.strength.shape[1:])
    _write_genome(world, config, catalog.genome, rng)
    assert catalog.motifs is not None, "a simulated dataset has a motif file"
    motifs = [
        Motif(name, name, motif_probabilities(config, codes))
        for name, codes in world.motifs.items()
    ]
    write_motifs(motifs, BACKGROUND, catalog.motifs)
    for c, (line, files) in enumerate(catalog.lines.items()):
        _write_pairs(world, c, line, config, files.pairs, rng)
        _write_loops(world, c, files.loops)
        for mark, path in files.peaks.items():
            if mark not in MARKS:
                raise InputError(
                    f"the simulation has no mark {mark}", f"Choose `marks` among {MARKS}", "config"
                )
            m = MARKS.index(mark)
            _write_peaks(world, c, m, mark, offsets[c, m], path)
    _write_truth(world, catalog, truth)


def _check_room(config: SimulationConfig, lines: int) -> None:
    """Raise `InputError` when neighbouring loci could share a planted window, or a loop could join
    a pair that is not its own.
    """
    room = config.slot_bp - 2 * JITTER
    longest = (
        ELEMENT_HALF + ELEMENT_GROWTH * config.annotation_artefact * (lines - 1) + ELEMENT_SPREAD
    )
    needed = max(config.window_bp, int(longest) + ANCHOR_HALF)
    if needed > room:
        problem = (
            f"simulation.slot_bp {config.slot_bp} leaves {room} bp between loci, elements and loop"
            f" anchors need {needed} bp"
        )
        raise InputError(
            problem, "Raise slot_bp or lower annotation_artefact or window_bp", "config"
        )


def _write_genome(
    world: World, config: SimulationConfig, path: Path, rng: np.random.Generator
) -> None:
    half = config.window_bp // 2
    length = int(world.loci.mid.max()) + 2 * config.slot_bp
    elements = world.loci[world.loci.element].assign(row=lambda table: np.arange(len(table)))
    with _open_gzip(path) as file:
        for chrom, block in elements.groupby("chrom", sort=False):
            bases = rng.choice(4, length, p=BACKGROUND).astype(np.uint8)
            bases[block.mid.to_numpy()[:, None] + np.arange(-half, half)] = world.codes[block.row]
            file.write(f">{chrom}\n".encode() + _wrapped(LETTERS[bases]))


def _wrapped(letters: np.ndarray, width: int = 60) -> bytes:
    full = len(letters) // width * width
    lines = np.column_stack(
        [letters[:full].reshape(-1, width), np.full(full // width, ord("\n"), np.uint8)]
    )
    rest = letters[full:].tobytes()
    return lines.tobytes() + (rest + b"\n" if rest else b"")


def _write_pairs(
    world: World, c: int, line: str, config: SimulationConfig, path: Path, rng: np.random.Generator
) -> None:
    """The natural table of line c in TargetFinder's format; element lengths carry the line's
    annotation artefact.
    """
    rows = np.flatnonzero(world.origin == c)
    names = {
        kind: _element_names(
            world.loci.loc[world.pairs[kind].to_numpy()[rows]],
            line,
            config.annotation_artefact * c,
            rng,
        )
        for kind in ("enhancer", "promoter")
    }
    table = pd.DataFrame(
        {
            "enhancer_name": names["enhancer"],
            "promoter_name": names["promoter"],
            "label": world.labels[rows, c],
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


def _element_names(
    loci: pd.DataFrame, line: str, artefact: float, rng: np.random.Generator
) -> list[str]:
    half = (
        ELEMENT_HALF + ELEMENT_GROWTH * artefact + rng.integers(0, ELEMENT_SPREAD, len(loci))
    ).astype(int)
    return [
        f"{line}|{chrom}:{mid - h}-{mid + h}"
        for chrom, mid, h in zip(loci.chrom, loci.mid, half, strict=True)
    ]


def _write_loops(world: World, c: int, path: Path) -> None:
    """HiCCUPS columns; anchors of 600 bp around both midpoints, so that a loop joins its own pair
    only.
    """
    pairs = world.pairs[world.labels[:, c] == 1]
    ends = np.sort(
        np.column_stack(
            [world.loci.mid.to_numpy()[pairs[kind]] for kind in ("enhancer", "promoter")]
        ),
        axis=1,
    )
    chrom = world.loci.chrom.to_numpy()[pairs.enhancer]
    bare = pd.Series(chrom).str.removeprefix("chr")
    table = pd.DataFrame(
        {
            "chr1": bare,
            "x1": ends[:, 0] - ANCHOR_HALF,
            "x2": ends[:, 0] + ANCHOR_HALF,
            "chr2": bare,
            "y1": ends[:, 1] - ANCHOR_HALF,
            "y2": ends[:, 1] + ANCHOR_HALF,
            "color": "0,255,255",
            "o": 1,
        }
    )
    with _open_gzip(path) as file:
        table.sort_values(["chr1", "x1", "y1"]).to_csv(file, sep="\t", index=False)


def _write_peaks(world: World, c: int, m: int, mark: str, offset: float, path: Path) -> None:
    """Peaks of one mark in one line; a technical offset changes which peaks are called and how
    strong they are.
    """
    level = world.strength[:, c, m] + offset
    called = level > PEAK_THRESHOLD
    signal = SIGNAL_BASE * np.exp(SIGNAL_SLOPE * level)
    if mark == "CTCF":
        barrier = world.barriers[:, c]
        own = BARRIER_SIGNAL * np.exp(world.barrier_level + SIGNAL_SLOPE * offset)
        signal = np.where(barrier, own, signal)
        called = np.where(world.loci.kind == "barrier", barrier, called)
    half = (NARROW_WIDTH if mark in NARROW else BROAD_WIDTH) // 2
    rows = world.loci[called]
    table = pd.DataFrame(
        {
            "chrom": rows.chrom,
            "start": rows.mid - half,
            "end": rows.mid + half,
            "name": ".",
            "score": 1000,
            "strand": ".",
            "signal": signal[called].round(4),
            "p": -1,
            "q": -1,
        }
    )
    if mark in NARROW:
        table["summit"] = half
    with _open_gzip(path) as file:
        table.to_csv(file, sep="\t", index=False, header=False)


def _write_truth(world: World, catalog: Catalog, path: Path) -> None:
    """The energies and lineage motifs of every pair, keyed by chromosome and midpoints: for the
    recovery stage only.
    """
    mid = world.loci.mid.to_numpy()
    table = pd.DataFrame(
        {
            "chrom": world.loci.chrom.to_numpy()[world.pairs.enhancer],
            "enhancer_mid": mid[world.pairs.enhancer],
            "promoter_mid": mid[world.pairs.promoter],
            "potential": world.potential,
            "potential_of_dna": world.potential_of_dna,
        }
    )
    for c, line in enumerate(catalog.lines):
        table[f"resistance_{line}"] = world.resistance[:, c]
        table[f"line_offset_{line}"] = world.offset[c]
    for k in range(world.lineage.shape[1]):
        table[f"lineage_motif_{k}"] = world.lineage[:, k]
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path, index=False)
    seal(path)


@contextmanager
def _open_gzip(path: Path) -> Iterator[gzip.GzipFile]:
    """A gzip file without time stamp or name, so that the same content gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as file,
    ):
        yield file
