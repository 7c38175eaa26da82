"""Release: a trained model with everything a prediction needs, in one folder (see `bundle`)."""

import numpy as np
import pandas as pd

from ..data.panel import Panel
from ..files.catalog import LineFiles
from ..model.energy import EnergyModel
from ..model.scoring import resistance_on_reference
from .bundle import HELD_OUT, TRAINING, LineRecord
from .calibration import calibration_error, fit_calibration, probability


def line_offsets(model: EnergyModel) -> np.ndarray:
    """tau_c (C_train,) of logit P = U - R - tau_c: that of the conditional likelihood plus the
    task's free intercept.
    """
    return (model.resistance.line_offset + model.task_offset).detach().numpy().astype(np.float64)


def additive_logits(energies: pd.DataFrame, lines: list[str], offsets: np.ndarray) -> np.ndarray:
    """U - R - tau (n, len(lines)) from the table of the stage `evaluate`."""
    resistance = energies[[f"resistance_{line}" for line in lines]].to_numpy(dtype=np.float64)
    return energies.potential.to_numpy(dtype=np.float64)[:, None] - resistance - offsets


def calibrated_lines(
    model: EnergyModel, panel: Panel, energies: pd.DataFrame, files: dict[str, LineFiles]
) -> tuple[float, dict[str, LineRecord]]:
    """The slope of the calibration on validation chromosomes, and the record of every line.

    energies : the table of the stage `evaluate`; files : by line
    """
    offsets = line_offsets(model)
    validation = panel.rows("validation")
    training = [panel.lines[c] for c in panel.training]
    logit = additive_logits(energies, training, offsets)[validation]
    slope, intercepts = fit_calibration(logit, panel.labels_of(validation, panel.training))
    centres = [
        float(resistance_on_reference(model, panel, c).mean(dtype=np.float64))
        for c in range(len(panel.lines))
    ]
    return slope, line_records(panel, files, centres, offsets, intercepts)


def line_records(
    panel: Panel,
    files: dict[str, LineFiles],
    centres: list[float],
    offsets: np.ndarray,
    intercepts: np.ndarray,
) -> dict[str, LineRecord]:
    """Records of all lines of the panel; a held-out line gets the means of the training lines'
    offsets and intercepts.
    """
    records = {}
    for c, line in enumerate(panel.lines):
        seen, manifest = c in panel.training, panel.shards[c].manifest
        records[line] = LineRecord(
            role=TRAINING if seen else HELD_OUT,
            marks=manifest["marks"],
            centre=centres[c],
            offset=float(offsets[c] if seen else offsets.mean()),
            intercept=float(intercepts[c] if seen else intercepts.mean()),
            peaks={
                mark: {"path": str(path), "fingerprint": manifest["sources"][str(path)]}
                for mark, path in files[line].peaks.items()
            },
        )
    return records


def calibration_metrics(
    logit: np.ndarray, labels: np.ndarray, slope: float, records: dict[str, LineRecord]
) -> dict[str, float]:
    """How far probabilities are from observed shares, per line, on average over training lines, and
    over the others.

    logit, labels (n, C) of test chromosomes, lines in the order of `records`.
    """
    metrics = {"calibration_slope": slope}
    errors: dict[bool, list[float]] = {True: [], False: []}
    for c, (name, line) in enumerate(records.items()):
        predicted = probability(logit[:, c], slope, line.intercept)
        metrics[f"mean_probability_{name}"] = float(predicted.mean())
        metrics[f"observed_share_{name}"] = float(labels[:, c].mean())
        errors[line.calibrated].append(calibration_error(predicted, labels[:, c]))
    metrics["calibration_error"] = float(np.mean(errors[True]))
    if errors[False]:
        metrics["calibration_error_unseen_line"] = float(np.mean(errors[False]))
    return metrics
