"""The report of a run: one self-contained page, rendered from what is on disk; what is missing is said to be missing."""

import argparse
from pathlib import Path

from ..report.run_page import render


def main() -> None:
    """Render the report of a run, finished or not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--gates", required=True, help="gates of the run in order, separated by commas")
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--failed", action="store_true", help="the call that asks for the report has failed")
    arguments = parser.parse_args()
    root = "../" * len(arguments.report.parent.relative_to(arguments.run).parts)
    arguments.report.write_text(render(arguments.run, arguments.gates.split(","), arguments.failed, root))


if __name__ == "__main__":
    main()
