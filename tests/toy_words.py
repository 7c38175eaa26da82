"""A model whose potential is known by construction: it counts one word per end, and knows what the
two do together.
"""

from types import SimpleNamespace

import numpy as np
import torch

from epidecouple.core.dna import BASES
from epidecouple.files.motifs import Motif
from epidecouple.interpretation.edited_pairs import EditablePairs
from toy_panel import toy_panel

WORD = "ACGGTTCA"


def codes_of(text: str) -> np.ndarray:
    return np.array([(BASES + "N").index(base) for base in text], dtype=np.uint8)


def motif_of(text: str, name: str = "word", certainty: float = 1.0) -> Motif:
    rest = (1 - certainty) / 3
    return Motif(name, name, np.where(np.eye(4)[codes_of(text)] == 1, certainty, rest))


def has_word(codes, word: str, strands: int = 2):
    """Whether each window (n, L) has the word, on either strand or on + alone: float32 (n, 1)."""
    target = torch.from_numpy(codes_of(word))
    both = [target, 3 - target.flip(0)][:strands]
    windows = codes.unfold(1, len(word), 1)
    return torch.stack([(windows == one).all(2).any(1) for one in both]).any(0).float()[:, None]


def word_model(
    enhancer: float = 1.0,
    promoter: float = 0.0,
    together: float = 0.0,
    word: str = WORD,
    strands: int = 2,
):
    """U = enhancer * [word at the enhancer] + promoter * [at the promoter] + together * [at
    both].
    """

    def read(codes):
        return has_word(codes, word, strands)

    def of_z(z, log_distance):
        return z @ torch.tensor([enhancer, promoter]) + together * z[:, 0] * z[:, 1]

    encoder = SimpleNamespace(
        enhancer=read, promoter=read, combine=lambda e, p: torch.cat([e, p], dim=1)
    )
    potential = SimpleNamespace(encoder=encoder, z_of_ends=encoder.combine, of_z=of_z)
    return SimpleNamespace(potential=potential)


def word_pairs(count: int = 40, **weights: float) -> EditablePairs:
    """Pairs of the toy panel read by a `word_model`; by chance no window has the word."""
    return EditablePairs(word_model(**weights), toy_panel(), np.arange(count))
