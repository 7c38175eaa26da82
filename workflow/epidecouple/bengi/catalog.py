"""Which file is which for the target bengi, and that no line and no chromosome is learned and
tested at once.
"""

from dataclasses import dataclass
from pathlib import Path

from ..core.config import Config
from ..core.errors import InputError
from ..experiments.crispr_catalog import place_of
from ..files.catalog import catalog_of
from ..files.manifest import load_sources


@dataclass(frozen=True)
class BengiCatalog:
    """By cell line: tables to learn from, the table to test on, published scores, and peaks by
    mark, empty for a line that the run does not have; and the assay of each table that has one.
    """

    training: dict[str, list[Path]]
    tested: dict[str, Path]
    published: dict[str, Path]
    peaks: dict[str, dict[str, Path]]
    assays: dict[Path, str]

    @property
    def tables(self) -> list[Path]:
        """Every pair table."""
        return [
            *(path for paths in self.training.values() for path in paths),
            *self.tested.values(),
        ]

    @property
    def peak_files(self) -> list[Path]:
        """Every peak file."""
        return [path for of_line in self.peaks.values() for path in of_line.values()]

    @property
    def published_files(self) -> list[Path]:
        """Every file of published scores."""
        return list(self.published.values())


def bengi_catalog(config: Config) -> BengiCatalog:
    """The files of a configuration.

    Raises `InputError` for a line that is learned and tested, a chromosome in two folds, published
    scores of a line that is not tested, a training line of which the run has no peaks, and tested
    lines of which it has none at all.
    """
    wanted = config.bengi
    _check_apart(config)
    named = {source.name: source for source in load_sources()}
    known = catalog_of(config, config.loop_marks).lines
    lines = [*wanted.training, *wanted.tested]
    peaks = {line: known[line].peaks if line in known else {} for line in lines}
    _check_peaks(peaks, config)
    return BengiCatalog(
        training={
            line: [place_of(name, named) for name in names]
            for line, names in wanted.training.items()
        },
        tested={line: place_of(name, named) for line, name in wanted.tested.items()},
        published={line: place_of(name, named) for line, name in wanted.published.items()},
        peaks=peaks,
        assays={place_of(name, named): assay for name, assay in wanted.assays.items()},
    )


def _check_apart(config: Config) -> None:
    """Raise `InputError` where a line or a chromosome would be learned and tested, or published
    scores have nothing to stand beside.
    """
    wanted = config.bengi
    chromosomes = [chrom for fold in wanted.folds for chrom in fold]
    twice = {
        "line": set(wanted.training) & set(wanted.tested),
        "chromosome": {chrom for chrom in chromosomes if chromosomes.count(chrom) > 1},
    }
    for what, names in twice.items():
        for name in sorted(names)[:1]:
            problem = f"{what} {name} would be learned and tested at once in bengi"
            raise InputError(problem, "List it once", "config")
    for line in sorted(set(wanted.published) - set(wanted.tested))[:1]:
        problem = f"bengi.published names {line}, which is not in bengi.tested"
        raise InputError(problem, "Leave it out, or give its table", "config")


def _check_peaks(peaks: dict[str, dict[str, Path]], config: Config) -> None:
    """Raise `InputError` unless the run has peaks of every training line and of some tested one."""
    for line in config.bengi.training:
        if not peaks[line]:
            problem = f"bengi.training names {line}, of which the run has no peaks"
            raise InputError(problem, "Add it to cell_lines, or leave it out", "config")
    if not any(peaks[line] for line in config.bengi.tested):
        problem = "the run has no peaks of any line in bengi.tested"
        raise InputError(problem, "Add one of them to cell_lines or held_out_lines", "config")
