"""Download one source: mirror first, then its URLs; checked against the manifest and put in place
whole or not at all.
"""

import logging
from pathlib import Path

from ..files.download import fetch
from ..files.manifest import download_path, load_sources
from .runner import run

log = logging.getLogger(__name__)


def download(target: Path, mirror: str = "") -> None:
    """Download one file of the manifest."""
    source = {download_path(source): source for source in load_sources()}[target]
    log.info("%s from %s", source.name, fetch(source, mirror, target))


if __name__ == "__main__":
    run(download)
