import ast

import pytest

from epidecouple.core.provenance import read_source

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


def computed(source: str) -> str:
    return read_source(source).computation


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
    assert changed != SOURCE and computed(changed) == computed(SOURCE)


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
    assert changed != SOURCE and computed(changed) != computed(SOURCE)


def test_a_string_that_is_no_message_counts():
    assert computed('name = "train"') != computed('name = "test"')
    assert computed('f("train")') != computed('f("test")')


def test_imports_by_hand():
    source = (
        "from . import a, b\nimport os\ndef f():\n    from ..c.d import e\nfrom json import loads\n"
    )
    assert read_source(source).imports == ((1, None, ("a", "b")), (2, "c.d", ("e",)))


BLOCKS = """
if a:
    from . import one
elif b:
    from . import two
else:
    from . import three
try:
    from . import four
except E:
    from . import five
else:
    from . import six
finally:
    from . import seven
match a:
    case 1:
        with b:
            from . import eight
class A:
    async def f(self):
        for a in b:
            from . import nine
"""


def test_imports_are_found_in_every_block():
    """Against a walk over the whole tree: one that is overlooked would leave stale results."""
    nodes = [node for node in ast.walk(ast.parse(BLOCKS)) if isinstance(node, ast.ImportFrom)]
    names = {name for _, _, names in read_source(BLOCKS).imports for name in names}
    assert names == {node.names[0].name for node in nodes} and len(names) == 9
