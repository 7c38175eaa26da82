"""Training in processes of their own, which `gpu.py` starts alone or two at once."""

import hashlib
import json
import os
import subprocess
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer

import torch

import steps

LONGEST_S = 60
WARM_UP = 2


@dataclass(frozen=True)
class Task:
    """What each process does: some steps of training."""

    encoder: str
    device: str
    window_bp: int
    pairs: int
    steps: int


@dataclass(frozen=True)
class Found:
    """What a process says. rate : pairs per second; digest : of the trained weights; warnings :
    operations for which torch has no deterministic kernel.
    """

    rate: float
    digest: str
    memory_gb: float
    warnings: list[str]


def together(task: Task, number: int) -> list[Found]:
    """Start processes, let them step at once when all are warm, and read what they say.

    Raises `RuntimeError` with the last line of the first that ends otherwise.
    """
    command = [sys.executable, str(Path(__file__)), json.dumps(asdict(task))]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    running = [subprocess.Popen(command, text=True, **pipes) for _ in range(number)]
    watch = Timer(LONGEST_S, lambda: [process.kill() for process in running])
    watch.start()
    try:
        for process in running:
            process.stdout.readline()
        return [_said(process) for process in [_begun(process) for process in running]]
    finally:
        watch.cancel()
        for process in running:
            process.kill()


def _begun(process: subprocess.Popen) -> subprocess.Popen:
    if process.poll() is None:
        process.stdin.write("go\n")
        process.stdin.flush()
    return process


def _said(process: subprocess.Popen) -> Found:
    said, complaint = process.communicate()
    if process.returncode:
        last = (complaint.strip().splitlines() or ["it was killed after a minute"])[-1]
        raise RuntimeError(f"a process ended with {process.returncode}: {last}")
    return Found(**json.loads(said))


def work(task: Task) -> None:
    """Warm up, say so, wait for a line, and train; deterministic, in the precision of training."""
    device = torch.device(task.device)
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    model = steps.on(device, steps.untrained(task.encoder, task.window_bp))
    step = steps.training_step(model, steps.batch(task.window_bp, task.pairs, device))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(WARM_UP):
            step()
    _say("warm")
    sys.stdin.readline()
    started = time.perf_counter()
    for _ in range(task.steps):
        loss = step()
    loss.item()
    rate = task.pairs * task.steps / (time.perf_counter() - started)
    _say(json.dumps(asdict(Found(rate, digest(model), memory_gb(device), unsure(seen)))))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def digest(model: steps.EnergyModel) -> str:
    """SHA-256 of all weights."""
    found = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        found.update(name.encode() + tensor.cpu().numpy().tobytes())
    return found.hexdigest()


def memory_gb(device: torch.device) -> float:
    """Most that was allocated on a card."""
    on_card = device.type == "cuda"
    return torch.cuda.max_memory_allocated(device) / 1e9 if on_card else float("nan")


def unsure(seen: list[warnings.WarningMessage]) -> list[str]:
    """Names of operations that have no deterministic kernel, from torch's warnings."""
    said = [str(one.message) for one in seen]
    return sorted({line.split()[0] for line in said if "deterministic" in line})


if __name__ == "__main__":
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    work(Task(**json.loads(sys.argv[1])))
