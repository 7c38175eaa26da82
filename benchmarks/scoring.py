"""Scoring every pair of a panel: each unique window encoded once, against both windows of every
pair, and against embeddings kept in a dictionary.
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


@torch.no_grad()
def kept_embeddings(model: EnergyModel, data: Panel, pairs: np.ndarray) -> np.ndarray:
    """U (n,) as a careful user writes it: an embedding per window, kept by its row and looked up
    for each pair.
    """
    encoder, kept = model.potential.encoder, {}
    for end, rows in (("enhancer", data.enhancer), ("promoter", data.promoter)):
        unique = np.unique(rows[pairs])
        for some in np.array_split(unique, max(1, len(unique) // BATCH)):
            embeddings = getattr(encoder, end)(torch.from_numpy(data.codes[some]))
            kept.update(
                {(end, row): embedding for row, embedding in zip(some, embeddings, strict=True)}
            )
    parts = []
    for some in np.array_split(pairs, max(1, len(pairs) // BATCH)):
        enhancer = torch.stack([kept["enhancer", row] for row in data.enhancer[some]])
        promoter = torch.stack([kept["promoter", row] for row in data.promoter[some]])
        z, distance = encoder.combine(enhancer, promoter), torch.from_numpy(data.log_distance[some])
        parts.append(model.potential.of_z(z, distance).numpy())
    return np.concatenate(parts)


def rows() -> list[Row]:
    """Pairs per second of U by either way; the scores are checked to be equal."""
    config = configuration(6, 7, windows={"sequence_bp": LENGTH})
    data = panel(config, PAIRS, ELEMENTS)
    model = EnergyModel(config, config.reference.loci).eval()
    every, few = np.arange(len(data.enhancer)), np.arange(FEW)
    scores = score_potential(model, data, few)
    for other in (pair_by_pair, kept_embeddings):
        assert np.allclose(scores, other(model, data, few), atol=1e-4), "the scores differ"
    arms = {
        OURS: Arm(
            lambda: score_potential(model, data, every),
            len(every),
            f"{len(data.codes):,} windows encoded",
        ),
        "embeddings kept": Arm(lambda: kept_embeddings(model, data, every), len(every)),
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
