"""The known profiles that the repository holds, from the public peak files."""

from pathlib import Path

import numpy as np

from ..samples.accuracy import read_files
from ..samples.library import write_library
from .runner import run


def known_profiles(tiles_file: Path, profiles: Path) -> None:
    """Choose loci from all files and write every file's presence there."""
    files = read_files(tiles_file)
    loci = files.loci(np.ones(len(files.names), dtype=bool))
    write_library(files.library(loci), loci, profiles)


if __name__ == "__main__":
    run(known_profiles)
