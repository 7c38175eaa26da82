"""Is every peak file of the mark and the line that the configuration says?"""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import Measured
from ..files.catalog import catalog_of
from ..samples.checking import Limits, metrics
from ..samples.reading import check_peaks, peak_files, places, table_of
from .runner import run

log = logging.getLogger(__name__)


def sample_check(config: Config, table: Path) -> Measured:
    """Compare every peak file with what is known, and with the other files of the run, and warn of
    those that look like another mark or line.
    """
    limits = Limits.of({name: of["value"] for name, of in config.thresholds.items()})
    files = peak_files(catalog_of(config))
    findings, known = check_peaks(places(files), limits)
    table_of(findings, limits).to_csv(table, sep="\t", index=False, float_format="%.4f")
    for finding in findings:
        for doubt in finding.doubts(limits):
            log.warning("%s (%s)", doubt, files[finding.name])
    return Measured(metrics(findings, limits) | {"samples_comparable": int(known)})


if __name__ == "__main__":
    run(sample_check)
