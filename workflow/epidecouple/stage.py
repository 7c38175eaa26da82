"""What all stages share: arguments, the head of the log, and errors that end in one sentence."""

import argparse
import logging
import platform
import sys
from collections.abc import Callable

from .errors import DesignViolation, InputError
from .provenance import versions


def stage_parser(description: str) -> argparse.ArgumentParser:
    """A parser with `--settings`, the JSON of the configuration sections a stage may see."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("--settings", required=True, help="configuration sections as JSON")
    return parser


def run_stage(main: Callable[[], None]) -> None:
    """Run a stage's `main`: log to standard error, end bad input and design violations with one sentence and exit status 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    head = " ".join(f"{name}={version}" for name, version in versions().items())
    logging.info("# %s on python %s, %s", sys.argv[0].rsplit("/", 1)[-1], platform.python_version(), head)
    try:
        main()
    except InputError as error:
        logging.error("ERROR %s", error)
        sys.exit(1)
    except DesignViolation as error:
        logging.error("DESIGN VIOLATION %s", error)
        sys.exit(1)
