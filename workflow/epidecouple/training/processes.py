"""Several processes train one model: all take the same macro-step, and each encodes its share of
the pairs.

What is computed per pair (z, the parts of R) is shared out and gathered. Every process then
computes the losses on the whole macro-step, so that a term over all its pairs has the value that it
has in one process. `torchrun` starts the processes.
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
    """Connect the processes that torchrun started; without torchrun do nothing."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def processes() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Return the number of this process, from 0; process 0 writes the files."""
    return dist.get_rank() if dist.is_initialized() else 0


def share(pairs: np.ndarray) -> np.ndarray:
    """Return this process's part of some pairs (n,)."""
    return np.array_split(pairs, processes())[rank()]


def gathered(own: Tensor, rows: int) -> Tensor:
    """Put the shares of all processes together, in order of rank: (rows, ...)."""
    if processes() == 1:
        return own
    return _Gather.apply(own, rows)  # type: ignore[no-untyped-call]  # torch leaves it untyped


class _Gather(torch.autograd.Function):
    """Gathers rows; backward gives a process the gradient of its own rows, times the number of
    processes.

    Every process computes the whole loss. The mean of a parameter's gradients over the processes is
    then the gradient of that loss: for parameters before the gathering, which see their process's
    share only, and for those after it, which see all rows.
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
    """Replace every gradient by its mean over the processes, in one message."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if processes() == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    means = torch.split(flat / processes(), [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def agree(tensors: Iterable[Tensor]) -> None:
    """Copy the tensors of the first process to every other one."""
    if processes() > 1:
        for tensor in tensors:
            dist.broadcast(tensor, 0)


def of_all_processes(value: Any) -> list[Any]:
    """Return the value that each process has, in order of rank."""
    values = [value] * processes()
    if processes() > 1:
        dist.all_gather_object(values, value)
    return values


def draw_apart(seed: int) -> None:
    """Seed torch's random numbers differently in every process but the first.

    The first one draws what a process alone draws.
    """
    if rank():
        torch.manual_seed(seed + 1_000_003 * rank())
