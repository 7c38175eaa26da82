"""Checkpoints: what a training that was killed needs to go on as if it had not been."""

import hashlib
import io
import os
import shutil
import zlib
from pathlib import Path
from typing import Any

import torch

from ..core.errors import InputError
from ..core.provenance import code_digest, versions
from .processes import rank

FILE = "checkpoint.pt"
CRC_BYTES = 4


class Checkpoint:
    """A file with the state of a training, replaced after every epoch.

    folder : holds nothing else and is no output of a rule, since Snakemake removes the outputs
    before it runs a rule again
    basis : digest of what the training depends on (`basis_of`); a file of another basis is not used
    """

    def __init__(self, folder: Path, basis: str) -> None:
        self.folder, self.file, self.basis = folder, folder / FILE, basis

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file; of several processes only the first one does.

        The new file is written beside the old one and then renamed, so that one of them is whole
        whenever the process is killed.
        """
        if rank():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh, buffer = self.file.with_suffix(".new"), io.BytesIO()
        torch.save({"basis": self.basis, "state": state}, buffer)
        content = buffer.getvalue()
        fresh.write_bytes(zlib.crc32(content).to_bytes(CRC_BYTES) + content)
        os.replace(fresh, self.file)

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved last, or None when there is none of this basis.

        Raises `InputError` for a damaged file.
        """
        if not self.file.exists():
            return None
        saved = torch.load(self._content(), map_location="cpu", weights_only=True)
        return saved["state"] if saved["basis"] == self.basis else None

    def _content(self) -> io.BytesIO:
        """What was saved, without the checksum that it begins with."""
        stored = self.file.read_bytes()
        if stored[:CRC_BYTES] != zlib.crc32(stored[CRC_BYTES:]).to_bytes(CRC_BYTES):
            problem = "this checkpoint has been damaged: its content does not match its checksum"
            raise InputError(
                problem, "Remove it and run again: the training begins anew", self.file
            )
        return io.BytesIO(stored[CRC_BYTES:])

    def remove(self) -> None:
        """Remove the folder, once the training has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


def random_state() -> dict[str, Any]:
    """Return the state of torch's random generators on the CPU and on every CUDA device.

    Samplers have none: they draw from the seed and the number of the epoch.
    """
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}


def restore_random_state(state: dict[str, Any]) -> None:
    """Set torch's random generators to a state that `random_state` returned."""
    torch.set_rng_state(state["cpu"])
    torch.cuda.set_rng_state_all(state["cuda"])


def basis_of(settings: str, scope: str, files: list[Path]) -> str:
    """Digest of the settings, the scope, the code, the libraries and the input files.

    Of a file it takes path, size and time of the last change: its content may be gigabytes.
    """
    stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    basis = repr((settings, scope, code_digest("train"), versions(), stamps))
    return hashlib.sha256(basis.encode()).hexdigest()
