"""Diagnostics: does z know the cell line, does the environment know it, do the two share anything,
is z collapsed?
"""

import logging
from pathlib import Path
from typing import Literal

import pandas as pd

from ..core.config import Config
from ..core.provenance import Measured
from ..decoupling.diagnosis import diagnose as diagnosis_of
from ..model.initialise import new_model, start_prototypes
from ..model.weights import model_and_panel
from .runner import run

log = logging.getLogger(__name__)


def diagnose(
    config: Config,
    scope: Literal["subset", "full"],
    model: Path,
    elements: Path,
    shards: Path,
    matrix: Path,
    information: Path,
    nulls: Literal["few", "all"] = "few",
) -> Measured:
    """Diagnose the trained model beside an untrained one of the same seed."""
    config = with_nulls(config, nulls)
    network, panel = model_and_panel(model, elements, shards, config)
    lines = panel.training[: config.subset.lines] if scope == "subset" else panel.training
    untrained = start_prototypes(new_model(config, panel), panel, lines, config).eval()
    metrics, table, correlation = diagnosis_of(
        network, untrained, panel, lines, config, scope == "full"
    )
    pd.DataFrame(correlation).to_csv(
        matrix, sep="\t", index=False, header=False, float_format="%.5f"
    )
    table.to_csv(information, sep="\t", index=False, float_format="%.6f")
    log.info(
        "V(z -> line) %.4f of H, floor %.4f",
        metrics["z_line_linear"],
        metrics["z_line_linear_floor"],
    )
    return Measured(metrics, [model])


def with_nulls(config: Config, nulls: str) -> Config:
    """The configuration with the number of permutations of a run, `few`, or of a paper, `all`."""
    if nulls == "few":
        return config
    probes = config.diagnose
    counts = {
        "permutations": probes.full_permutations,
        "boosted_permutations": probes.full_boosted_permutations,
    }
    return config.model_copy(update={"diagnose": probes.model_copy(update=counts)})


if __name__ == "__main__":
    run(diagnose)
