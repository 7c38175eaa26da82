"""The index of all runs: what each came to, its headline numbers, and in which settings the runs differ."""

import argparse
import os
from pathlib import Path

from ..report.index import render


def main() -> None:
    """Render the index; it is replaced as a whole, so that a reader never sees half of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--page", type=Path, required=True)
    arguments = parser.parse_args()
    fresh = arguments.page.with_suffix(".new")
    fresh.write_text(render(arguments.results))
    os.replace(fresh, arguments.page)


if __name__ == "__main__":
    main()
