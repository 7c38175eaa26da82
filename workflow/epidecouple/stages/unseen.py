"""R alone in a line it never saw: one fold is left for test and each line in turn left out of the training, of R and of its rivals."""

import logging

import numpy as np
import torch

from ..core.config import Config
from ..evaluation.cross_fitting import fold_of
from .crossfit import crossfit_parser
from .runner import run_stage

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `unseen`: scores of one test fold by arms that never saw a line's labels, for every line."""
    arguments = crossfit_parser(__doc__, ("scores",)).parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    _, rows, fold = fold_of(arguments.loci, arguments.shards, arguments.fold, Config.from_json(arguments.settings))
    scores = {}
    for line in fold.lines:
        scores |= {f"{fold.panel.lines[line]}|{name}": score for name, score in fold.left_out(line).items()}
        log.info("fold %d without %s: %d arms", arguments.fold, fold.panel.lines[line], len(scores))
    np.savez_compressed(arguments.scores, pairs=rows[fold.test], **scores)


if __name__ == "__main__":
    run_stage(main)
