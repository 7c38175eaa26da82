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


def additive_logits(energies: pd.DataFrame, lines: list[str], offsets: np.ndarray) -> np.ndarray:
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


def calibration_metrics(logit: np.ndarray, labels: np.ndarray, slope: float, records: dict[str, LineRecord]) -> dict[str, float]:
    """How far probabilities are from observed shares, per line, on average over training lines, and over the others.

    logit, labels (n, C) of test chromosomes, lines in the order of `records`.
    """
    found, errors = {"calibration_slope": slope}, {True: [], False: []}
    for c, (name, line) in enumerate(records.items()):
        predicted = probability(logit[:, c], slope, line.intercept)
        found[f"mean_probability_{name}"], found[f"observed_share_{name}"] = float(predicted.mean()), float(labels[:, c].mean())
        errors[line.calibrated].append(calibration_error(predicted, labels[:, c]))
    found["calibration_error"] = float(np.mean(errors[True]))
    return found | ({"calibration_error_unseen_line": float(np.mean(errors[False]))} if errors[False] else {})


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
