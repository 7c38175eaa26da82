"""How often the check of samples is right, measured on files whose names are known."""

from pathlib import Path

from ..samples.accuracy import answers, confusions, read_files, summary
from .runner import run


def sample_accuracy(tiles_file: Path, table: Path, confused: Path) -> None:
    """Write the accuracy of the check with its false alarms, and which marks look like others."""
    given = answers(read_files(tiles_file))
    summary(given).to_csv(table, sep="\t", index=False, float_format="%.4f")
    confusions(given).to_csv(confused, sep="\t", index=False)


if __name__ == "__main__":
    run(sample_accuracy)
