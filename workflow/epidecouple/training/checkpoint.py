"""Checkpoints: where a training stands after an epoch, so that one that was killed goes on as if it
had not been.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from ..core.provenance import code_digest, versions
from .processes import rank

FILE = "checkpoint.pt"


class Checkpoint:
    """One file in a folder of its own, replaced after every epoch.

    The folder is no output of a rule: Snakemake removes outputs before a rule runs again.
    basis : digest of what the training rests on; a file that rests on something else is not used
    """

    def __init__(self, folder: Path, basis: str) -> None:
        self.folder, self.file, self.basis = folder, folder / FILE, basis

    def save(self, state: dict[str, Any]) -> None:
        """Write the state beside the old file, then put it in its place: one of them is always
        whole.
        """
        if rank():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        torch.save({"basis": self.basis, "state": state}, fresh)
        os.replace(fresh, self.file)

    def load(self) -> dict[str, Any] | None:
        """The state that was saved last; None when there is none that rests on the same."""
        if not self.file.exists():
            return None
        saved = torch.load(self.file, map_location="cpu", weights_only=True)
        return saved["state"] if saved["basis"] == self.basis else None

    def remove(self) -> None:
        """Forget a training that has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


def random_state() -> dict[str, Any]:
    """State of the random numbers of every device; samplers draw from the seed and the epoch and
    need none.
    """
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}


def resume_random(state: dict[str, Any]) -> None:
    """Let random numbers go on from a state."""
    torch.set_rng_state(state["cpu"])
    torch.cuda.set_rng_state_all(state["cuda"])


def basis_of(settings: str, scope: str, files: list[Path]) -> str:
    """Digest of settings, scope, code and libraries, and of size and time of the input files (their
    content may be gigabytes).
    """
    stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    basis = repr((settings, scope, code_digest("train"), versions(), stamps))
    return hashlib.sha256(basis.encode()).hexdigest()
