"""What z and e share within cell lines, on raw e, and whether either is collapsed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..statistics.dependence import (
    Coupled,
    cross_correlation,
    dependence,
    distance_matrix,
    excess_rms,
    held_out_cca,
    kernel_matrix,
    largest_correlation,
    rank_me,
    shared_rows,
    spread,
)
from ..statistics.permutation import Exchangeable, p_value, permuted
from .probe_rows import disjoint_pairs
from .representations import Encoded

CORRELATION_ROWS = 4000
# Pairwise measures take memory and time with the square of the rows.
PAIRWISE_ROWS = 2000
# Permutations that tell whether the canonical correlation is measured on rows held out.
CONTROLS = 10
# A dimension that varies less than this share of the most variable one is dead.
DEAD_SPREAD = 0.01


@dataclass(frozen=True)
class CouplingRows:
    """Pairs on which z and e are compared: random ones, and ones that share no element."""

    some: np.ndarray
    disjoint: np.ndarray


def coupling_rows(panel: Panel, seed: int) -> CouplingRows:
    """Draw the pairs."""
    order = rng_for(seed, Stream.CORRELATED_PAIRS).permutation(len(panel.enhancer))
    return CouplingRows(
        np.sort(order[:CORRELATION_ROWS]), disjoint_pairs(panel, PAIRWISE_ROWS, seed)
    )


def z_and_e(
    network: Encoded, panel: Panel, pairs: np.ndarray, lines: list[int], seed: int
) -> tuple[dict[str, float], np.ndarray]:
    """Held-out canonical correlation and whether it was held out, excess RMS, ranks and spreads of
    pairs, and the mean cross-correlation matrix.
    """
    z = network.z(pairs)
    by_line = []
    matrices = []
    for line in lines:
        e = network.e(panel.signal_tensor(pairs, line))
        matrix = cross_correlation(z, e)
        matrices.append(matrix)
        by_line.append(
            canonical(Coupled(z, e, panel.chrom[pairs]), seed)
            | {
                "z_e_excess_rms": excess_rms(matrix, len(z)),
                "e_rank": rank_me(e),
                "e_smallest_spread": spread(e).min(),
            }
        )
    metrics = {
        name: float(np.mean([figures[name] for figures in by_line], dtype=float))
        for name in by_line[0]
    }
    metrics["z_smallest_spread"] = float(spread(z).min())
    metrics["z_dead_dimensions"] = int((spread(z) < DEAD_SPREAD).sum())
    return metrics, np.mean(matrices, axis=0)


def canonical(coupled: Coupled, seed: int) -> dict[str, float]:
    """Canonical correlation of z and e, how many rows it was both fitted and measured on, and its
    optimism.
    """
    fitted, measured = halves(coupled)
    return {
        "z_e_cca": held_out_cca(fitted, measured),
        "z_e_shared_rows": shared_rows(fitted, measured),
        "z_e_cca_optimism": optimism(coupled, seed),
    }


def z_and_marks(
    trained: Encoded, untrained: Encoded, panel: Panel, pairs: np.ndarray, lines: list[int]
) -> float:
    """Canonical correlation of the trained z with e of an untrained encoder, mean over lines.

    It is what z shares with the marks as they are: where marks show what DNA makes of U, that is
    no fault of a training, which can only add to it.
    """
    z, chrom = trained.z(pairs), panel.chrom[pairs]
    es = (untrained.e(panel.signal_tensor(pairs, line)) for line in lines)
    return float(np.mean([held_out_cca(*halves(Coupled(z, e, chrom))) for e in es]))


def optimism(coupled: Coupled, seed: int) -> float:
    """Mean canonical correlation when e belongs to other rows than z, in standard errors.

    On held-out rows it is about 0, in sample about sqrt d_z + sqrt d_e.
    """
    controls = []
    for number in range(CONTROLS):
        order = rng_for(seed, Stream.PERMUTED_COUPLING, number).permutation(len(coupled.z))
        fitted, measured = halves(Coupled(coupled.z, coupled.e[order], coupled.chrom))
        controls.append(held_out_cca(fitted, measured) * np.sqrt(len(measured.z)))
    return float(np.mean(controls))


def halves(coupled: Coupled) -> tuple[Coupled, Coupled]:
    """The rows of every second chromosome, and those of the others."""
    first = np.isin(coupled.chrom, np.unique(coupled.chrom)[::2])
    return coupled.take(first), coupled.take(~first)


def pairwise(
    network: Encoded,
    panel: Panel,
    pairs: np.ndarray,
    lines: list[int],
    seed: int,
    permutations: int,
) -> dict[str, float]:
    """Largest correlation, bias-corrected squared distance correlation and debiased CKA of pairs
    that share no element.

    Such pairs may be permuted within chromosomes: p of the first two, each the share of
    permutations that reach it.
    """
    z = network.z(pairs).astype(np.float64)
    kernel, distances = kernel_matrix(z), distance_matrix(z)
    orders = [np.arange(len(pairs)), *_orders(panel.chrom[pairs], seed, permutations)]
    ckas: list[float] = []
    measured: dict[str, list[list[float]]] = {"z_e_largest": [], "z_e_dcor": []}
    for line in lines:
        e = network.e(panel.signal_tensor(pairs, line)).astype(np.float64)
        ckas.append(dependence(kernel, kernel_matrix(e)))
        of_e = distance_matrix(e)
        measured["z_e_largest"].append([largest_correlation(z[order], e) for order in orders])
        measured["z_e_dcor"].append(
            [dependence(distances[np.ix_(order, order)], of_e) for order in orders]
        )
    metrics = {"z_e_cka": float(np.mean(ckas))}
    for name, by_line in measured.items():
        metrics[name], *null = (float(np.mean(of_lines)) for of_lines in zip(*by_line, strict=True))
        if null:
            metrics[f"{name}_p"] = p_value(metrics[name], null)
            metrics[f"{name}_null"] = float(np.mean(null))
    return metrics


def _orders(chrom: np.ndarray, seed: int, permutations: int) -> Iterator[np.ndarray]:
    """Orders (n,) of the rows, permuted within chromosomes."""
    rows = np.arange(len(chrom))
    for number in range(permutations):
        yield permuted(
            rows, Exchangeable(rows, chrom), rng_for(seed, Stream.PERMUTED_PAIRS, number)
        )
