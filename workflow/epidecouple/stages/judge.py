"""Judge a stage: its metrics against the thresholds of its gate. Always succeeds, so that the evidence survives."""

import argparse
import json
from pathlib import Path

from ..core.gates import judge, rows_of, verdict
from ..core.provenance import read_metrics, write_json


def main() -> None:
    """Write the verdict of one gate from one or more metrics files; later files win where keys are equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", required=True)
    parser.add_argument("--settings", required=True, help="`thresholds` and `waive` of the configuration as JSON")
    parser.add_argument("--metrics", type=Path, nargs="+", required=True)
    parser.add_argument("--verdict", type=Path, required=True)
    arguments = parser.parse_args()
    settings = json.loads(arguments.settings)
    metrics = {}
    for path in arguments.metrics:
        metrics |= read_metrics(path)
    checks = judge(rows_of(arguments.gate, settings["thresholds"]), metrics)
    write_json(arguments.verdict, verdict(arguments.gate, checks, arguments.gate in settings["waive"]))


if __name__ == "__main__":
    main()
