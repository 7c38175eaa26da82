"""Which file is which: genome, motifs, and per cell line its pairs, loops and peaks, for each kind
of dataset.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.errors import InputError
from ..core.provenance import fingerprint
from .manifest import (
    Source,
    check_marks,
    checksum,
    download_path,
    known_marks,
    load_sources,
)

COLLECTION = "targetfinder"


@dataclass(frozen=True)
class LineFiles:
    """Files of one cell line; `peaks` maps each mark the line has to its file."""

    pairs: Path
    loops: Path
    peaks: dict[str, Path]


@dataclass(frozen=True)
class Catalog:
    """All input files of a run; `lines` keeps the order training lines, held-out lines."""

    genome: Path
    regions: Path | None
    motifs: Path | None
    lines: dict[str, LineFiles]

    @property
    def tables(self) -> list[Path]:
        """Pair tables and loop lists of all lines."""
        return [path for files in self.lines.values() for path in (files.pairs, files.loops)]

    @property
    def files(self) -> list[Path]:
        """Every file of the catalog, in a fixed order."""
        optional = [path for path in (self.regions, self.motifs) if path]
        return [self.genome, *optional, *self.tables, *self.peaks]

    @property
    def peaks(self) -> list[Path]:
        """Peak files of all lines."""
        return [path for files in self.lines.values() for path in files.peaks.values()]


def catalog_of(config: Config, marks: list[str] | None = None) -> Catalog:
    """The files of `config`'s dataset, of other marks than its own where these are given.

    Raises `InputError` for a cell line without pairs, loops or peaks, and for a line or mark of the
    dataset that the configuration does not name.
    """
    _check_names(config)
    if marks:
        config = config.model_copy(update={"marks": marks})
    of_kind = {"simulated": _simulated, "sources": _from_sources, "files": _own_files}
    catalog = of_kind[config.dataset.kind](config)
    everywhere_missing = [
        mark
        for mark in config.marks
        if not any(mark in files.peaks for files in catalog.lines.values())
    ]
    if everywhere_missing:
        raise InputError(
            f"no cell line has peaks for mark {everywhere_missing[0]}",
            "Remove it from `marks` or add its files",
            "config",
        )
    return catalog


def _check_names(config: Config) -> None:
    """Raise `InputError` for a line or a mark that `dataset` names and nothing else does: most
    often one that is misspelt, whose files would be left out without a word. So is a mark that
    checks of results know by another spelling: they would find none after the training.
    """
    check_marks(config.marks, known_marks())
    peaks = {line: list(own.get("peaks", {})) for line, own in config.dataset.files.items()}
    lacking = {line: marks for line, marks in config.dataset.missing.items() if marks}
    for key, named in (("files", peaks), ("missing", lacking)):
        for line, marks in named.items():
            _require(line, config.all_lines, f"dataset.{key} has {line}", "cell_lines")
            for mark in marks:
                what = "has peaks for" if key == "files" else "is said to lack"
                _require(mark, config.marks, f"{line} {what} {mark}", "marks")


def _require(name: str, known: list[str], problem: str, key: str) -> None:
    """Raise `InputError` for a name that is not known, with the nearest one that is."""
    if name in known:
        return
    lower = {other.lower(): other for other in known}
    near = get_close_matches(name.lower(), lower, n=1)
    meant = f"; did you mean {lower[near[0]]}?" if near else ""
    raise InputError(
        f"{problem}, which is not in {key}{meant}", f"Correct it, or add it to `{key}`", "config"
    )


def _simulated(config: Config) -> Catalog:
    root = Path(config.results) / config.run / "simulated"
    lines = {
        line: LineFiles(
            pairs=root / line / "pairs.csv",
            loops=root / line / "looplist.txt.gz",
            peaks={
                mark: root / line / "peaks" / f"{mark}.peaks.gz" for mark in _marks_of(config, line)
            },
        )
        for line in config.all_lines
    }
    return Catalog(root / "genome.fa.gz", None, root / "motifs.meme", lines)


def _marks_of(config: Config, line: str) -> list[str]:
    """The configured marks but those that the dataset says a line lacks."""
    lacking = config.dataset.missing.get(line, [])
    return [mark for mark in config.marks if mark not in lacking]


def _from_sources(config: Config) -> Catalog:
    sources = load_sources()
    of_line = {
        line: [s for s in sources if s.collection == COLLECTION and s.cell_line == line]
        for line in config.all_lines
    }
    lines = {
        line: _line_from_sources(line, own, _marks_of(config, line))
        for line, own in of_line.items()
    }
    named = {source.name: source for source in sources}
    regions = _named(named, config.dataset.regions) if config.dataset.regions else None
    return Catalog(_named(named, config.dataset.genome), regions, _motif_file(config), lines)


def _line_from_sources(line: str, sources: list[Source], marks: list[str]) -> LineFiles:
    by_kind = {
        source.kind: download_path(source)
        for source in sources
        if source.kind in ("pairs", "loops")
    }
    peaks = {
        source.mark: download_path(source)
        for source in sources
        if source.kind == "peaks" and source.mark in marks
    }
    for kind in ("pairs", "loops"):
        if kind not in by_kind:
            raise InputError(
                f"cell line {line} has no {kind}",
                "Correct its name or remove it",
                "resources/sources.tsv",
            )
    if not peaks:
        raise InputError(
            f"cell line {line} has no peaks for any of {marks}",
            "Correct `marks`",
            "resources/sources.tsv",
        )
    return LineFiles(by_kind["pairs"], by_kind["loops"], peaks)


def _named(sources: dict[str, Source], name: str) -> Path:
    if name not in sources:
        genomes = sorted(other.name for other in sources.values() if other.collection == "genome")
        raise InputError(
            f"no source is named '{name}'",
            f"Use one of {genomes} or add a row",
            "resources/sources.tsv",
        )
    return download_path(sources[name])


def _own_files(config: Config) -> Catalog:
    lines = {line: _line_from_config(line, config) for line in config.all_lines}
    regions = Path(config.dataset.regions) if config.dataset.regions else None
    catalog = Catalog(Path(config.dataset.genome), regions, _motif_file(config), lines)
    for path in catalog.files:
        if not path.is_file():
            raise InputError(
                "this file of the dataset does not exist", "Correct the path in `dataset`", path
            )
    _check_distinct(lines)
    return catalog


def _check_distinct(lines: dict[str, LineFiles]) -> None:
    """Raise `InputError` for a peak file that is two marks, or one of two lines: a row that was
    copied and not changed.
    """
    first: dict[Path, str] = {}
    for line, files in lines.items():
        for mark, path in files.peaks.items():
            what = f"{mark} of {line}"
            known = first.setdefault(path.resolve(), what)
            if known != what:
                problem = f"this file is given as {known} and as {what}"
                raise InputError(problem, "Correct one of the paths in `dataset`", path)


def _motif_file(config: Config) -> Path | None:
    """The user's motif file, if there is one: no source of the manifest holds motifs."""
    path = Path(config.dataset.motifs)
    if config.dataset.motifs and not path.is_file():
        raise InputError(
            "this motif file does not exist", "Correct dataset.motifs or leave it empty", path
        )
    return path if config.dataset.motifs else None


