import pytest

from epidecouple.core.provenance import computation, relative_imports

SOURCE = '''"""A module."""

from .b import x


class A:
    """A class."""

    def f(self, n: int) -> int:
        """A function."""
        # a comment
        n = Field(n, description="a number")
        problem = f"{n} is too many"
        log.info("counted %d", n)
        if n > 3:
            raise InputError(problem, "Give fewer", "config")
        return n + 1
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A module.", "Another docstring."),
        ("A class.", "Another docstring."),
        ("A function.", "Another docstring."),
        ("# a comment", "# another"),
        ("is too many", "are too many"),
        ("Give fewer", "Give less"),
        ("counted %d", "%d were counted"),
        ("a number", "another number"),
        ("    def f", "\n    def f"),
    ],
)
def test_wording_and_layout_are_no_computation(old, new):
    changed = SOURCE.replace(old, new)
    assert changed != SOURCE and computation(changed) == computation(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("n + 1", "n + 2"),
        ("n > 3", "n > 4"),
        ("Field(n,", "Field(n + 1,"),
        ("def f", "def g"),
        ("{n} is", "{n + 1} is"),
        ("raise InputError(problem, ", "raise ValueError(problem, "),
        ("return n + 1", 'return "a"'),
        (".b import x", ".c import x"),
    ],
)
def test_what_is_computed_is(old, new):
    changed = SOURCE.replace(old, new)
    assert changed != SOURCE and computation(changed) != computation(SOURCE)


def test_a_string_that_is_no_message_counts():
    assert computation('name = "train"') != computation('name = "test"')
    assert computation('f("train")') != computation('f("test")')


def test_imports_by_hand():
    source = (
        "from . import a, b\nimport os\ndef f():\n    from ..c.d import e\nfrom json import loads\n"
    )
    assert relative_imports(source) == ((1, None, ("a", "b")), (2, "c.d", ("e",)))
