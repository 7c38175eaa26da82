"""Tables in BENGI's layout on a small genome, peaks of the same lines, and TransEPI's scores of a
table: a few kB, with pairs that interact where both ends have peaks and lie near each other.
"""

import gzip
from pathlib import Path

import numpy as np

from epidecouple.core.config import Config
from toy import toy_config

CHROMOSOMES = ["chr1", "chr2", "chr3", "chr4"]
FOLDS = [CHROMOSOMES[:2], CHROMOSOMES[2:]]
TRAINING, TESTED = ["LineA", "LineB"], ["New", "Bare"]
LINES = [*TRAINING, *TESTED]
# What the tables call each line: HeLa-S3 is HeLa there.
CALLED = {line: f"{line}x" for line in LINES}
SIZE, STEP = 400_000, 20_000
MARKS = ["CTCF", "H3K27ac"]


def row(called: str, chrom: str, element: int, tss: int, label: int) -> str:
    """One row: an element of 400 bp around its midpoint, a promoter of 2 kb on the plus strand."""
    start, end = element - 200, element + 200
    enhancer = f"{chrom}:{start}-{end}|{called}|EH37E{element}"
    promoter = f"{chrom}:{tss - 1}-{tss}|{called}|ENSG{tss}.1|ENST{tss}.1|+"
    left = f"{label}\t{abs(element - tss):.1f}\t{chrom}\t{start}\t{end}\t{enhancer}"
    return f"{left}\t{chrom}\t{tss - 1500}\t{tss + 500}\t{promoter}\n"


def write_world(folder: Path, seed: int = 0) -> Config:
    """Write all files and give the configuration of a run of three lines; Bare has no peaks."""
    rng = np.random.default_rng(seed)
    peaks = {line: _write_line(folder, line, rng) for line in LINES}
    (folder / "genome.fa").write_text(">chr1\nACGT\n")
    (folder / "loops.bedpe").write_text("chr1\t0\t9\tchr1\t90\t99\n")
    shared = {"loops": str(folder / "loops.bedpe")}
    files = {
        line: {**shared, "pairs": str(folder / f"{line}.tsv.gz"), "peaks": peaks[line]}
        for line in [*TRAINING, "New"]
    }
    return toy_config(
        dataset={"kind": "files", "genome": str(folder / "genome.fa"), "files": files},
        cell_lines=TRAINING,
        held_out_lines=["New"],
        marks=MARKS,
        loop_panel={"widths": [1_000], "bins": 2, "peak_bp": 500, "states": 2, "epochs": 1},
        crossfit={"boosting_rounds": 3},
        bengi={
            "training": {line: [str(folder / f"{line}.tsv.gz")] for line in TRAINING},
            "tested": {line: str(folder / f"{line}.tsv.gz") for line in TESTED},
            "published": {line: str(folder / f"{line}.txt") for line in TESTED},
            "folds": FOLDS,
            "epochs": 2,
            "batch_pairs": 32,
            "knots": 3,
            "matched_bins": 3,
        },
    )


def _write_line(folder: Path, line: str, rng: np.random.Generator) -> dict[str, str]:
    """Write a line's table, its peaks and published scores; give its peaks by mark."""
    rows, scores, peaks = [], ["#true\tpred\tchrom\tenh_name\tprom_name\n"], []
    for chrom in CHROMOSOMES:
        elements, tss = np.arange(5_000, SIZE, STEP), np.arange(12_000, SIZE, 3 * STEP)
        active = rng.random(len(elements)) < 0.5
        peaks += [
            f"{chrom}\t{at - 150}\t{at + 150}\t.\t0\t.\t{rng.uniform(2, 9):.2f}\t1\t1\t150\n"
            for at in elements[active]
        ]
        for element, open_there in zip(elements, active, strict=True):
            for promoter in tss:
                near = abs(element - promoter) < 60_000
                label = int(near and open_there and rng.random() < 0.9)
                rows.append(row(CALLED[line], chrom, element, promoter, label))
                names = rows[-1].rstrip("\n").split("\t")
                score = 0.5 * label + 0.4 * rng.random()
                scores.append(f"{label}\t{score:.4f}\t{chrom}\t{names[5]}\t{names[9]}\n")
    (folder / f"{line}.tsv.gz").write_bytes(gzip.compress("".join(rows).encode(), mtime=0))
    (folder / f"{line}.txt").write_text("".join(scores))
    for mark in MARKS:
        (folder / f"{line}.{mark}.narrowPeak").write_text("".join(peaks))
    return {mark: str(folder / f"{line}.{mark}.narrowPeak") for mark in MARKS}
