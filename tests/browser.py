"""A page in headless Chromium without a network: what it complains of, and the text of the page as
it stands then.
"""

import re
import shutil
import subprocess
from html import escape, unescape
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


MEASURED = """<!doctype html><body><iframe id="page" style="border:0;width:{width}px;height:900px"
srcdoc="{page}"></iframe><script>
document.getElementById("page").onload = event => {{
  const page = event.target.contentDocument;
  document.body.dataset.width = page.documentElement.scrollWidth;
  document.body.dataset.text = page.body.innerText.slice(0, 2000);
}};</script></body>"""


def laid_out(page: Path, width: int, folder: Path) -> tuple[int, str]:
    """How wide a page is (px) that is opened in a window of some width, and how its text begins.

    It is wider than the window where something sticks out of it.
    """
    framed = folder / f"{page.stem}_{width}.html"
    framed.write_text(MEASURED.format(width=width, page=escape(page.read_text())))
    document, _ = opened(framed, f"--window-size={width + 100},1000", "--virtual-time-budget=5000")
    wide = re.search(r'data-width="(\d+)"', document)
    text = re.search(r'data-text="([^"]*)"', document)
    assert wide and text, "the page did not load in its frame"
    return int(wide[1]), unescape(text[1])


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
