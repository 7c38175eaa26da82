"""Enforce a verdict: exit with status 1 and one sentence per failed check when a gate has failed."""

import logging
import sys
from pathlib import Path

from ..core.gates import sentences
from ..core.provenance import read_json


def main() -> None:
    """Read the verdict named on the command line."""
    logging.basicConfig(format="%(message)s")
    verdict = read_json(Path(sys.argv[1]))
    for sentence in sentences(verdict):
        logging.error("%s%s", sentence, " (waived)" if verdict["waived"] else f" Evidence: {sys.argv[1]}")
    sys.exit(0 if verdict["passed"] else 1)


if __name__ == "__main__":
    main()
