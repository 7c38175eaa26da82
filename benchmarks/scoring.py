"""Scoring every pair of a panel: each unique window encoded once, against both windows of every
pair.
"""

import numpy as np
import torch

from epidecouple.data.panel import Panel
from epidecouple.model.energy import EnergyModel
from epidecouple.model.scoring import score_potential
from timing import OURS, Arm, Row, compare
from world import configuration, panel

PAIRS, ELEMENTS, FEW, BATCH, LENGTH = 40_000, 6_000, 2_000, 512, 2000


@torch.no_grad()
def pair_by_pair(model: EnergyModel, data: Panel, pairs: np.ndarray) -> np.ndarray:
    """U (n,) with both windows of every pair encoded, in batches."""
    encoder, parts = model.potential.encoder, []
    for rows in np.array_split(pairs, max(1, len(pairs) // BATCH)):
        enhancer, promoter = (
            torch.from_numpy(data.codes[which[rows]]) for which in (data.enhancer, data.promoter)
        )
        z = encoder.combine(encoder.enhancer(enhancer), encoder.promoter(promoter))
        parts.append(model.potential.of_z(z, torch.from_numpy(data.log_distance[rows])).numpy())
    return np.concatenate(parts)


def rows() -> list[Row]:
    """Pairs per second of U by either way; the scores are checked to be equal."""
    config = configuration(6, 7, windows={"sequence_bp": LENGTH})
    data = panel(config, PAIRS, ELEMENTS)
    model = EnergyModel(config, config.reference.loci).eval()
    every, few = np.arange(len(data.enhancer)), np.arange(FEW)
    assert np.allclose(
        score_potential(model, data, few), pair_by_pair(model, data, few), atol=1e-4
    ), "the scores differ"
    arms = {
        OURS: Arm(
            lambda: score_potential(model, data, every),
            len(every),
            f"{len(data.codes):,} windows encoded",
        ),
        "pair by pair": Arm(
            lambda: pair_by_pair(model, data, few), len(few), "two windows per pair"
        ),
    }
    return compare(
        "scoring",
        f"{len(every):,} pairs of {len(data.codes):,} elements, {LENGTH} bp",
        arms,
        repeats=2,
    )
