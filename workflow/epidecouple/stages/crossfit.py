"""R alone on one chromosome fold, beside its rivals: fitted on the others, scored on this one."""

import logging
from pathlib import Path

import pandas as pd
import torch

from ..core.config import Config
from ..core.integrity import seal
from ..core.provenance import write_json
from ..evaluation.cross_fitting import fold_of, trained_resistance
from ..evaluation.scores import save_scores
from ..model.scoring import residual_share, score_resistance
from .runner import run

log = logging.getLogger(__name__)


def crossfit(
    config: Config,
    fold: int,
    loci: Path,
    shards: Path,
    scores: Path,
    resistance: Path,
    metrics: Path,
) -> None:
    """Score R and its rivals on one test fold, in all lines."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    everything, rows, own = fold_of(loci, shards, fold, config)
    network = trained_resistance(own.panel, own.lines, own.train, own.config)
    of_arms = own.arms(network)
    save_scores(scores, rows[own.test], of_arms)
    tested = everything.rows("test")
    columns = [f"resistance_{line}" for line in everything.lines]
    table = pd.DataFrame(score_resistance(network, everything, tested, own.lines), columns=columns)
    table.assign(pair=tested).to_parquet(resistance, index=False)
    seal(resistance)
    share = residual_share(network, own.panel, own.test)
    write_json(
        metrics, {"pairs": len(tested), "discordant": len(own.test), "residual_share": share}
    )
    log.info("fold %d: %d arms on %d discordant pairs", fold, len(of_arms), len(own.test))


if __name__ == "__main__":
    run(crossfit)
