"""The model card: data, measurements, valid uses and limits of a trained model (Mitchell 2019).

Nothing is measured here: all numbers come from the record of the model and the metrics of stages.
"""

from typing import Any

import pandas as pd

from ..core.config import Config
from ..core.gates import sentences
from ..core.metrics import label
from .bundle import TRAINING, Bundle, LineRecord

ROLES = {TRAINING: "trained on", "held_out": "never seen in training"}
MEASURED = (
    "aupr_seen_line_unseen_chromosome",
    "base_rate_seen_line_unseen_chromosome",
    "aupr_unseen_line_unseen_chromosome",
    "base_rate_unseen_line_unseen_chromosome",
    "skill_lift",
    "skill_lift_lower",
    "balanced_auc",
    "balanced_auc_activity",
    "within_pair_auc",
    "within_pair_auc_label_rate",
    "train_minus_validation_aupr",
    "calibration_error",
    "calibration_error_unseen_line",
    "parameters",
)
LIMITS = (
    (
        "U reads DNA and distance, R reads marks at and between the two elements. The model reads"
        " nothing else: no expression, no variant outside the windows, no three-dimensional"
        " structure beyond the pair."
    ),
    "A positive label is a loop call that joins both elements, not proof of regulation.",
    (
        "The zero of R is a convention: R is reported minus its mean over the line's own"
        " reference loci. A line whose chromatin is open or closed as a whole looks like any other,"
        " since marks are normalised on those loci."
    ),
    (
        "Pairs on training chromosomes were seen in training: scores there say nothing about how"
        " well the model generalises."
    ),
    (
        "In a line without labels of its own probabilities are uncalibrated: the order of the pairs"
        " is meaningful, the level is not."
    ),
    "Leave-one-mark-out and mutagenesis say what the model responds to, not what causes a loop.",
)
OF_SIMULATION = (
    "The data are simulated: this model has learned an artificial grammar. It does not apply to any"
    " genome."
)


def card_of(
    config: Config,
    bundle: Bundle,
    inventory: pd.DataFrame,
    metrics: dict[str, Any],
    verdicts: list[dict[str, Any]],
) -> dict[str, Any]:
    """The content of the card.

    inventory : path, bytes, fingerprint of every input file; metrics : of the panel, training,
    evaluation and release together.
    """
    lines = [line_row(name, line, metrics) for name, line in bundle.lines.items()]
    return {
        "run": config.run,
        "weights": bundle.weights,
        "settings": {
            "seed": config.seed,
            "curriculum": config.curriculum,
            "encoder": config.model.encoder,
            "marks": config.marks,
        },
        "data": {
            "kind": config.dataset.kind,
            "genome": bundle.genome,
            "pairs": metrics["panel_pairs"],
            "chromosomes": bundle.splits,
        },
        "files": inventory[["path", "bytes", "fingerprint"]].to_dict("records"),
        "lines": lines,
        "measured": {name: metrics[name] for name in MEASURED if metrics.get(name) is not None},
        "verdicts": [
            {
                "gate": verdict["gate"],
                "passed": verdict["passed"],
                "waived": verdict["waived"],
                "failures": sentences(verdict),
            }
            for verdict in verdicts
        ],
        "valid": valid_for(config, bundle),
        "limits": [*([OF_SIMULATION] if config.dataset.kind == "simulated" else []), *LIMITS],
    }


def line_row(name: str, line: LineRecord, metrics: dict[str, Any]) -> dict[str, Any]:
    """The card's entry of a cell line."""
    return {
        "line": name,
        "role": ROLES[line.role],
        "positives": metrics[f"positives_{name}"],
        "missing_marks": [mark for mark, known in line.marks.items() if not known["present"]],
        "mean_probability": metrics.get(f"mean_probability_{name}"),
        "observed_share": metrics.get(f"observed_share_{name}"),
    }


def valid_for(config: Config, bundle: Bundle) -> list[str]:
    """Where predictions may be used, as sentences."""
    low, high = bundle.distance_bp
    windows = config.windows
    return [
        (
            f"Pairs of two elements on one chromosome of {bundle.genome}, with"
            f" {windows.sequence_bp} bp of DNA around each midpoint."
        ),
        f"Midpoints {low:,} to {high:,} bp apart, as in training; beyond, U extrapolates.",
        (
            f"Cell lines with peaks of {', '.join(config.marks)}, processed as in training; a"
            " missing mark costs skill."
        ),
        (
            "Ranking pairs within a line, and the lines in which a pair is more likely;"
            f" probabilities in {', '.join(bundle.training_lines)}."
        ),
    ]


def outcomes(card: dict[str, Any]) -> list[str]:
    """Each gate of the card with its outcome."""
    return [_verdict(verdict).split(".")[0] for verdict in card["verdicts"]]


def rendered(card: dict[str, Any]) -> str:
    """The card in markdown."""
    parts = [
        f"# Model card: {card['run']}",
        (
            "An enhancer-promoter interaction model with two energies: logit P = U(DNA, distance) −"
            " R(marks) − τ(line), R ≥ 0. Fields: `card.json`; how to use it: `docs/predict.md`."
        ),
        *_section("Verdicts", [_verdict(verdict) for verdict in card["verdicts"]]),
        *_section("Valid for", card["valid"]),
        *_section("Limits", card["limits"]),
        "## Measured",
        _table(
            ["metric", "value"],
            [(label(name), _number(value)) for name, value in card["measured"].items()],
        ),
        "## Cell lines",
        _table(
            [
                "line",
                "role",
                "positive pairs",
                "missing marks",
                "mean P (test)",
                "observed share (test)",
            ],
            [_line(row) for row in card["lines"]],
        ),
        "## Data",
        f"{card['data']['pairs']:,} pairs ({card['data']['kind']}), each labelled in every line."
        " Chromosomes: "
        + "; ".join(
            f"{name} {', '.join(chroms)}" for name, chroms in card["data"]["chromosomes"].items()
        )
        + ".",
        _table(
            ["file", "bytes", "SHA-256 (16 digits)"],
            [(file["path"], file["bytes"], f"`{file['fingerprint']}`") for file in card["files"]],
        ),
        (
            f"Seed {card['settings']['seed']}, curriculum {card['settings']['curriculum']}, weights"
            f" `{card['weights']}`."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, sentences: list[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {sentence}" for sentence in sentences)]


def _verdict(verdict: dict[str, Any]) -> str:
    outcome = "passed" if verdict["passed"] else "**failed: do not rely on this model**"
    if verdict["waived"]:
        outcome = "waived"
    return " ".join([f"{verdict['gate']}: {outcome}.", *verdict["failures"]])


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    shares = [_shown(row[name]) for name in ("mean_probability", "observed_share")]
    return (
        row["line"],
        row["role"],
        row["positives"],
        ", ".join(row["missing_marks"]) or "none",
        *shares,
    )


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _shown(value: float | None) -> str:
    return "–" if value is None else _number(value)


def _table(head: list[str], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
