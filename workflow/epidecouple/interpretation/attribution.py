"""Why a pair scores as it does: which marks raise R, and which bases carry U."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..data.panel import Panel
from ..data.signal import places
from ..model.energy import EnergyModel
from ..model.sequence import BASES

LETTERS = "ACGTN"


@torch.no_grad()
def marks_of_resistance(model: EnergyModel, panel: Panel, line: int, marks: list[str]) -> pd.DataFrame:
    """By how much each mark at each position raises R: R minus R with the mark at its mean over the reference loci.

    Returns pair (row of the panel), mark, position (enhancer, promoter or window), signal (in sd of the reference loci, mean over
    the position) and raises_R (logit units). Leave-one-out changes do not add up to R, which is not linear. A mark that is
    missing in the line has no row.
    """
    pairs = np.arange(len(panel.enhancer))
    signal, normalised = panel.signal_tensor(pairs, line), np.asarray(panel.shards[line].signal, dtype=np.float32)
    whole, tables = model.resistance(signal), []
    for m in np.flatnonzero(panel.present[line]):
        for position, place in places(signal.shape[1], model.resistance.bins).items():
            without = signal.clone()
            without[:, place, m] = float(panel.offset[line, m])
            raised = (whole - model.resistance(without)).numpy()
            table = {"pair": pairs, "mark": marks[m], "position": position, "signal": normalised[:, place, m].mean(1), "raises_R": raised}
            tables.append(pd.DataFrame(table))
    return pd.concat(tables).sort_values("pair", kind="stable", ignore_index=True)


@torch.no_grad()
def bases_of_potential(model: EnergyModel, panel: Panel, pair: int) -> pd.DataFrame:
    """In-silico mutagenesis of one pair: the change of U for every base of both windows and every letter in its place.

    Returns element (enhancer or promoter), offset (bp from the window's start), base, dU_A ... dU_T (logit units; 0 for the base
    that is there) and carries_U: minus the mean change over the other letters, so positive where a mutation lowers U.
    """
    encoder = model.potential.encoder
    codes = {end: torch.from_numpy(np.array(panel.codes[getattr(panel, end)[pair]])) for end in ("enhancer", "promoter")}
    whole = {end: getattr(encoder, end)(codes[end][None]) for end in codes}
    before = _potential(model, panel, pair, whole["enhancer"], whole["promoter"])
    tables = []
    for end, window in codes.items():
        variants = getattr(encoder, end)(_variants(window))
        both = whole | {end: variants}
        change = _potential(model, panel, pair, both["enhancer"], both["promoter"]) - before
        tables.append(_base_table(end, window, change.view(len(window), BASES)))
    return pd.concat(tables, ignore_index=True)


def _variants(window: Tensor) -> Tensor:
    """Every single-base variant of a window (L,): codes (4 L, L), the four letters of a position one after the other."""
    length = len(window)
    variants = window.repeat(BASES * length, 1)
    letters = torch.arange(BASES, dtype=torch.uint8).repeat(length)
    variants[torch.arange(BASES * length), torch.arange(length).repeat_interleave(BASES)] = letters
    return variants


def _potential(model: EnergyModel, panel: Panel, pair: int, enhancer: Tensor, promoter: Tensor) -> Tensor:
    """U (n,) of one pair with other windows: embeddings (n, d_z) or (1, d_z) of each end."""
    count = max(len(enhancer), len(promoter))
    same = np.full(count, pair)
    z = model.potential.encoder.combine(enhancer.expand(count, -1), promoter.expand(count, -1))
    z = model.potential.eraser(model.potential.annotated(z, panel, same))
    return model.potential.of_z(z, torch.from_numpy(panel.log_distance[same]))


def _base_table(end: str, window: Tensor, change: Tensor) -> pd.DataFrame:
    """One row per base, from the changes (L, 4)."""
    there = window.numpy()
    change = change.numpy().copy()
    known = np.flatnonzero(there < BASES)
    change[known, there[known]] = 0
    others = np.where(there < BASES, BASES - 1, BASES)
    letters = {f"dU_{LETTERS[b]}": change[:, b] for b in range(BASES)}
    base = [LETTERS[code] for code in there]
    return pd.DataFrame({"element": end, "offset": np.arange(len(there)), "base": base, **letters, "carries_U": -change.sum(1) / others})
