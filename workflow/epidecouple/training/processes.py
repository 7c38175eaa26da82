"""Several processes train one model: each encodes its share of the pairs, all take the same
macro-step.

What is computed per pair (z, the parts of R) is shared out and gathered; losses are then computed
on the whole macro-step by every process, so that terms over all its pairs are what they are in one
process. `torchrun` starts the processes.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn


@contextmanager
def joined_processes(device: torch.device) -> Iterator[None]:
    """Inside, the processes that torchrun started know each other; without torchrun there is one,
    and nothing to do.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def processes() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Number of this process; 0 writes the files."""
    return dist.get_rank() if dist.is_initialized() else 0


def share(pairs: np.ndarray) -> np.ndarray:
    """This process's part of some pairs (n,)."""
    return np.array_split(pairs, processes())[rank()]


def gathered(own: Tensor, rows: int) -> Tensor:
    """Rows (rows, ...) of all processes from each one's share, in order."""
    return own if processes() == 1 else _Gather.apply(own, rows)


class _Gather(torch.autograd.Function):
    """Backward gives each process the gradient of its own rows, times the number of processes.

    Every process computes the whole loss. The mean of the gradients over processes is then the
    gradient of that loss, for parameters before the gathering, which see their share only, and
    after it, which see all.
    """

    @staticmethod
    def forward(context: Any, own: Tensor, rows: int) -> Tensor:
        sizes = [len(part) for part in np.array_split(np.arange(rows), processes())]
        padded = own.new_zeros(max(sizes), *own.shape[1:])
        padded[: len(own)] = own
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        start = sum(sizes[: rank()])
        context.own = slice(start, start + len(own))
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return processes() * gradient[context.own], None


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace gradients by their mean over the processes, in one message."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if processes() == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    mean = (flat / processes()).split([gradient.numel() for gradient in gradients])
    for gradient, values in zip(gradients, mean, strict=True):
        gradient.copy_(values.view_as(gradient))


def agree(tensors: Iterable[Tensor]) -> None:
    """Give every process the tensors of the first one."""
    if processes() > 1:
        for tensor in tensors:
            dist.broadcast(tensor, 0)


def of_all_processes(value: Any) -> list[Any]:
    """One value per process, in order of rank."""
    values = [value] * processes()
    if processes() > 1:
        dist.all_gather_object(values, value)
    return values


def draw_apart(seed: int) -> None:
    """Random numbers of their own for all processes but the first, whose are those of a process
    alone.
    """
    if rank():
        torch.manual_seed(seed + 1_000_003 * rank())
