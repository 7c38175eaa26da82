"""Seal: the way to take over results that an older version wrote without checksums."""

import logging
from pathlib import Path

from ..core import integrity
from .runner import run

log = logging.getLogger(__name__)

SEALED = {".npy", ".npz", ".parquet", ".safetensors"}


def seal(folder: Path) -> None:
    """Write the checksum of every artefact below a folder that has none, as it is now.

    A file that has one keeps it: what was damaged since is not declared sound.
    """
    artefacts = [path for path in sorted(folder.rglob("*")) if path.suffix in SEALED]
    unsealed = [path for path in artefacts if not integrity.checksum_file(path).exists()]
    integrity.seal(*unsealed)
    log.info("%d artefacts, %d without a checksum until now", len(artefacts), len(unsealed))


if __name__ == "__main__":
    run(seal)
