"""Random windows of DNA as tensors of codes."""

import numpy as np
import torch


def random_codes(n=7, length=40, seed=0, letters=4):
    return torch.from_numpy(
        np.random.default_rng(seed).integers(0, letters, (n, length)).astype(np.uint8)
    )


def complement_of_codes(x):
    return torch.where(x < 4, 3 - x, x).flip(1)
