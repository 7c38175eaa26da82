"""The index of all runs: what each came to, its headline numbers, and in which settings the runs
differ.
"""

import os
from pathlib import Path

from ..report.index import render
from .runner import run


def index(results: Path, page: Path) -> None:
    """Render the index; it is replaced as a whole, so that a reader never sees half of it."""
    fresh = page.with_suffix(".new")
    fresh.write_text(render(results))
    os.replace(fresh, page)


if __name__ == "__main__":
    run(index)
