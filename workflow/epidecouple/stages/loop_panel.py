"""The loop panel: loci of all lines' loops with their labels, and the marks there in every line."""

import logging
from pathlib import Path

import numpy as np

from ..core.config import Config
from ..core.errors import InputError
from ..core.integrity import seal
from ..data.labels import discordant
from ..data.line_signal import read_marks
from ..data.loop_loci import loop_labels, merged_loci
from ..data.loop_signal import locus_signal
from ..files.catalog import catalog_of
from ..files.loops import read_loops
from .runner import run

log = logging.getLogger(__name__)


def loop_panel(config: Config, loci: Path, signal: Path) -> None:
    """Write all loci, and the signal (n, C, P, M) of the discordant ones."""
    catalog = catalog_of(config, config.loop_marks)
    loops = {line: read_loops(catalog.lines[line].loops) for line in config.all_lines}
    merged = merged_loci(loops, config.loop_panel.merge_bp)
    used = [chrom for fold in config.splits.folds for chrom in fold]
    merged = merged[merged.chrom.isin(used)].reset_index(drop=True)
    rows = discordant(loop_labels(merged, config.all_lines))
    if not rows.any():
        raise InputError(
            "no locus loops in some lines and not in others",
            "Give loop lists of more lines, or a smaller loop_panel.merge_bp",
            "config",
        )
    chosen = merged[rows].reset_index(drop=True)
    by_line = [
        locus_signal(
            chosen,
            read_marks(catalog.lines[line].peaks, config.loop_marks),
            config.loop_marks,
            config.loop_panel,
        )
        for line in config.all_lines
    ]
    merged.to_parquet(loci, index=False)
    np.save(signal, np.stack(by_line, axis=1))
    seal(loci, signal)
    log.info("%d loci, %d of them discordant", len(merged), len(chosen))


if __name__ == "__main__":
    run(loop_panel)
