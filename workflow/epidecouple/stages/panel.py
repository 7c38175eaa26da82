"""The crossed panel: every pair of any line's table, labelled in every line by that line's loops.

On it I(z; c) = 0 by construction, since each DNA pair occurs once in every line. Coordinates are 0-based, half-open.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import write_metrics
from ..data.crossed_pairs import build_panel
from ..files.catalog import catalog_of
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `panel`: pair tables and loop lists to the crossed panel."""
    parser = stage_parser(__doc__)
    for name in ("panel", "funnel", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    catalog = catalog_of(config)
    panel, funnel, metrics = build_panel(config, catalog)
    panel.to_parquet(arguments.panel, index=False)
    funnel.to_csv(arguments.funnel, sep="\t", index=False)
    write_metrics(arguments.metrics, "panel", metrics, arguments.settings, catalog.tables)
    log.info("%s", funnel.to_string(index=False))


if __name__ == "__main__":
    run_stage(main)
