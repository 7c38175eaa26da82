"""Shards: one folder per cell line with its labels, its normalised signal and where both came from.

pairs.parquet   pair (row of the panel), label, published, split
signal.npy      float16 (n, 2 + bins, M), standardised on the reference loci; 0 for a missing mark
reference.npy   float16 (n_ref, M), the same on the reference loci
manifest.json   marks present, normalisation statistics, row counts, fingerprints, split hash
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .catalog import LineFiles, catalog_of
from .config import Config
from .elements import windows
from .errors import InputError
from .peaks import read_peaks
from .provenance import fingerprint, read_json, write_json
from .signal import mean_signal, normalisation, pair_signal
from .stage import run_stage, stage_parser

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shard:
    """A cell line as stored; arrays are memory-mapped and read-only.

    labels, published : int8 (n,); signal : float16 (n, 2 + bins, M); reference : float16 (n_ref, M)
    """

    labels: np.ndarray
    published: np.ndarray
    signal: np.ndarray
    reference: np.ndarray
    manifest: dict


def read_marks(files: dict[str, Path], marks: list[str]) -> dict[str, pd.DataFrame]:
    """Peaks (chrom, start, end, signal) of each of the marks that has a file."""
    return {mark: read_peaks(files[mark]) for mark in marks if mark in files}


def reference_signal(peaks: dict[str, pd.DataFrame], reference: pd.DataFrame, marks: list[str]) -> tuple[np.ndarray, dict]:
    """Normalised signal of a line on the reference loci, float16 (n_ref, M), and the statistics it was normalised with.

    A mark without peaks in the line, or without any on the reference loci, is missing: zeros after
    normalisation, which is the reference mean, and `present: false` in the statistics.
    """
    on_reference, statistics = np.zeros((len(reference), len(marks)), dtype=np.float16), {}
    for m, mark in enumerate(marks):
        raw = np.log1p(mean_signal(reference, peaks[mark])) if mark in peaks else np.zeros(len(reference))
        mean, sd = normalisation(raw)
        statistics[mark] = {"present": sd > 0, "mean": mean, "sd": sd}
        if sd > 0:
            on_reference[:, m] = (raw - mean) / sd
    return on_reference, statistics


def normalised_signal(
    peaks: dict[str, pd.DataFrame], statistics: dict, pairs: pd.DataFrame, ends: pd.DataFrame, config: Config
) -> np.ndarray:
    """Signal of pairs in a line, float16 (n, 2 + bins, M), normalised with the line's statistics; 0 for a missing mark."""
    signal = np.zeros((len(pairs), 2 + config.windows.bins, len(config.marks)), dtype=np.float16)
    for m, mark in enumerate(config.marks):
        known = statistics[mark]
        if known["present"]:
            signal[:, :, m] = (pair_signal(pairs, ends, config.windows.bins, peaks[mark]) - known["mean"]) / known["sd"]
    return signal


def measure(line: LineFiles, pairs: pd.DataFrame, ends: pd.DataFrame, reference: pd.DataFrame, config: Config):
    """Signal of all configured marks of a line: normalised pairs (n, 2 + bins, M), reference (n_ref, M), statistics."""
    peaks = read_marks(line.peaks, config.marks)
    on_reference, statistics = reference_signal(peaks, reference, config.marks)
    return normalised_signal(peaks, statistics, pairs, ends, config), on_reference, statistics


def load_shard(folder: Path, split_hash: str) -> Shard:
    """Open a shard; raises `InputError` when it was made for other splits."""
    manifest = read_json(folder / "manifest.json")
    if manifest["split_hash"] != split_hash:
        raise InputError(
            f"this shard was made for splits {manifest['split_hash']}, the run has {split_hash}",
            "Remove the folder and run again",
            folder / "manifest.json",
        )
    table = pd.read_parquet(folder / "pairs.parquet")
    signal, reference = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("signal", "reference"))
    return Shard(table.label.to_numpy(), table.published.to_numpy(), signal, reference, manifest)


def main() -> None:
    """Stage `shards`: labels and normalised signal of one cell line."""
    parser = stage_parser(__doc__)
    parser.add_argument("--line", required=True)
    for name in ("panel", "pairs", "elements", "reference", "splits", "shard"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    files, folder = catalog_of(config).lines[arguments.line], arguments.shard
    panel, pairs, elements = (pd.read_parquet(path) for path in (arguments.panel, arguments.pairs, arguments.elements))
    reference = pd.read_parquet(arguments.reference)
    ends = windows(elements, config.windows.signal_bp)
    signal, on_reference, statistics = measure(files, pairs, ends.assign(start=ends.start.clip(lower=0)), reference, config)
    folder.mkdir(parents=True, exist_ok=True)
    labels = {name: panel[f"{name}_{arguments.line}"] for name in ("label", "published")}
    pd.DataFrame({"pair": panel.index, **labels, "split": pairs.split}).to_parquet(folder / "pairs.parquet", index=False)
    np.save(folder / "signal.npy", signal)
    np.save(folder / "reference.npy", on_reference)
    manifest = {
        "cell_line": arguments.line,
        "marks": statistics,
        "pairs": len(panel),
        "positives": int(labels["label"].sum()),
        "split_hash": read_json(arguments.splits)["hash"],
        "sources": {str(path): fingerprint(path) for path in (files.pairs, files.loops, *files.peaks.values())},
    }
    write_json(folder / "manifest.json", manifest)
    missing = [mark for mark, values in statistics.items() if not values["present"]]
    log.info("%s: %d pairs, %d positive, missing marks: %s", arguments.line, len(panel), manifest["positives"], missing or "none")


if __name__ == "__main__":
    run_stage(main)
