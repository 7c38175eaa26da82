"""How tests call Snakemake: the checkout's Snakefile, a working directory of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dry_runs import dry_run

ROOT = Path(__file__).resolve().parents[1]
LOCALLY = ("--cores", "2", "--workflow-profile", str(ROOT / "profiles" / "default"))
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$", re.M | re.S)
HEADING = re.compile(r"^## ", re.M)
TINY = ROOT / ".test" / "config" / "config.yaml"


def blocks_of(page: str, *headings: str) -> list[tuple[str, str]]:
    """Kind and text of the blocks of a page of docs/, those below some headings in their order."""
    sections = HEADING.split((ROOT / "docs" / page).read_text())
    below = {section.split("\n")[0]: section for section in sections}
    return [block for heading in headings for block in BLOCK.findall(below[heading])]


def snakemake_command(
    folder: Path,
    *arguments: str,
    where: tuple[str, ...] = LOCALLY,
    snakefile: str | Path = ROOT / "Snakefile",
) -> dict:
    """What `subprocess` is given to run Snakemake in a folder."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-s",
        str(snakefile),
        "--directory",
        str(folder),
        "--nocolor",
    ]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        "args": [*command, *where, *arguments],
        "text": True,
        "cwd": folder,
        "env": {**os.environ, "PATH": path},
    }


def run_snakemake(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, **how
) -> subprocess.CompletedProcess:
    """`how` is handed on to `snakemake_command`.

    A dry run of the checkout's own rules needs no interpreter of its own.
    """
    call = snakemake_command(folder, *arguments, **how)
    call["env"] |= env or {}
    if "-n" in arguments and "snakefile" not in how:
        return dry_run(call)
    return subprocess.run(**call, capture_output=True)


def last_line(call: subprocess.CompletedProcess) -> str:
    """The last line that a call left on the screen."""
    return call.stderr.rstrip().rpartition("\n")[2]


def write_config(folder: Path, **changes: object) -> Path:
    """The tiny configuration with top-level keys replaced, sections merged."""
    config = yaml.safe_load(TINY.read_text())
    for key, value in changes.items():
        config[key] = (
            {**config[key], **value} if isinstance(value, dict) and key in config else value
        )
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def local_rules() -> str:
    """Pattern of the names of rules that run where Snakemake runs."""
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    named = [
        re.search(r"^ *(?:rule )?(\w+):", rule)[1]
        for rule in re.split(r"^(?= *rule \w+:)", text, flags=re.M)
        if "localrule: True" in rule
    ]
    return "|".join([*named, r"(?:judge|gate|figures)_\w+"])


def run_bash(text: str, folder) -> None:
    """The block's `snakemake` is that of the checkout's workflow."""
    script = (
        f'snakemake() {{ {sys.executable} -m snakemake -s {ROOT / "Snakefile"} "$@"; }}\nset'
        f" -e\n{text}"
    )
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    made = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert made.returncode == 0, made.stdout + made.stderr


def broken_links(page, folder):
    """Links of a page that lead nowhere: anchors without a target and files that are not there."""
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    links = re.findall(r'<a\b[^>]*href="([^"]+)"', page)
    return [
        link
        for link in links
        if not (link[1:] in ids if link.startswith("#") else (folder / link).exists())
    ]


def quick(cases: list, count: int) -> list:
    """The first cases as they are, the others for the slow tests: each is a dry run of seconds."""
    marks = pytest.mark.slow
    return [*cases[:count], *(pytest.param(*case, marks=marks) for case in cases[count:])]
