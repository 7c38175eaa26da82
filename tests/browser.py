"""A page in headless Chromium without a network: what it complains of, and the text of the page as
it stands then.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on the PATH; on Debian: apt-get install chromium"
)


def opened(page: Path, *options: str) -> tuple[str, list[str]]:
    """The page's document after loading, and what its console complained of."""
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--v=0",
        *options,
    ]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", page.resolve().as_uri()]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return made.stdout, re.findall(r"^.*CONSOLE.*$", made.stderr, re.MULTILINE)
