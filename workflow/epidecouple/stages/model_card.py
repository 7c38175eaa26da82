"""The model card: what a trained model was made from, what was measured on it, where it is valid and where not (Mitchell 2019).

Nothing is measured here: every number is taken from the record of the model and from metrics that stages wrote.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.provenance import read_json, read_metrics, write_json
from ..prediction.bundle import read_bundle
from ..prediction.model_card import _verdict, card_of, rendered
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `card`: the model card as markdown and JSON."""
    parser = stage_parser(__doc__)
    for name in ("record", "inventory", "panel", "card", "data"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("metrics", "verdicts"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    arguments = parser.parse_args()
    metrics: dict = {}
    for path in (arguments.panel, *arguments.metrics):
        metrics |= read_metrics(path)
    inventory, verdicts = pd.read_csv(arguments.inventory, sep="\t"), [read_json(path) for path in arguments.verdicts]
    card = card_of(Config.from_json(arguments.settings), read_bundle(arguments.record.parent), inventory, metrics, verdicts)
    write_json(arguments.data, card)
    arguments.card.write_text(rendered(card))
    log.info("model card of %s: %s", card["run"], ", ".join(_verdict(found).split(".")[0] for found in card["verdicts"]))


if __name__ == "__main__":
    run_stage(main)
