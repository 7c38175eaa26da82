"""Release: a trained model with everything a prediction needs, in one folder (see `bundle`)."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from .bundle import HELD_OUT, REFERENCE, TRAINING, WEIGHTS, Bundle, LineRecord, write_bundle
from .calibration import calibration_error, fit_calibration, probability
from .catalog import LineFiles, catalog_of
from .config import Config
from .dataset import Panel, load_panel
from .energy import EnergyModel
from .provenance import fingerprint, read_json, write_metrics
from .scoring import resistance_on_reference
from .splits import NAMES
from .stage import run_stage, stage_parser
from .storage import load_model

log = logging.getLogger(__name__)


def line_offsets(model: EnergyModel) -> np.ndarray:
    """tau_c (C_train,) of logit P = U - R - tau_c: that of the conditional likelihood plus the task's free intercept."""
    return (model.resistance.line_offset + model.task_offset).detach().numpy().astype(np.float64)


def training_logits(energies: pd.DataFrame, lines: list[str], offsets: np.ndarray) -> np.ndarray:
    """U - R - tau (n, len(lines)) from the table of the stage `evaluate`."""
    resistance = energies[[f"resistance_{line}" for line in lines]].to_numpy(dtype=np.float64)
    return energies.potential.to_numpy(dtype=np.float64)[:, None] - resistance - offsets


def line_records(
    panel: Panel, files: dict[str, LineFiles], centres: list[float], offsets: np.ndarray, intercepts: np.ndarray
) -> dict[str, LineRecord]:
    """Records of all lines of the panel; a held-out line gets the means of the training lines' offsets and intercepts."""
    records = {}
    for c, line in enumerate(panel.lines):
        seen, manifest = c in panel.training, panel.shards[c].manifest
        records[line] = LineRecord(
            role=TRAINING if seen else HELD_OUT,
            marks=manifest["marks"],
            centre=centres[c],
            offset=float(offsets[c] if seen else offsets.mean()),
            intercept=float(intercepts[c] if seen else intercepts.mean()),
            peaks={mark: {"path": str(path), "fingerprint": manifest["sources"][str(path)]} for mark, path in files[line].peaks.items()},
        )
    return records


def calibration_metrics(logit: np.ndarray, labels: np.ndarray, lines: list[str], slope: float, intercepts: np.ndarray) -> dict[str, float]:
    """How far probabilities are from observed shares, per line and on average; logit, labels (n, C) of test chromosomes."""
    predicted = probability(logit, slope, intercepts)
    found = {"calibration_slope": slope}
    for c, line in enumerate(lines):
        found[f"calibration_error_{line}"] = calibration_error(predicted[:, c], labels[:, c])
        found[f"mean_probability_{line}"], found[f"observed_share_{line}"] = float(predicted[:, c].mean()), float(labels[:, c].mean())
    found["calibration_error"] = float(np.mean([found[f"calibration_error_{line}"] for line in lines]))
    before = probability(logit, 1.0, 0.0)
    found["calibration_error_before"] = float(np.mean([calibration_error(before[:, c], labels[:, c]) for c in range(len(lines))]))
    return found


def main() -> None:
    """Stage `release`: weights, reference loci and the record of a prediction in one folder."""
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "reference", "folder", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config, folder = Config.from_json(arguments.settings), arguments.folder
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    catalog, lines, offsets = catalog_of(config), config.cell_lines, line_offsets(model)
    logit = training_logits(pd.read_parquet(arguments.energies), lines, offsets)
    validation, test, train = (panel.rows(name) for name in ("validation", "test", "train"))
    labels = panel.labels[:, panel.training]
    slope, intercepts = fit_calibration(logit[validation], labels[validation])
    centres = [float(resistance_on_reference(model, panel, c).mean(dtype=np.float64)) for c in range(len(panel.lines))]
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
        lines=line_records(panel, catalog.lines, centres, offsets, intercepts),
    )
    write_bundle(bundle, folder)
    metrics = calibration_metrics(logit[test], labels[test], lines, slope, intercepts)
    write_metrics(arguments.metrics, "release", metrics, arguments.settings, [arguments.model])
    log.info("calibration error on test chromosomes: %.4f, before: %.4f", metrics["calibration_error"], metrics["calibration_error_before"])


if __name__ == "__main__":
    run_stage(main)
