"""R on one chromosome fold of the loop panel, beside its rivals and nulls: fitted on the others,
scored on this one.
"""

import logging
from pathlib import Path

import torch

from ..core.config import Config
from ..evaluation.loop_arms import LoopFold, load_loop_panel
from ..evaluation.scores import save_scores
from .runner import run

log = logging.getLogger(__name__)


def loop_fold(config: Config, fold: int, loci: Path, signal: Path, scores: Path) -> None:
    """Score the discordant loci of one fold by every arm, some of which never saw one of the
    lines.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    own = LoopFold(load_loop_panel(loci, signal, config), fold, config)
    of_arms = own.arms()
    save_scores(scores, own.test, of_arms)
    log.info("fold %d: %d arms on %d loci", fold, len(of_arms), len(own.test))


if __name__ == "__main__":
    run(loop_fold)