def _line_from_config(line: str, config: Config) -> LineFiles:
    entry = config.dataset.files.get(line, {})
    for kind in ("pairs", "loops", "peaks"):
        if not entry.get(kind):
            raise InputError(
                f"cell line {line} has no {kind}", f"Give dataset.files.{line}.{kind}", "config"
            )
    peaks = {mark: Path(path) for mark, path in entry["peaks"].items()}
    return LineFiles(Path(entry["pairs"]), Path(entry["loops"]), peaks)


def take_inventory(files: Iterable[Path]) -> pd.DataFrame:
    """One row per file: path, bytes, fingerprint (16 digits of SHA-256), checksum_ok (None where
    none is known).
    """
    known = {download_path(source): source for source in load_sources()}
    rows = []
    for path in files:
        source = known.get(path)
        correct = (
            None if source is None else checksum(path, source.checksum_kind) == source.checksum
        )
        rows.append((str(path), path.stat().st_size, fingerprint(path), correct))
    return pd.DataFrame(rows, columns=["path", "bytes", "fingerprint", "checksum_ok"])


def inventory_metrics(inventory: pd.DataFrame) -> dict[str, int]:
    """Counts of an inventory; a file without a known checksum is not wrong."""
    return {
        "files": len(inventory),
        "bytes": int(inventory.bytes.sum()),
        "files_missing": int((inventory.bytes == 0).sum()),
        "files_wrong_checksum": int(inventory.checksum_ok.eq(False).sum()),
        "files_checksum_known": int(inventory.checksum_ok.notna().sum()),
    }
