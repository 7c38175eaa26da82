"""On which device tensors live."""

import os

import torch

from ..core.errors import InputError
from ..data.panel import CPU


def chosen_device(name: str) -> torch.device:
    """The device that the key `device` asks for: auto takes CUDA where it is; raises `InputError`
    for CUDA where it is not.

    Of several processes each takes the device of its rank on the machine (LOCAL_RANK, which
    torchrun sets).
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise InputError(
            "device is cuda, and torch finds no CUDA device here",
            "Set device: auto or cpu, or run where a GPU is",
            "config",
        )
    if name == "cpu" or not there:
        return CPU
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())
    torch.cuda.set_device(device)
    return device


def make_deterministic(device: torch.device) -> None:
    """Same bits from the same seed; on CUDA as far as its kernels can, and without TF32, so that it
    agrees with a CPU.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
