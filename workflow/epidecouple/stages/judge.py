"""Judge a stage: its metrics against the thresholds of its gate. Always succeeds, so that the
evidence survives.
"""

import json
import logging
from pathlib import Path

from ..core.gates import judge as judged
from ..core.gates import rows_of
from ..core.gates import verdict as verdict_of
from ..core.provenance import of_another_model, read_metrics, write_json
from .runner import run

log = logging.getLogger(__name__)


def judge(settings: str, gate: str, metrics: list[Path], verdict: Path, model: str = "") -> None:
    """Write the verdict of one gate from one or more metrics files; later files win where keys are
    equal.

    settings : `thresholds` and `waive` of the configuration
    model : the model that all of the files must rest on
    """
    own = json.loads(settings)
    measured = {name: value for path in metrics for name, value in read_metrics(path).items()}
    if model:
        others = of_another_model(metrics, Path(model))
        measured["files_of_another_model"] = len(others)
        for path in others:
            log.warning("%s was not measured on %s", path, model)
    checks = judged(rows_of(gate, own["thresholds"]), measured)
    write_json(verdict, verdict_of(gate, checks, gate in own["waive"]))


if __name__ == "__main__":
    run(judge)
