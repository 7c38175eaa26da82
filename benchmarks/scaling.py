"""How sharding and scoring R grow with pairs and lines: seconds and peak memory, each size in a
process of its own.

python benchmarks/scaling.py [pairs ...]      writes benchmarks/scaling.tsv and
benchmarks/scaling.svg
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from epidecouple.core.batch_sizes import PAIRS_PER_BLOCK
from epidecouple.core.config import Config
from epidecouple.data.line_signal import shape_of_pair, signal_blocks
from epidecouple.data.loci import windows
from epidecouple.data.shards import write_array
from epidecouple.data.signal import mean_signal
from epidecouple.model.energy import EnergyModel
from epidecouple.report.figures.style import COLOURS, STYLE, plt
from world import configuration, elements, pairs_of, peaks

FOLDER = Path(__file__).parent
SIZES, MANY_LINES, MARKS, PEAKS = (10_000, 100_000, 1_000_000, 10_000_000), 60, 7, 20_000
SCORED_AT_ONCE = 4096


def shard(
    line: int, pairs: pd.DataFrame, ends: list[pd.DataFrame], config: Config, folder: Path
) -> Path:
    """Signal of one line, written block by block."""
    tables = {mark: peaks(PEAKS, line * MARKS + m) for m, mark in enumerate(config.marks)}
    statistics = {
        mark: {"present": True, **_level(table, ends[0])} for mark, table in tables.items()
    }
    starts = range(0, len(pairs), PAIRS_PER_BLOCK)
    blocks = (pairs.iloc[start : start + PAIRS_PER_BLOCK] for start in starts)
    signal = signal_blocks(tables, statistics, blocks, ends, config)
    write_array(signal, (len(pairs), *shape_of_pair(config)), folder / f"{line}.npy")
    return folder / f"{line}.npy"


def _level(table: pd.DataFrame, loci: pd.DataFrame) -> dict[str, float]:
    values = np.log1p(mean_signal(loci, table))
    return {"mean": float(values.mean()), "sd": float(values.std())}


def score(path: Path, model: EnergyModel, pairs: int) -> float:
    """Mean R of a line, its signal read from disk in batches."""
    import torch

    signal, total = np.load(path, mmap_mode="r"), 0.0
    with torch.no_grad():
        for start in range(0, pairs, SCORED_AT_ONCE):
            values = torch.from_numpy(
                np.asarray(signal[start : start + SCORED_AT_ONCE], dtype=np.float32)
            )
            total += float(
                model.resistance(torch.cat([values, torch.ones_like(values)], dim=-1)).sum()
            )
    return total / pairs


def measured(n_pairs: int, lines: int) -> dict[str, float]:
    """Seconds to shard and to score all lines, and the peak memory of this process (MB)."""
    config = configuration(lines, MARKS)
    table = elements(min(200_000, max(2000, n_pairs // 4)), margin=5000)
    pairs = pairs_of(table, n_pairs)
    ends = [windows(table, config.windows.signal_bp)]
    model = EnergyModel(config, config.reference.loci).eval()
    seconds = {"shard": 0.0, "score": 0.0}
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        for line in range(lines):
            started = time.perf_counter()
            path = shard(line, pairs, ends, config, Path(name))
            seconds["shard"] += time.perf_counter() - started
            started = time.perf_counter()
            score(path, model, len(pairs))
            seconds["score"] += time.perf_counter() - started
            path.unlink()
    return {"pairs": len(pairs), "lines": lines, **seconds, "memory_mb": peak_mb()}


def peak_mb() -> float:
    """Peak resident memory in MB, pages of mapped files included, which the system takes back when
    it needs them.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def draw(table: pd.DataFrame) -> None:
    """Seconds and memory against the number of pairs (six lines) and of lines."""
    by_pairs, by_lines = (
        table[table.lines == 6],
        table[table.pairs == table.pairs[table.lines == MANY_LINES].iloc[0]],
    )
    with plt.rc_context(STYLE):
        _, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
        for ax, rows, x in ((axes[0], by_pairs, "pairs"), (axes[1], by_lines, "lines")):
            for name, colour in (("shard", COLOURS[0]), ("score", COLOURS[5])):
                ax.plot(rows[x], rows[name], "o-", color=colour, label=name)
            ax.set(xscale="log", yscale="log", xlabel=x, ylabel="seconds")
        axes[2].plot(by_pairs.pairs, by_pairs.memory_mb / 1024, "o-", color=COLOURS[0])
        axes[2].set(
            xscale="log",
            xlabel="pairs",
            ylabel="GB, pages of the mapped shard included",
            ylim=(0, None),
            title="Peak memory",
        )
        axes[1].minorticks_off()
        axes[1].set_xticks(by_lines.lines.tolist(), by_lines.lines.astype(str).tolist())
        axes[0].set_title("Six lines")
        axes[1].set_title(f"{by_lines.pairs.iloc[0]:,} pairs")
        axes[0].legend(frameon=False)
        plt.savefig(FOLDER / "scaling.svg", bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    """Measure every size in a fresh process, write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=int, nargs="*", default=SIZES)
    parser.add_argument(
        "--one",
        type=int,
        nargs=2,
        metavar=("PAIRS", "LINES"),
        help="measure one size and print it as JSON",
    )
    arguments = parser.parse_args()
    if arguments.one:
        sys.stdout.write(json.dumps(measured(*arguments.one)))
        return
    sizes = [(pairs, 6) for pairs in arguments.pairs] + [(arguments.pairs[0], MANY_LINES)]
    calls = [[sys.executable, __file__, "--one", str(pairs), str(lines)] for pairs, lines in sizes]
    table = pd.DataFrame(
        [
            json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
            for call in calls
        ]
    )
    table.to_csv(FOLDER / "scaling.tsv", sep="\t", index=False, float_format="%.3f")
    sys.stdout.write(table.to_string(index=False) + "\n")
    draw(table)


if __name__ == "__main__":
    main()
