"""The cell lines a trained model can score in: those of its run, and new ones with their peaks."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from ..core.config import Config
from ..core.errors import InputError
from ..core.integrity import intact
from ..core.key_types import LINE
from ..core.provenance import fingerprint
from ..data.line_signal import read_marks, reference_signal, require_signal
from ..data.panel import flagged
from ..files.inspection import check_inside, check_spelling, naming
from ..model.energy import EnergyModel
from ..model.scoring import resistance_of_loci
from .bundle import ADDED, REFERENCE, Bundle, LineRecord, find_input
from .placed_pairs import Placed, read_as, signal_of

log = logging.getLogger(__name__)


class CellLines:
    """Records of cell lines by name, and their peaks, read when they are first needed."""

    def __init__(self, folder: Path, bundle: Bundle, model: EnergyModel, config: Config) -> None:
        self.records = dict(bundle.lines)
        self._folder, self._bundle, self._model, self._config = folder, bundle, model, config
        self._peaks: dict[str, dict[str, pd.DataFrame]] = {}

    def add(self, name: str, peaks: Mapping[str, str | Path]) -> None:
        """Add a line by its peak files; see `trained_model.TrainedModel.add_line`."""
        files = {mark: Path(path) for mark, path in peaks.items()}
        if not re.fullmatch(LINE, name):
            raise InputError(
                f"'{name}' is no name of a cell line",
                "Use letters, digits, _ and - only",
                f"peaks of {name}",
            )
        for mark in sorted(set(files) - set(self._config.marks)):
            raise InputError(
                f"the model has no mark '{mark}'",
                f"Use some of {', '.join(self._config.marks)}",
                f"peaks of {name}",
            )
        for mark, path in files.items():
            require_file(path, f"{mark} peaks of {name}", "Correct the path")
        if name in self._bundle.lines:
            self._peaks[name] = self._peaks_of_run(name, files)
            return
        self._peaks[name] = read_marks(files, self._config.marks)
        for mark, table in self._peaks[name].items():
            self._check_places(table, files[mark])
        self.records[name] = self._record(name, files)

    def _check_places(self, peaks: pd.DataFrame, path: Path) -> None:
        """Raise `InputError` for peaks on chromosomes that the run writes otherwise, or that are
        shorter there; an excerpt of a genome, with regions, may end with them.
        """
        sizes = self._bundle.chromosomes
        check_spelling(naming(path, peaks.chrom), list(sizes), "in the run")
        if not self._config.dataset.regions:
            check_inside(peaks, sizes, "the run", path)

    def signal(self, placed: Placed, rows: np.ndarray, line: str) -> Tensor:
        """Input of R for placed pairs `rows` in one line: float32 (len(rows), P, 2M)."""
        return signal_of(placed, rows, self._peaks_of(line), self.records[line].marks, self._config)

    def _peaks_of(self, line: str) -> dict[str, pd.DataFrame]:
        if line not in self._peaks:
            files = {
                mark: find_input(known["path"], self._folder, self._bundle)
                for mark, known in self.records[line].peaks.items()
            }
            self._peaks[line] = self._peaks_of_run(line, files)
        return self._peaks[line]

    def _peaks_of_run(self, line: str, files: dict[str, Path]) -> dict[str, pd.DataFrame]:
        """Peaks of a line of the run; the files must be those it was measured with, wherever they
        lie.
        """
        for mark, known in self._bundle.lines[line].peaks.items():
            path = files.get(mark, Path(known["path"]))
            require_file(path, f"{mark} peaks of {line}", f"Give all peak files of {line}")
            if fingerprint(path) != known["fingerprint"]:
                problem = f"these are not the {mark} peaks of {line} in the run {self._bundle.run}"
                raise InputError(
                    problem, "Give the run's own files, or another name to the line", path
                )
        return read_marks(files, list(self._bundle.lines[line].peaks))

    def _record(self, name: str, files: dict[str, Path]) -> LineRecord:
        """Record of a line without labels: statistics and centre from its peaks, the rest from the
        training lines.
        """
        reference = pd.read_parquet(intact(self._folder / REFERENCE))
        on_reference, statistics = reference_signal(self._peaks[name], reference, self._config)
        if not files:
            raise InputError("no peaks are given", "Give those of a mark", f"peaks of {name}")
        require_signal(files, self._peaks[name], reference, statistics)
        missing = [mark for mark, known in statistics.items() if not known["present"]]
        log.info(
            "%s: not a training line, so its tau is the training mean; missing marks: %s",
            name,
            ", ".join(missing) or "none",
        )
        signal = flagged(on_reference, *read_as(statistics, self._config))
        resistance = resistance_of_loci(self._model, signal)
        centre = float(resistance.mean(dtype=np.float64))
        training = [self._bundle.lines[line] for line in self._bundle.training_lines]
        offset, intercept = (
            float(np.mean([getattr(line, of) for line in training]))
            for of in ("offset", "intercept")
        )
        return LineRecord(ADDED, statistics, centre, offset, intercept, {})


def require_file(path: Path, what: str, remedy: str) -> None:
    """Raise `InputError` when a file is not there."""
    if not path.is_file():
        raise InputError(f"{what}: there is no such file", remedy, path)
