"""Enforce a verdict: exit with status 1 and one sentence per failed check when a gate has
failed.
"""

import logging
import sys
from pathlib import Path

from ..core.gates import sentences
from ..core.provenance import read_json
from .runner import run

log = logging.getLogger(__name__)


def gate(verdict: Path) -> None:
    """Let a gate pass or end the run."""
    outcome = read_json(verdict)
    for sentence in sentences(outcome):
        log.error("%s%s", sentence, " (waived)" if outcome["waived"] else f" Evidence: {verdict}")
    sys.exit(0 if outcome["passed"] else 1)


if __name__ == "__main__":
    run(gate)
