"""Download one source: mirror first, then its URLs; checked against the manifest and put in place whole or not at all."""

import argparse
import logging
from pathlib import Path

from ..files.download import fetch
from ..files.manifest import download_path, load_sources
from .runner import run_stage

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `download`: one file of the manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--mirror", default="")
    arguments = parser.parse_args()
    source = {download_path(source): source for source in load_sources()}[arguments.target]
    log.info("%s from %s", source.name, fetch(source, arguments.mirror, arguments.target))


if __name__ == "__main__":
    run_stage(main)
