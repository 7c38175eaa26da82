"""The model card: data, measurements, valid uses and limits of a trained model."""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.provenance import read_json, read_metrics, write_json
from ..prediction.bundle import read_bundle
from ..prediction.model_card import card_of, outcomes, rendered
from .runner import run

log = logging.getLogger(__name__)


def model_card(
    config: Config,
    record: Path,
    inventory: Path,
    panel: Path,
    metrics: list[Path],
    verdicts: list[Path],
    card: Path,
    data: Path,
) -> None:
    """Write the model card as markdown and JSON."""
    measured = {
        name: value for path in (panel, *metrics) for name, value in read_metrics(path).items()
    }
    files = pd.read_csv(inventory, sep="\t")
    judged = [read_json(path) for path in verdicts]
    content = card_of(config, read_bundle(record.parent), files, measured, judged)
    write_json(data, content)
    card.write_text(rendered(content))
    log.info("model card of %s: %s", content["run"], ", ".join(outcomes(content)))


if __name__ == "__main__":
    run(model_card)
