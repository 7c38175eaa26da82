"""Arms of a comparison: the configuration under several seeds, and overlays that train another
model on the same data.
"""

import copy
from pathlib import Path
from typing import Any

from .config import validated
from .errors import InputError, read_yaml
from .paths import ROOT

DESIGN = "design"
# What an arm may change: how a model is made and trained, never the data it is trained on.
TRAINED_BY = frozenset(
    {"model", "objective", "curriculum", "verification", "resistance", "potential", "fine_tuning"}
)


def comparison_runs(
    config: dict[str, Any],
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Configurations by run name, and what each arm replaces in them by the folder that it adds to
    a run's.

    config : validated. The first run and the arm "" are the run itself; the runs of the comparison
    lie in `<run>/seeds/<seed>`, its arms in `arms/<name>` below. Raises `InputError` for an overlay
    that is missing or changes the data.
    """
    run = config["run"]
    seeds = {
        f"{run}/seeds/{seed}": config | {"run": f"{run}/seeds/{seed}", "seed": seed}
        for seed in config["comparison"]["seeds"]
    }
    arms: dict[str, dict[str, Any]] = {arm_folder(DESIGN): {}} | {
        arm_folder(name): overlaid(config, Path(path))
        for name, path in config["comparison"]["arms"].items()
    }
    observed = {folder: sections | {"verification": "observe"} for folder, sections in arms.items()}
    return {run: config} | seeds, {"": {}} | observed


def arm_folder(name: str) -> str:
    """What an arm adds to the folder of a run."""
    return f"/arms/{name}"


def overlaid(config: dict[str, Any], path: Path) -> dict[str, Any]:
    """The sections of `config` that an overlay changes, whole; its `run` plays no part.

    path : as seen from the working directory, or else from the repository.
    """
    path = path if path.is_file() else ROOT / path
    if not path.is_file():
        raise InputError("there is no such arm", "Correct comparison.arms", path)
    overlay = {name: values for name, values in read_yaml(path).items() if name != "run"}
    for name in sorted(set(overlay) - TRAINED_BY):
        problem = f"the arm changes '{name}', and arms are compared on the same data"
        raise InputError(problem, f"An arm may change {', '.join(sorted(TRAINED_BY))}", path)
    merged = validated(_merged(config, overlay), [path])
    return {name: merged[name] for name in overlay}


def _merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """`base` with the values of `overlay`, section by section."""
    merged = copy.deepcopy(base)
    for name, value in overlay.items():
        merged[name] = _merged(merged[name], value) if isinstance(value, dict) else value
    return merged
