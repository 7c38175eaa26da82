"""Why a pair scores as it does: which marks raise R, and which bases carry U."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..core.dna import BASES, ENDS
from ..data.signal import places
from ..model.energy import EnergyModel

LETTERS = "ACGTN"
POSITIONS = (*ENDS, "window")


@torch.no_grad()
def marks_of_resistance(
    model: EnergyModel, signal: Tensor, marks: list[str], level: np.ndarray, scale: np.ndarray
) -> pd.DataFrame:
    """By how much each mark at each position raises R: R minus R with the mark at its mean over the
    reference loci, and in the window also at its mean densities on the way.

    signal : float32 (n, P, 2M), marks, then presence flags; level, scale : (M,), what a mark at its
    mean over the reference loci reads, and by how much an sd there raises it. Returns pair (row),
    mark, position (enhancer, promoter or window), signal (in sd, mean over the position) and
    raises_R (logit units). Leave-one-out changes do not add up to R, which is not linear. A mark
    that is missing has no row.
    """
    whole = model.resistance(signal)
    tables = []
    present = signal[..., len(marks) :].flatten(0, 1).any(0)
    at = places(signal.shape[1], model.resistance.bins, model.resistance.slots)
    for m in np.flatnonzero(present):
        for position in POSITIONS:
            place = at[position]
            without = signal.clone()
            without[:, place, m] = float(level[m])
            if position == "window" and model.resistance.way:
                without[:, at["way"], m] = model.resistance.way.mean[:, m]
            raises = (whole - model.resistance(without)).numpy()
            there = (signal[:, place, m].mean(1).numpy() - level[m]) / scale[m]
            table = {
                "pair": np.arange(len(signal)),
                "mark": marks[m],
                "position": position,
                "signal": there,
                "raises_R": raises,
            }
            tables.append(pd.DataFrame(table))
    return pd.concat(tables).sort_values("pair", kind="stable", ignore_index=True)


@torch.no_grad()
def bases_of_potential(
    model: EnergyModel, enhancer_codes: Tensor, promoter_codes: Tensor, log_distance: Tensor
) -> pd.DataFrame:
    """In-silico mutagenesis of one pair: the change of U for every base of both windows and every
    letter in its place.

    enhancer_codes, promoter_codes : uint8 (L,); log_distance : (), log10 bp. Returns element
    (enhancer or promoter), offset (bp from the window's start), base, dU_A ... dU_T (logit units; 0
    for the base that is there) and carries_U: minus the mean change over the other letters, so
    positive where a mutation lowers U.
    """
    encoder = model.potential.encoder
    codes = {"enhancer": enhancer_codes, "promoter": promoter_codes}
    whole = {end: getattr(encoder, end)(codes[end][None]) for end in ENDS}
    before = _potential(model, whole, log_distance)
    tables = []
    for end, window in codes.items():
        variants = getattr(encoder, end)(_variants(window))
        change = _potential(model, whole | {end: variants}, log_distance) - before
        tables.append(_base_table(end, window, change.view(len(window), len(BASES))))
    return pd.concat(tables, ignore_index=True)


def _variants(window: Tensor) -> Tensor:
    """Every single-base variant of a window (L,): codes (4 L, L), the four letters of a position
    one after the other.
    """
    length = len(window)
    letters = len(BASES)
    variants = window.repeat(letters * length, 1)
    places = torch.arange(length).repeat_interleave(letters)
    variants[torch.arange(letters * length), places] = torch.arange(
        letters, dtype=torch.uint8
    ).repeat(length)
    return variants


def _potential(model: EnergyModel, ends: dict[str, Tensor], log_distance: Tensor) -> Tensor:
    """U (n,) of one pair with other windows: embeddings (n, d_z) or (1, d_z) of each end."""
    count = max(len(embedded) for embedded in ends.values())
    z = model.potential.z_of_ends(*(ends[end].expand(count, -1) for end in ENDS))
    return model.potential.of_z(z, log_distance.expand(count))


def _base_table(end: str, window: Tensor, change: Tensor) -> pd.DataFrame:
    """One row per base, from the changes (L, 4)."""
    there = window.numpy()
    letters = len(BASES)
    changes = change.numpy().copy()
    known = np.flatnonzero(there < letters)
    changes[known, there[known]] = 0
    others = np.where(there < letters, letters - 1, letters)
    by_letter = {f"dU_{letter}": changes[:, b] for b, letter in enumerate(BASES)}
    base = [LETTERS[code] for code in there]
    carries = -changes.sum(1) / others
    return pd.DataFrame(
        {
            "element": end,
            "offset": np.arange(len(there)),
            "base": base,
            **by_letter,
            "carries_U": carries,
        }
    )
