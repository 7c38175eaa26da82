"""Release: a trained model with everything a prediction needs, in one folder (see
`prediction.bundle`).
"""

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured, fingerprint, read_json
from ..data.splits import NAMES
from ..files.catalog import catalog_of
from ..model.weights import model_and_panel
from ..prediction.bundle import REFERENCE, WEIGHTS, Bundle, write_bundle
from ..prediction.release import additive_logits, calibrated_lines, calibration_metrics
from .runner import run

log = logging.getLogger(__name__)


def release(
    config: Config,
    model: Path,
    elements: Path,
    shards: Path,
    energies: Path,
    reference: Path,
    folder: Path,
) -> Measured:
    """Write weights, reference loci and the record of a prediction into one folder."""
    network, panel = model_and_panel(model, elements, shards, config)
    scored = pd.read_parquet(intact(energies))
    catalog = catalog_of(config)
    slope, records = calibrated_lines(network, panel, scored, catalog.lines)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model, folder / WEIGHTS)
    shutil.copyfile(intact(reference), folder / REFERENCE)
    seal(folder / WEIGHTS, folder / REFERENCE)
    bundle = Bundle(
        run=config.run,
        folder=str(folder),
        weights=fingerprint(folder / WEIGHTS),
        genome=str(catalog.genome),
        **_places(elements, panel.rows("train")),
        slope=slope,
        lines=records,
    )
    write_bundle(bundle, folder)
    logit = additive_logits(
        scored, panel.lines, np.array([line.offset for line in records.values()])
    )
    test = panel.rows("test")
    metrics = calibration_metrics(logit[test], panel.labels[test], slope, records)
    log.info("calibration error on test chromosomes: %.4f", metrics["calibration_error"])
    return Measured(metrics, [model])


def _places(elements: Path, train: np.ndarray) -> dict[str, Any]:
    """Where a prediction is at home: sizes and splits of the chromosomes, distances of the training
    pairs (bp).
    """
    splits = read_json(elements / "splits.json")
    distance = pd.read_parquet(intact(elements / "pairs.parquet")).distance.to_numpy()
    sizes = pd.read_csv(
        intact(elements / "chromosomes.tsv"), sep="\t", index_col="chrom", dtype={"chrom": str}
    )["size"]
    return {
        "chromosomes": sizes.to_dict(),
        "splits": {name: splits[name] for name in NAMES},
        "distance_bp": [int(distance[train].min()), int(distance[train].max())],
    }


if __name__ == "__main__":
    run(release)
