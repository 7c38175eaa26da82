"""Synthetic inputs of the sizes that users have: a genome, pairs, peaks, and a panel as training
sees it.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from epidecouple.core.config import Config, validated
from epidecouple.data.normalisation import Normaliser
from epidecouple.data.panel import Panel
from epidecouple.data.shards import Shard

CHROMOSOMES, CHROMOSOME_BP = 8, 10_000_000
LINE_LETTERS = 60


def write_genome(path: Path, seed: int = 1, chromosome_bp: int = CHROMOSOME_BP) -> None:
    """A FASTA of random letters: `CHROMOSOMES` of `chromosome_bp` each."""
    rng = np.random.default_rng(seed)
    with path.open("wb") as file:
        for k in range(CHROMOSOMES):
            letters = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, chromosome_bp)]
            lines = np.pad(letters, (0, -len(letters) % LINE_LETTERS)).reshape(-1, LINE_LETTERS)
            text = np.column_stack([lines, np.full(len(lines), ord("\n"), dtype=np.uint8)]).ravel()
            file.write(f">chr{k + 1}\n".encode() + text[text != 0].tobytes() + b"")


def elements(
    count: int, margin: int, seed: int = 2, chromosome_bp: int = CHROMOSOME_BP
) -> pd.DataFrame:
    """Distinct midpoints sorted by position: chrom, mid; `margin` bp stay free at the ends of
    chromosomes.
    """
    rng = np.random.default_rng(seed)
    chrom = np.sort(rng.integers(0, CHROMOSOMES, count))
    mid = rng.integers(margin, chromosome_bp - margin, count)
    table = pd.DataFrame({"chrom": [f"chr{k + 1}" for k in chrom], "mid": mid})
    return table.drop_duplicates().sort_values(["chrom", "mid"], ignore_index=True)


def pairs_of(table: pd.DataFrame, count: int, reach: int = 40, seed: int = 3) -> pd.DataFrame:
    """Pairs of elements at most `reach` rows apart on one chromosome: enhancer, promoter (rows),
    midpoints, chrom.
    """
    rng = np.random.default_rng(seed)
    enhancer = rng.integers(0, len(table), 2 * count)
    promoter = np.clip(
        enhancer + rng.integers(1, reach, len(enhancer)) * rng.choice([-1, 1], len(enhancer)),
        0,
        len(table) - 1,
    )
    chrom, mid = table.chrom.to_numpy(dtype=str), table.mid.to_numpy()
    kept = np.flatnonzero((chrom[enhancer] == chrom[promoter]) & (enhancer != promoter))[:count]
    enhancer, promoter = enhancer[kept], promoter[kept]
    return pd.DataFrame(
        {
            "enhancer": enhancer,
            "promoter": promoter,
            "enhancer_mid": mid[enhancer],
            "promoter_mid": mid[promoter],
            "chrom": chrom[enhancer],
        }
    )


def peaks(count: int, seed: int) -> pd.DataFrame:
    """Peaks of one mark in one line, sorted: chrom, start, end, signal."""
    rng = np.random.default_rng([4, seed])
    start = rng.integers(0, CHROMOSOME_BP - 5000, count)
    table = pd.DataFrame(
        {
            "chrom": [f"chr{k + 1}" for k in np.sort(rng.integers(0, CHROMOSOMES, count))],
            "start": start,
        }
    )
    table = table.assign(
        end=start + rng.integers(150, 3000, count), signal=np.round(rng.gamma(2, 4, count), 3)
    )
    return table.sort_values(["chrom", "start", "end"], ignore_index=True)


def configuration(lines: int, marks: int, **sections: dict) -> Config:
    """The default configuration with lines and marks of these numbers, one of the lines held
    out.
    """
    names = [f"Line{k}" for k in range(lines)]
    given = {
        "run": "benchmark",
        "dataset": {"kind": "simulated"},
        "cell_lines": names,
        "marks": [f"M{k}" for k in range(marks)],
    }
    return Config.from_dict(validated(given | sections))


def panel(config: Config, n_pairs: int, n_elements: int, seed: int = 5) -> Panel:
    """A panel of random windows, signal and labels, a tenth of the pairs for validation."""
    rng, table = np.random.default_rng(seed), elements(n_elements, 5000)
    pairs, lines, marks = pairs_of(table, n_pairs), len(config.all_lines), len(config.marks)
    n = len(pairs)
    width = 2 + config.windows.bins + config.windows.way_slots
    manifest = {
        "marks": {
            mark: {"present": True, **Normaliser(0.0, 1.0).as_dict()} for mark in config.marks
        }
    }
    labels = (rng.random((n, lines)) < 0.1).astype(np.int8)
    signal = [rng.normal(size=(n, width, marks)).astype(np.float16) for _ in range(lines)]
    reference = [
        rng.normal(size=(config.reference.loci, marks)).astype(np.float16) for _ in range(lines)
    ]
    shards = [
        Shard(labels[:, c], labels[:, c], signal[c], reference[c], manifest) for c in range(lines)
    ]
    distance = np.maximum(1, (pairs.enhancer_mid - pairs.promoter_mid).abs())
    return Panel(
        lines=config.all_lines,
        training=list(range(lines)),
        codes=rng.integers(0, 4, (len(table), config.windows.sequence_bp), dtype=np.uint8),
        enhancer=pairs.enhancer.to_numpy(),
        promoter=pairs.promoter.to_numpy(),
        log_distance=np.log10(distance).to_numpy(dtype=np.float32),
        annotated_bp=np.full((n, 2), 500, dtype=np.float32),
        chrom=pairs.chrom.to_numpy(dtype=str),
        split=np.where(rng.random(n) < 0.1, "validation", "train"),
        labels=labels,
        published=labels,
        shards=shards,
        present=np.ones((lines, marks), dtype=bool),
        way_slots=config.windows.way_slots,
        offset=np.zeros((lines, marks), dtype=np.float32),
        scale=np.ones((lines, marks), dtype=np.float32),
    )
