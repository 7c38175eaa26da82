"""Diagnostics: does z know the cell line, does the environment know it, do the two share anything, is z collapsed?"""

import dataclasses
import logging
from pathlib import Path

import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import write_metrics
from ..data.panel import load_panel
from ..decoupling.diagnosis import diagnose
from ..model.initialise import new_model, start_prototypes
from ..model.weights import load_model
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `diagnose`: the trained model beside an untrained one of the same seed."""
    parser = stage_parser(__doc__)
    parser.add_argument("--scope", choices=("subset", "full"), required=True)
    parser.add_argument("--nulls", choices=("few", "all"), default="few")
    for name in ("model", "elements", "shards", "matrix", "information", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = with_nulls(Config.from_json(arguments.settings), arguments.nulls)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    lines = panel.training[: config.subset.lines] if arguments.scope == "subset" else panel.training
    untrained = start_prototypes(new_model(config, panel), panel, lines, config).eval()
    metrics, table, matrix = diagnose(model, untrained, panel, lines, config, arguments.scope == "full")
    pd.DataFrame(matrix).to_csv(arguments.matrix, sep="\t", index=False, header=False, float_format="%.5f")
    table.to_csv(arguments.information, sep="\t", index=False, float_format="%.6f")
    write_metrics(arguments.metrics, "diagnose", metrics, arguments.settings, [arguments.model])
    log.info("V(z -> line) %.4f of H, floor %.4f", metrics["z_line_linear"], metrics["z_line_linear_floor"])


def with_nulls(config: Config, nulls: str) -> Config:
    """The configuration with the number of permutations of a run, `few`, or of a paper, `all`."""
    if nulls == "few":
        return config
    counts = {"permutations": config.diagnose.full_permutations, "boosted_permutations": config.diagnose.full_boosted_permutations}
    return dataclasses.replace(config, diagnose=dataclasses.replace(config.diagnose, **counts))


if __name__ == "__main__":
    run_stage(main)
