"""Release: a trained model with everything a prediction needs, in one folder (see `bundle`)."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import fingerprint, read_json, write_metrics
from ..data.panel import load_panel
from ..data.splits import NAMES
from ..files.catalog import catalog_of
from ..model.scoring import resistance_on_reference
from ..model.weights import load_model
from ..prediction.bundle import REFERENCE, WEIGHTS, Bundle, write_bundle
from ..prediction.calibration import fit_calibration
from ..prediction.release import additive_logits, calibration_metrics, line_offsets, line_records
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `release`: weights, reference loci and the record of a prediction in one folder."""
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "reference", "folder", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config, folder = Config.from_json(arguments.settings), arguments.folder
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    catalog, energies, offsets = catalog_of(config), pd.read_parquet(arguments.energies), line_offsets(model)
    validation, test, train = (panel.rows(name) for name in ("validation", "test", "train"))
    logit = additive_logits(energies, config.cell_lines, offsets)
    slope, intercepts = fit_calibration(logit[validation], panel.labels[np.ix_(validation, panel.training)])
    centres = [float(resistance_on_reference(model, panel, c).mean(dtype=np.float64)) for c in range(len(panel.lines))]
    records = line_records(panel, catalog.lines, centres, offsets, intercepts)
    distance = pd.read_parquet(arguments.elements / "pairs.parquet").distance.to_numpy()[train]
    splits = read_json(arguments.elements / "splits.json")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(arguments.model, folder / WEIGHTS)
    shutil.copyfile(arguments.reference, folder / REFERENCE)
    bundle = Bundle(
        run=config.run,
        folder=str(folder),
        weights=fingerprint(folder / WEIGHTS),
        genome=str(catalog.genome),
        chromosomes=pd.read_csv(arguments.elements / "chromosomes.tsv", sep="\t", index_col="chrom")["size"].to_dict(),
        splits={name: splits[name] for name in NAMES},
        distance_bp=[int(distance.min()), int(distance.max())],
        slope=slope,
        lines=records,
    )
    write_bundle(bundle, folder)
    logit = additive_logits(energies, panel.lines, np.array([line.offset for line in records.values()]))
    metrics = calibration_metrics(logit[test], panel.labels[test], slope, records)
    write_metrics(arguments.metrics, "release", metrics, arguments.settings, [arguments.model])
    log.info("calibration error on test chromosomes: %.4f", metrics["calibration_error"])


if __name__ == "__main__":
    run_stage(main)
