"""Messages are found in the sources, and the troubleshooting page has a place for each."""

import re

import pytest

from epidecouple import messages
from epidecouple.documentation import MESSAGES_PATTERN, with_messages
from epidecouple.gates import ROOT
from epidecouple.messages import Message, messages_of, modules_with_messages

PAGE = ROOT / "docs" / "troubleshooting.md"
SOURCE = """
LETTERS = ("A", "C")

def plain(path):
    raise InputError("the file is empty", "Give another", path)

def varying(rows, path):
    problem = f"line {rows[0].number} of {', '.join(names)} is not one of {LETTERS}"
    raise InputError(problem, f"Choose among {', '.join(LETTERS)}", path)
    problem = "a later one"

class Reader:
    def passed_on(self, problem, remedy):
        return InputError(problem, remedy)

    def noted(self, reasons, told):
        reasons.add(wrong, lambda row: f"{row.name} is wrong")
        {1, 2}.add(3)
        log.warning("%d rows, %.3f", 1, 2)
"""


@pytest.fixture
def invented(tmp_path, monkeypatch):
    (tmp_path / "invented.py").write_text(SOURCE)
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    monkeypatch.setattr(messages, "import_module", lambda *_: type("Invented", (), {"LETTERS": ("A", "C")}))
    return messages_of("invented")


def test_messages_are_read_with_what_varies_in_brackets(invented):
    assert invented == [
        Message("invented", "the file is empty", "Give another"),
        Message("invented", "line <number> of <names> is not one of A, C", "Choose among A, C"),
        Message("invented", "<name> is wrong", ""),
        Message("invented", "<...> rows, <...>", ""),
    ]


def test_every_refusal_of_the_package_is_a_message_or_passes_one_on():
    """Counted apart from the reader: every `raise` of one of the two errors stands in a module that has messages."""
    raising = {path.stem for path in messages.PACKAGE.glob("*.py") if re.search(r"raise (InputError|DesignViolation)\(", path.read_text())}
    assert len(raising) > 20 and raising <= set(modules_with_messages())
    assert sum(len(messages_of(module)) for module in raising) > 70


def test_every_module_with_messages_has_a_place_on_the_page():
    named = [module for found in MESSAGES_PATTERN.finditer(PAGE.read_text()) for module in found[2].split()]
    assert sorted(named) == modules_with_messages(), "add the module to one of the marks <!-- messages: ... --> and run `make docs`"


def test_a_message_that_is_not_on_the_page_is_put_there():
    page = PAGE.read_text()
    lost = page.replace("| `this pair table is empty` |", "")
    assert with_messages(lost) == page == with_messages(page)


def test_messages_of_the_rules_are_on_the_page():
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    told = re.findall(r'WorkflowError\(\s*"([^"]+)"', rules)
    assert told and all(text in PAGE.read_text() for text in told)


def test_a_refusal_looks_as_the_page_says():
    """A template of the page, its gaps filled with anything, matches a message as it is told."""
    template = next(message.problem for message in messages_of("pairs") if "listed with label" in message.problem)
    pattern = "".join(".+" if part.startswith("<") else re.escape(part) for part in re.split(r"(<[^>]+>)", template))
    assert re.fullmatch(pattern, "the pair chr1:10 - 50 is listed with label 0 and with label 1")
