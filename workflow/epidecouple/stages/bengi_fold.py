"""Scores of the tested lines' pairs on one chromosome fold, fitted on other lines and other
chromosomes.
"""

import logging
from pathlib import Path

import torch

from ..bengi.arms import fold_scores
from ..bengi.panel import load_panel
from ..core.config import Config
from ..core.integrity import seal
from .runner import run

log = logging.getLogger(__name__)


def bengi_fold(config: Config, fold: int, pairs: Path, signal: Path, scores: Path) -> None:
    """Write the scores of one fold, one column each."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    table = fold_scores(load_panel(pairs, signal), config.bengi.folds[fold], config)
    table.to_parquet(scores)
    seal(scores)
    log.info("fold %d: %d pairs by %d scores", fold, *table.shape)


if __name__ == "__main__":
    run(bengi_fold)
