"""In-silico mutagenesis: what each base of the windows of the strongest test pairs does to U, and the stretches that do most."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from .config import Config
from .dataset import load_panel
from .edits import ENDS, EditablePairs, N
from .meme import BASES
from .progress import tracked
from .provenance import write_metrics
from .stage import run_stage, stage_parser
from .storage import load_model

log = logging.getLogger(__name__)

SEQLET_BP, FLANK_BP = 12, 5
LETTERS = np.array([*BASES, "N"])


def strongest_pairs(potential: np.ndarray, ends: list[np.ndarray], count: int) -> np.ndarray:
    """Rows of the `count` pairs with the highest U (n,), no two of which share an element; ends: element of each pair (n,), twice."""
    chosen, used = [], [set(), set()]
    for row in np.argsort(-potential, kind="stable"):
        if len(chosen) < count and all(end[row] not in seen for end, seen in zip(ends, used, strict=True)):
            chosen.append(row)
            for end, seen in zip(ends, used, strict=True):
                seen.add(end[row])
    return np.array(chosen)


def single_mutants(window: np.ndarray) -> np.ndarray:
    """Every window (3 L, L) that differs from `window` (L,) in one base, by position; where it has N, itself."""
    mutants = np.repeat(window[None], 3 * len(window), axis=0)
    position, change = np.divmod(np.arange(len(mutants)), 3)
    mutants[np.arange(len(mutants)), position] = np.where(window[position] == N, N, (window[position] + change + 1) % 4)
    return mutants


def contributions(pairs: EditablePairs, row: int, end: str) -> np.ndarray:
    """What each base of one window adds to U: U minus the mean U of the three mutants of its position, float32 (L,)."""
    mutants = single_mutants(pairs.codes[end][row])
    potential = pairs.edited(np.full(len(mutants), row), **{end: pairs.embed(end, mutants)})
    return pairs.potential[row] - potential.reshape(-1, 3).mean(1)


def seqlets(contribution: np.ndarray) -> list[tuple[int, float]]:
    """Stretches of `SEQLET_BP` that do not overlap, the largest |sum of contributions| first: start and sum of each."""
    sums, found = np.convolve(contribution, np.ones(SEQLET_BP), mode="valid"), []
    free = np.abs(sums)
    while (free >= 0).any():
        start = int(free.argmax())
        found.append((start, float(sums[start])))
        free[max(0, start - SEQLET_BP + 1) : start + SEQLET_BP] = -1
    return found


def with_flanks(values: np.ndarray, start: int, filler: float) -> np.ndarray:
    """A seqlet and `FLANK_BP` on either side of it; `filler` beyond the window."""
    padded = np.pad(values, FLANK_BP, constant_values=filler)
    return padded[start : start + SEQLET_BP + 2 * FLANK_BP]


def seqlet_table(pairs: EditablePairs, count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `count` strongest seqlets of all windows, and the contribution of each of their bases.

    First: seqlet (0 is the strongest), pair, end, start (bp in the window, of the seqlet without flanks), effect (sum over
    its bases, logit), bases (with flanks). Second: seqlet, position (with flanks), base, contribution.
    """
    found = []
    for row in tracked(range(len(pairs.pairs)), "mutated pairs"):
        for end in ENDS:
            contribution = contributions(pairs, row, end)
            letters = LETTERS[pairs.codes[end][row]]
            for start, effect in seqlets(contribution):
                bases = "".join(with_flanks(letters, start, "N"))
                found.append((abs(effect), pairs.pairs[row], end, start, effect, bases, with_flanks(contribution, start, 0)))
    found = sorted(found, key=lambda seqlet: -seqlet[0])[:count]
    table = pd.DataFrame([seqlet[1:6] for seqlet in found], columns=["pair", "end", "start", "effect", "bases"])
    rows = [(k, at, base, value) for k, seqlet in enumerate(found) for at, (base, value) in enumerate(zip(*seqlet[5:], strict=True))]
    return table.rename_axis("seqlet").reset_index(), pd.DataFrame(rows, columns=["seqlet", "position", "base", "contribution"])


def main() -> None:
    """Stage `mutagenesis`: the seqlets of the strongest test pairs."""
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "seqlets", "contributions", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    potential, test = pd.read_parquet(arguments.energies, columns=["potential"]).potential.to_numpy(), panel.rows("test")
    chosen = test[strongest_pairs(potential[test], [panel.enhancer[test], panel.promoter[test]], config.motifs.pairs)]
    table, bases = seqlet_table(EditablePairs(model, panel, chosen), config.motifs.seqlets)
    table.to_csv(arguments.seqlets, sep="\t", index=False, float_format="%.4f")
    bases.to_csv(arguments.contributions, sep="\t", index=False, float_format="%.4f")
    metrics = {"mutated_pairs": len(chosen), "seqlets": len(table), "strongest_seqlet": table.effect.abs().max()}
    metrics["seqlets_raising"] = int((table.effect > 0).sum())
    write_metrics(arguments.metrics, "mutagenesis", metrics, arguments.settings, [arguments.model, arguments.energies])
    log.info("%d seqlets of %d pairs, the strongest %.2f logit", len(table), len(chosen), metrics["strongest_seqlet"])


if __name__ == "__main__":
    run_stage(main)
