"""Where reading and the CNN stand against what the machine can do: bytes moved, multiplications
made.
"""

import numpy as np
import torch

from epidecouple.model.sequence import ElementEncoder
from timing import OURS, Arm, Row, compare
from world import configuration

WINDOWS, LENGTH, BATCH, SIDE = 40_000, 2000, 512, 2048


def gathering() -> list[Row]:
    """Bytes per second of gathering random windows, against copying as many bytes in order."""
    rng = np.random.default_rng(0)
    codes, taken = (
        rng.integers(0, 4, (WINDOWS, LENGTH), dtype=np.uint8),
        rng.permutation(WINDOWS)[:8192],
    )
    target = np.empty((len(taken), LENGTH), dtype=np.uint8)
    count = target.size
    arms = {
        OURS: Arm(lambda: np.take(codes, taken, axis=0, out=target), count, "random windows"),
        "memory, in order": Arm(lambda: np.copyto(target, codes[: len(taken)]), count, "the limit"),
    }
    return compare("gather windows, bytes", f"{LENGTH} bp", arms, repeats=5)


@torch.no_grad()
def convolving() -> list[Row]:
    """Multiply-adds per second of the element encoder, against a matrix product."""
    config = configuration(6, 7)
    encoder = ElementEncoder(config.model).eval()
    codes = torch.randint(0, 4, (BATCH, LENGTH), dtype=torch.uint8)
    work = (
        BATCH
        * (LENGTH - config.model.filter_bp + 1)
        * 4
        * config.model.filter_bp
        * 2
        * config.model.filters
    )
    square = torch.randn(SIDE, SIDE)
    arms = {
        OURS: Arm(lambda: encoder(codes), work, "the whole element encoder"),
        "matrix product": Arm(lambda: square @ square, SIDE**3, f"{SIDE} x {SIDE}, the limit"),
    }
    return compare("CNN, multiply-adds", f"batch {BATCH}, {LENGTH} bp", arms, repeats=3)


def rows() -> list[Row]:
    """Both."""
    return gathering() + convolving()
