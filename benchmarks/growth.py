"""How the pipeline grows with pairs: every stage as Snakemake starts it, its peak memory and its
seconds of processor as its own log ends with them, and straight lines through both.

python benchmarks/growth.py predict [pairs ...]   pairs by the model of results/demo, or of --run
python benchmarks/growth.py run [pairs ...]       the data of a run, up to their report
python benchmarks/growth.py fixed [pairs ...]     the same of 16,000 elements, whatever their pairs

Adds to benchmarks/growth.tsv, where "fixed before" are rows of the code that held whole tables.
Processor seconds and peaks do not depend on what else a machine does, as long as nothing is
swapped.
"""

import argparse
import contextlib
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

from epidecouple.core.batch_sizes import PAIRS_PER_BLOCK, ROWS_AT_ONCE
from epidecouple.core.config import Config, validated
from epidecouple.files.catalog import catalog_of
from epidecouple.simulation.world import World, simulate
from epidecouple.simulation.writer import write_world

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("growth.tsv")
SIZES = (20_000, 100_000, 400_000, 1_000_000)
END = re.compile(r"^# peak (\d+) MB, ([\d.]+) s$", re.MULTILINE)
# What a machine of a cluster usually has, in MB.
NODE_MB = 64_000
PAIRS_PER_ELEMENT = 4
# A world of 16,000 elements, which make 10.6 million pairs, three lines and three marks. Loops join
# some of its own 24,000 pairs, and no others.
FIXED_LINES, FIXED_MARKS, FIXED_CHROMOSOMES = (
    ["LineA", "LineB", "LineC"],
    ["CTCF", "DNase", "H3K27ac"],
    6,
)
FIXED_WORLD = {"chromosomes": FIXED_CHROMOSOMES, "enhancers": 8_000, "promoters": 8_000}
ELEMENT_HALF, HALF_BY_LINE = 150, 20
# Fewer pairs than this are left out of a fit: a smaller table is one block.
FITTED_FROM = {"predict": 2 * ROWS_AT_ONCE, "fixed": 2 * PAIRS_PER_BLOCK}


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
    yield from data_of(folder, config, "run", pairs)


def data_of(folder: Path, config: dict, what: str, pairs: int) -> Iterator[Measured]:
    """The stages of a run up to the report on its data, each by the end of its log."""
    snakemake(folder, config, f"results/{config['run']}/data/metrics.json")
    for log in sorted((folder / f"results/{config['run']}/logs").rglob("*.log")):
        if END.search(log.read_text()) and log.parent.name in ("logs", "shard"):
            yield Measured(what, log.stem, pairs, *end_of(log))


def run_of_fixed_elements(_: Path, pairs: int, folder: Path) -> Iterator[Measured]:
    """The same stages, where only the pairs grow: genome, elements, loops and peaks are those of
    one simulated world, and each pair is listed in one line's table.
    """
    config = fixed_values()
    with contextlib.chdir(folder):
        simulated = Config.from_dict(validated(config))
        world = simulate(simulated.simulation, simulated.cell_lines, [], simulated.seed)
        catalog = catalog_of(simulated)
        write_world(world, simulated.simulation, catalog, Path("truth.parquet"), simulated.seed)
        chosen = more_pairs(world, pairs)
        for line, (name, files) in enumerate(catalog.lines.items()):
            listed(world, chosen[chosen.line == line], name).to_csv(files.pairs, index=False)
    files = {
        name: {
            "pairs": str(of.pairs),
            "loops": str(of.loops),
            "peaks": {mark: str(path) for mark, path in of.peaks.items()},
        }
        for name, of in catalog.lines.items()
    }
    config["dataset"] = {"kind": "files", "genome": str(catalog.genome), "files": files}
    config["run"] = "grown"
    del config["simulation"]
    yield from data_of(folder, config, "fixed", pairs)


def fixed_values() -> dict:
    """The default configuration with the world, the lines and the marks of `fixed`."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config["simulation"] |= FIXED_WORLD | {"max_distance_bp": 1_000_000_000}
    config |= {"cell_lines": FIXED_LINES, "held_out_lines": [], "marks": FIXED_MARKS}
    config |= {"dataset": {"kind": "simulated"}, "biology": {}, "motifs": {}}
    config["splits"] = {"folds": [[f"chr{k + 1}"] for k in range(FIXED_CHROMOSOMES)]}
    return config


def more_pairs(world: World, count: int) -> pd.DataFrame:
    """So many distinct pairs of the world's elements, its own among them: enhancer, promoter (rows
    of its loci), line (number of the one that lists the pair), label in that line.
    """
    rng = np.random.default_rng(1)
    size = len(world.loci)
    keys = [np.sort((world.pairs.enhancer * size + world.pairs.promoter).to_numpy())]
    more = (count - len(world.pairs)) // FIXED_CHROMOSOMES
    for _, loci in world.loci.groupby("chrom"):
        enhancer, promoter = (loci.index[loci.kind == kind] for kind in ("enhancer", "promoter"))
        every = (enhancer.to_numpy()[:, None] * size + promoter.to_numpy()).ravel()
        keys.append(rng.choice(np.setdiff1d(every, keys[0], assume_unique=True), more, False))
    table = pd.DataFrame({"key": rng.permutation(np.concatenate(keys))})
    table["line"] = rng.integers(0, world.labels.shape[1], len(table))
    own = pd.Series(
        range(len(world.pairs)), index=world.pairs.enhancer * size + world.pairs.promoter
    )
    row = own.reindex(table.key).fillna(-1).to_numpy(dtype=int)
    label = np.where(row < 0, 0, world.labels[row, table.line])
    enhancer, promoter = np.divmod(table.key.to_numpy(), size)
    return pd.DataFrame(
        {"enhancer": enhancer, "promoter": promoter, "line": table.line, "label": label}
    )


def listed(world: World, pairs: pd.DataFrame, line: str) -> pd.DataFrame:
    """A line's pairs as a published table lists them; its elements are as wide as no other's."""
    half = ELEMENT_HALF + HALF_BY_LINE * FIXED_LINES.index(line)
    names = [
        f"{line}|{chrom}:{mid - half}-{mid + half}"
        for chrom, mid in zip(world.loci.chrom, world.loci.mid, strict=True)
    ]
    ends = {
        f"{end}_name": pd.Categorical.from_codes(pairs[end], names)
        for end in ("enhancer", "promoter")
    }
    return pd.DataFrame({**ends, "label": pairs.label.to_numpy()})


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
    fitted = table[table.pairs >= table.what.map(FITTED_FROM).fillna(0)]
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
    "fixed": run_of_fixed_elements,
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
