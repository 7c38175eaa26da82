"""Seal: the way to take over results that an older version wrote without checksums."""

import logging
from pathlib import Path

from ..core import integrity
from .runner import run

log = logging.getLogger(__name__)

SEALED = ("*.npy", "*.npz", "*.parquet", "*.safetensors")
# The tables of text that later stages read.
SEALED_TABLES = ("chromosomes.tsv", "seqlets.tsv", "effects.tsv", "matches.tsv")


def seal(folder: Path) -> None:
    """Write the checksum of every artefact below a folder that has none, as it is now.

    A file that has one keeps it: what was damaged since is not declared sound.
    """
    artefacts = sorted({path for name in (*SEALED, *SEALED_TABLES) for path in folder.rglob(name)})
    unsealed = [path for path in artefacts if not integrity.checksum_file(path).exists()]
    integrity.seal(*unsealed)
    log.info("%d artefacts, %d without a checksum until now", len(artefacts), len(unsealed))


if __name__ == "__main__":
    run(seal)
