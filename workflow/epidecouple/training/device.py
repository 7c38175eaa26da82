"""The device that a training runs on, and how it is made deterministic."""

import os

import torch

from ..core.errors import InputError
from ..data.panel import CPU


def chosen_device(name: str) -> torch.device:
    """Return the device for a value of the key `device`: auto, cpu or cuda.

    `auto` takes CUDA where it is available. Of several processes each takes the device of its rank
    on the machine (LOCAL_RANK, which torchrun sets). Raises `InputError` when CUDA is required and
    not available.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise InputError(
            "device is cuda, but torch finds no CUDA device on this machine",
            "Set device: auto or cpu, or run on a machine with a GPU",
            "config",
        )
    if name == "cpu" or not available:
        return CPU
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())
    torch.cuda.set_device(device)
    return device


def make_deterministic(device: torch.device) -> None:
    """Let the same seed give the same bits, on CUDA as far as its kernels can.

    TF32 is switched off, so that results on CUDA agree with those on a CPU.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
