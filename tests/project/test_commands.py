"""The commands of the pages are those of the repository: targets, options, configuration files and
keys of every `snakemake`, targets of every `make`, files and modules of every `python`.

Blocks that tell a story are run by the tests of their pages; the others take hours or a network.
"""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser

from epidecouple.core.config import Config, is_section
from epidecouple.core.paths import ROOT
from epidecouple.prediction.request import Request
from epidecouple.pretrained.regulation_request import RegulationRequest
from pipeline import BLOCK

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("[a-z]*.md"))]
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
RULE = re.compile(r"^ *rule (\w+):", re.M)
RULES = {
    name for path in (ROOT / "workflow").rglob("*.smk") for name in RULE.findall(path.read_text())
} | set(RULE.findall((ROOT / "workflow" / "Snakefile").read_text()))
MAKE = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
# Files that the reader has: other files of a configuration are in the repository or in a block.
OWN = {"my.yaml", "mine.yaml"}
PARSER = get_argument_parser()


def commands(text: str) -> list[list[str]]:
    """Words of every command in the blocks for bash and in the code of the sentences, without those
    that a `…` leaves open.
    """
    blocks = [block for kind, block in BLOCK.findall(text) if kind == "bash"]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = lines + CODE.findall(BLOCK.sub("", text))
    starts = ("snakemake ", "make ", "python ")
    whole = [line for line in found if line.startswith(starts) and "…" not in line]
    return [shlex.split(line, comments=True) for line in whole]


def faults(words: list[str], text: str) -> list[str]:
    """What of a command is not of this repository."""
    if words[0] == "make":
        return [word for word in words[1:] if "=" not in word and word not in MAKE]
    if words[0] == "python":
        return _faults_of_python(words[1:])
    call = PARSER.parse_args(words[1:])
    targets = [name for name in call.targets or [] if "/" not in name and name not in RULES]
    files = [str(path) for path in call.configfile or [] if not _there(path, text)]
    return [*targets, *files, *_unknown_keys(call.config or [])]


def _faults_of_python(words: list[str]) -> list[str]:
    if words[0] == "-m":
        return [] if importlib.util.find_spec(words[1]) else [words[1]]
    return [] if (ROOT / words[0]).is_file() else [words[0]]


def _there(path: Path, text: str) -> bool:
    return (ROOT / path).is_file() or str(path) in OWN or f"cat > {path} <<" in text


def _unknown_keys(given: list[str]) -> list[str]:
    """Keys of `--config key=value` that no configuration has; no request, where pairs are named."""
    values = dict(words.split("=", 1) for words in given)
    requests = {**Request.model_fields, **RegulationRequest.model_fields}
    known = requests if "pairs" in values else Config.model_fields
    sections = {name: known[name].annotation for name in values if name in known}
    inside = [
        f"{name}.{key}"
        for name, kind in sections.items()
        if is_section(kind)
        for key in set(yaml.safe_load(values[name])) - set(kind.model_fields)
    ]
    return sorted(set(values) - set(known)) + inside


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one_of_the_repository(page):
    text = page.read_text()
    wrong = {shlex.join(words): found for words in commands(text) if (found := faults(words, text))}
    assert not wrong


def test_the_pages_have_many_commands():
    """So that the test above looks at something."""
    assert sum(len(commands(page.read_text())) for page in PAGES) > 60


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("snakemake --cores 1 exampel", "exampel"),
        ("snakemake --cores 1 --configfile config/target.yaml", "config/target.yaml"),
        ("snakemake --cores 1 --config sed=2", "sed"),
        ("snakemake crispr --config 'crispr={draws: 3}'", "crispr.draws"),
        ("make docks", "docks"),
        ("python docs/result.py a", "docs/result.py"),
        ("python -m epidecouple.seal", "epidecouple.seal"),
    ],
)
def test_a_wrong_command_is_found(command, fault):
    (words,) = commands(f"Call `{command}`.")
    assert faults(words, "") == [fault]
