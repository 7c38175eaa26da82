"""Shards: one folder per cell line with its labels, its normalised signal and where both came from.

pairs.parquet   pair (row of the panel), label, published, split
signal.npy      float16 (n, P, M), normalised on the reference loci; 0 for a missing mark. P: both ends, both at every
                further width of windows.scales, the bins between
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
from .limits import PAIRS_PER_BLOCK
from .normalisation import Normaliser
from .peaks import read_peaks
from .provenance import fingerprint, read_json, write_json
from .signal import bins_between, ends_signal, mean_signal, pair_signal, resized, widths
from .stage import run_stage, stage_parser

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shard:
    """A cell line as stored; arrays are memory-mapped and read-only.

    labels, published : int8 (n,); signal : float16 (n, P, M); reference : float16 (n_ref, M)
    """

    labels: np.ndarray
    published: np.ndarray
    signal: np.ndarray
    reference: np.ndarray
    manifest: dict


def read_marks(files: dict[str, Path], marks: list[str]) -> dict[str, pd.DataFrame]:
    """Peaks (chrom, start, end, signal) of each of the marks that has a file."""
    return {mark: read_peaks(files[mark]) for mark in marks if mark in files}


def places_of_ends(elements: pd.DataFrame, config: Config) -> list[pd.DataFrame]:
    """Windows around the elements' midpoints at every width, cut at the start of the chromosome."""
    around = [windows(elements, width) for width in (config.windows.signal_bp, *config.windows.scales)]
    return [places.assign(start=places.start.clip(lower=0)) for places in around]


def reference_signal(peaks: dict[str, pd.DataFrame], reference: pd.DataFrame, config: Config) -> tuple[np.ndarray, dict]:
    """Normalised signal of a line on the reference loci, float16 (n_ref, M), and the statistics it was normalised with.

    A mark without peaks in the line, or without any on the reference loci, is missing: zeros after
    normalisation, which is the reference mean, and `present: false` in the statistics.
    """
    on_reference, statistics = np.zeros((len(reference), len(config.marks)), dtype=np.float16), {}
    for m, mark in enumerate(config.marks):
        raw = np.log1p(mean_signal(reference, peaks[mark])) if mark in peaks else np.zeros(len(reference))
        level = Normaliser.on(raw, "standard")
        statistics[mark] = {"present": level.sd > 0, "mean": level.mean, "sd": level.sd}
        if level.sd > 0:
            if config.windows.signal == "ranks":
                statistics[mark]["ranks"] = ranks_by_width(reference, raw, peaks[mark], config)
            on_reference[:, m] = normaliser_of(statistics[mark], config.windows.signal_bp)(raw)
    return on_reference, statistics


def ranks_by_width(reference: pd.DataFrame, raw: np.ndarray, peaks: pd.DataFrame, config: Config) -> dict[str, dict]:
    """A mark's normaliser per width (bp): ranks are among reference loci of the same width.

    raw : log1p signal of the reference loci at `windows.signal_bp`
    """
    wider = {bp: np.log1p(mean_signal(resized(reference, bp), peaks)) for bp in sorted(set(widths(config.windows)))}
    values = wider | {config.windows.signal_bp: raw}
    return {str(bp): Normaliser.on(signal, "ranks").as_dict() for bp, signal in values.items()}


def normaliser_of(known: dict, width: int) -> Normaliser:
    """The normaliser of a mark at a width (bp) from its statistics; standardising needs one for all widths."""
    return Normaliser(**known["ranks"][str(width)]) if "ranks" in known else Normaliser(known["mean"], known["sd"])


def normalised_signal(
    peaks: dict[str, pd.DataFrame],
    statistics: dict,
    pairs: pd.DataFrame,
    ends: list[pd.DataFrame],
    config: Config,
    stored: Path | None = None,
) -> np.ndarray:
    """Signal of pairs in a line, float16 (n, P, M), normalised with the line's statistics; 0 for a missing mark.

    Made in blocks of pairs, and with `stored` in a file that stays on disk, so that memory does not grow with the pairs.
    """
    shape = (len(pairs), len(widths(config.windows)), len(config.marks))
    signal = np.lib.format.open_memmap(stored, "w+", np.float16, shape) if stored else np.zeros(shape, np.float16)
    known = {m: mark for m, mark in enumerate(config.marks) if statistics[mark]["present"]}
    at_ends = {m: ends_signal(ends, peaks[mark]) for m, mark in known.items()}
    for start in range(0, len(pairs), PAIRS_PER_BLOCK):
        block = pairs.iloc[start : start + PAIRS_PER_BLOCK]
        between = bins_between(block, config.windows.bins)
        for m, mark in known.items():
            raw = pair_signal(block, at_ends[m], between, peaks[mark])
            signal[start : start + len(block), :, m] = normalised(raw, statistics[mark], config)
    return signal


def normalised(raw: np.ndarray, known: dict, config: Config) -> np.ndarray:
    """A mark's signal (n, P), each position normalised with the statistics of its width."""
    return np.column_stack([normaliser_of(known, bp)(column) for bp, column in zip(widths(config.windows), raw.T, strict=True)])


def measure(
    line: LineFiles, pairs: pd.DataFrame, ends: list[pd.DataFrame], reference: pd.DataFrame, config: Config, stored: Path | None = None
):
    """Signal of all configured marks of a line: normalised pairs (n, P, M), reference (n_ref, M), statistics."""
    peaks = read_marks(line.peaks, config.marks)
    on_reference, statistics = reference_signal(peaks, reference, config)
    return normalised_signal(peaks, statistics, pairs, ends, config, stored), on_reference, statistics


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
    folder.mkdir(parents=True, exist_ok=True)
    ends = places_of_ends(elements, config)
    _, on_reference, statistics = measure(files, pairs, ends, reference, config, folder / "signal.npy")
    labels = {name: panel[f"{name}_{arguments.line}"] for name in ("label", "published")}
    pd.DataFrame({"pair": panel.index, **labels, "split": pairs.split}).to_parquet(folder / "pairs.parquet", index=False)
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
