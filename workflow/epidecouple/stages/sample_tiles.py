"""The peak files of the manifest as the tiles of the genome that they reach."""

from pathlib import Path

from ..core.config import Config
from ..samples.accuracy import Files, write_files
from ..samples.reading import known_files, places, shared_chromosomes
from ..samples.tiles import tiles
from .runner import run


def sample_tiles(config: Config, tiles_file: Path) -> None:
    """Read every peak file once, for `known_profiles` and `sample_accuracy`."""
    peaks = places(known_files(config.samples))
    chromosomes = shared_chromosomes(peaks)
    reached = tuple(tiles(table, chromosomes) for table in peaks.values())
    write_files(Files(tuple(peaks), reached, chromosomes), tiles_file)


if __name__ == "__main__":
    run(sample_tiles)
