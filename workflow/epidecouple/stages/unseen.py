"""R alone in a line it never saw: one fold is left for test and each line in turn left out, of R
and of its rivals.
"""

import logging
from pathlib import Path

import torch

from ..core.config import Config
from ..evaluation.cross_fitting import fold_of
from ..evaluation.scores import Scores, save_scores
from .runner import run

log = logging.getLogger(__name__)


def unseen(config: Config, fold: int, loci: Path, shards: Path, scores: Path) -> None:
    """Score one test fold by arms that never saw a line's labels, for every line."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    _, rows, own = fold_of(loci, shards, fold, config)
    of_arms: Scores = {}
    for line in own.lines:
        of_arms |= own.left_out(line)
        log.info("fold %d without %s: %d arms", fold, own.panel.lines[line], len(of_arms))
    save_scores(scores, rows[own.test], of_arms)


if __name__ == "__main__":
    run(unseen)
