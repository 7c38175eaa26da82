"""Which file is which for the targets crispr and real_model: rows of the manifest, or paths."""

from dataclasses import dataclass
from pathlib import Path

from ..core.errors import InputError
from ..core.sections.targets import CrisprConfig
from ..files.catalog import COLLECTION
from ..files.manifest import Source, download_path, load_sources

# Peaks of these are elements that loops may join to a TSS.
ELEMENT_MARKS = ["H3K27ac", "DNase"]


@dataclass(frozen=True)
class CrisprCatalog:
    """Tables of tested pairs, published predictions, genes and chain; per line its loops and its
    peaks by mark.
    """

    training: Path
    tested: Path
    published: Path
    genes: Path
    chain: Path
    loops: dict[str, Path]
    peaks: dict[str, dict[str, Path]]

    def peak_files(self, lines: list[str], marks: list[str]) -> list[Path]:
        """Files of some marks in some lines, where a line has them."""
        return [
            self.peaks[line][mark] for line in lines for mark in marks if mark in self.peaks[line]
        ]

    def all_peaks(self, line: str) -> list[Path]:
        """Every peak file of a line."""
        return list(self.peaks[line].values())

    def learned_from(self, config: CrisprConfig) -> list[Path]:
        """The files that the trained score rests on, each once: loops, peaks of the way, of
        elements and of the scored lines, the training table, genes and chain.
        """
        peaks = self.peak_files(config.lines, [*config.way_marks, *ELEMENT_MARKS])
        scored = [path for line in config.scored_lines for path in self.all_peaks(line)]
        tables = [self.training, self.genes, self.chain]
        return list(dict.fromkeys([*tables, *self.loops.values(), *peaks, *scored]))


def crispr_catalog(config: CrisprConfig) -> CrisprCatalog:
    """The files of a configuration; raises `InputError` for a line without loops or without a mark
    that the score needs.
    """
    sources = load_sources()
    named = {source.name: source for source in sources}
    of_line = {
        line: [s for s in sources if s.collection == COLLECTION and s.cell_line == line]
        for line in config.lines
    }
    catalog = CrisprCatalog(
        training=place_of(config.training, named),
        tested=place_of(config.tested or config.training, named),
        published=place_of(config.published, named),
        genes=place_of(config.genes, named),
        chain=place_of(config.chain, named),
        loops={line: _loops(line, own) for line, own in of_line.items()},
        peaks={line: _peaks(own, config.missing.get(line, [])) for line, own in of_line.items()},
    )
    _check_marks(catalog, config)
    return catalog


def place_of(name: str, named: dict[str, Source]) -> Path:
    """Where a source is kept, or the path itself; raises `InputError` where there is neither."""
    if name in named:
        return download_path(named[name])
    if not Path(name).is_file():
        raise InputError(
            f"'{name}' is neither a source nor a file",
            "Name a row of resources/sources.tsv or give the path of a file",
            "config",
        )
    return Path(name)


def _loops(line: str, sources: list[Source]) -> Path:
    for source in sources:
        if source.kind == "loops":
            return download_path(source)
    raise InputError(f"cell line {line} has no loops", "Correct crispr.lines", "config")


def _peaks(sources: list[Source], missing: list[str]) -> dict[str, Path]:
    return {
        source.mark: download_path(source)
        for source in sources
        if source.kind == "peaks" and source.mark not in missing
    }


def _check_marks(catalog: CrisprCatalog, config: CrisprConfig) -> None:
    """Every line has the marks of the way, and a line that is scored accessibility too."""
    for line in config.scored_lines:
        if line not in config.lines:
            raise InputError(
                f"crispr.scored_lines names {line}", "Add it to crispr.lines", "config"
            )
    for line in config.lines:
        accessible = ["DNase"] if line in config.scored_lines else []
        for mark in [*config.way_marks, *accessible]:
            if mark not in catalog.peaks[line]:
                raise InputError(
                    f"cell line {line} has no peaks of {mark}",
                    "Leave out the line or the mark, or correct crispr.missing",
                    "config",
                )
