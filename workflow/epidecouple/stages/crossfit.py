"""R alone, without DNA: one chromosome fold is left for test, R and its rivals are fitted on the others and score it.

R is trained by the first stage of the curriculum and is the R that ships in the model; U is never used.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import write_json
from ..evaluation.cross_fitting import ALL_LINES, fold_of, trained_resistance
from ..model.scoring import residual_share, score_resistance
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def crossfit_parser(text: str, outputs: tuple[str, ...]) -> argparse.ArgumentParser:
    """Command line of a stage that fits one fold."""
    parser = stage_parser(text)
    parser.add_argument("--fold", type=int, required=True)
    for name in ("loci", "shards", *outputs):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser


def main() -> None:
    """Stage `crossfit`: R and its rivals on one test fold, in all lines."""
    arguments = crossfit_parser(__doc__, ("scores", "resistance", "metrics")).parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    everything, rows, fold = fold_of(arguments.loci, arguments.shards, arguments.fold, Config.from_json(arguments.settings))
    model = trained_resistance(fold.panel, fold.lines, fold.train, fold.config)
    scores = {f"{ALL_LINES}|{name}": score for name, score in fold.arms(model).items()}
    np.savez_compressed(arguments.scores, pairs=rows[fold.test], **scores)
    tested = everything.rows("test")
    table = pd.DataFrame(
        score_resistance(model, everything, tested, fold.lines), columns=[f"resistance_{line}" for line in everything.lines]
    )
    table.assign(pair=tested).to_parquet(arguments.resistance, index=False)
    share = residual_share(model, fold.panel, fold.test)
    write_json(arguments.metrics, {"pairs": len(tested), "discordant": len(fold.test), "residual_share": share})
    log.info("fold %d: %d arms on %d discordant pairs", arguments.fold, len(scores), len(fold.test))


if __name__ == "__main__":
    run_stage(main)
