"""How the pipeline grows with pairs: every stage as Snakemake starts it, its peak memory and its
seconds of processor as its own log ends with them, and straight lines through both.

python benchmarks/growth.py predict [pairs ...]   pairs by the model of results/demo, or of --run
python benchmarks/growth.py run [pairs ...]       the data of a run, up to their report

Adds to benchmarks/growth.tsv. Processor seconds and peaks do not depend on what else a machine
does, as long as nothing is swapped.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml

from epidecouple.core.batch_sizes import ROWS_AT_ONCE

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("growth.tsv")
SIZES = (20_000, 100_000, 400_000, 1_000_000)
END = re.compile(r"^# peak (\d+) MB, ([\d.]+) s$", re.MULTILINE)
# What a machine of a cluster usually has, in MB.
NODE_MB = 64_000
PAIRS_PER_ELEMENT = 4
# Fewer pairs than this are left out of a fit: a smaller table is one block.
FITTED_FROM = {"predict": 2 * ROWS_AT_ONCE, "run": 0}


class Measured(NamedTuple):
    """One stage on one number of pairs."""

    what: str
    stage: str
    pairs: int
    peak_mb: float
    seconds: float


def predicted(run: Path, pairs: int, folder: Path) -> Iterator[Measured]:
    """`snakemake predict` of that many pairs of the run's elements in the run's first line."""
    table = pairs_of(run, pairs)
    table.to_csv(folder / "pairs.tsv", sep="\t", index=False)
    line = pd.read_json(run / "model" / "prediction.json", typ="series").order[0]
    request = {"pairs": "pairs.tsv", "model": str(run.resolve()), "lines": [line]}
    snakemake(folder, request)
    log = next(folder.glob("results/*/predict/*/predict.log"))
    yield Measured("predict", "score_pairs", pairs, *end_of(log))


def pairs_of(run: Path, count: int) -> pd.DataFrame:
    """A table of so many pairs, in no order, of elements of the run on one chromosome."""
    known = pd.read_parquet(run / "elements" / "elements.parquet")
    rng = np.random.default_rng(1)
    first = rng.integers(0, len(known), count)
    below, upto = (known.chrom.searchsorted(known.chrom, side) for side in ("left", "right"))
    second = rng.integers(below[first], upto[first])
    ends = {}
    for end, rows in (("enhancer", first), ("promoter", second)):
        ends[f"{end}_chrom"] = known.chrom.to_numpy()[rows]
        middle = known.mid.to_numpy()[rows]
        ends |= {f"{end}_start": middle - 150, f"{end}_end": middle + 150}
    return pd.DataFrame(ends)


def run_of_data(_: Path, pairs: int, folder: Path) -> Iterator[Measured]:
    """The stages of a run that prepare its data, on a simulated world of that many pairs."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    elements = max(1_000, pairs // PAIRS_PER_ELEMENT)
    config["simulation"] |= {"pairs": pairs, "enhancers": elements, "promoters": elements // 3}
    snakemake(folder, config, "results/demo/data/metrics.json")
    for log in sorted((folder / "results/demo/logs").rglob("*.log")):
        if END.search(log.read_text()) and log.parent.name in ("logs", "shard"):
            yield Measured("run", log.stem, pairs, *end_of(log))


def snakemake(folder: Path, config: dict, *targets: str) -> None:
    """One call in a folder of its own; what it printed is the error where it fails."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    call = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    call += [*targets, "--cores", "1", "--configfile", "config.yaml"]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def end_of(log: Path) -> tuple[float, float]:
    """Peak memory (MB) and seconds of a stage from the end of its log."""
    peak, seconds = END.findall(log.read_text())[-1]
    return float(peak), float(seconds)


def fits(table: pd.DataFrame) -> pd.DataFrame:
    """One row per stage: MB and seconds at no pair and per million pairs by least squares, and how
    many pairs a machine with `NODE_MB` holds.
    """
    rows = []
    fitted = table[table.pairs >= table.what.map(FITTED_FROM)]
    for (what, stage), of in fitted.groupby(["what", "stage"], sort=False):
        if len(of) > 1:
            (mb, least_mb), (seconds, least) = (
                np.polyfit(of.pairs / 1e6, of[name], 1) for name in ("peak_mb", "seconds")
            )
            fit = [least_mb, mb, least, seconds, (NODE_MB - least_mb) / max(mb, 1e-9) * 1e6]
            rows.append([what, stage, *fit])
    columns = ["what", "stage", "MB at 0", "MB per 1e6", "s at 0", "s per 1e6", "pairs in 64 GB"]
    return pd.DataFrame(rows, columns=columns)


MODES: dict[str, Callable[[Path, int, Path], Iterator[Measured]]] = {
    "predict": predicted,
    "run": run_of_data,
}


def main() -> None:
    """Measure, keep and print the table and its fits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=MODES)
    parser.add_argument("--run", type=Path, default=Path("results/demo"))
    parser.add_argument("pairs", type=int, nargs="*", default=SIZES)
    arguments = parser.parse_intermixed_args()
    found = []
    for pairs in arguments.pairs:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            found += MODES[arguments.what](arguments.run, pairs, Path(folder))
    table = pd.DataFrame(found)
    if TABLE.is_file():
        old = pd.read_csv(TABLE, sep="\t")
        table = pd.concat([old, table]).drop_duplicates(["what", "stage", "pairs"], keep="last")
    table.to_csv(TABLE, sep="\t", index=False)
    sys.stdout.write(f"{table.to_string(index=False)}\n\n{fits(table).to_string(index=False)}\n")


if __name__ == "__main__":
    main()
