"""Every message with which this package refuses something, read from its sources: docs/troubleshooting.md lists them all.

What varies in a message is shown in angle brackets; constants of the module are shown as they are.
"""

import ast
import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .provenance import PACKAGE

# Call -> positions of problem and remedy among its arguments.
REFUSALS = {"InputError": (0, 1), "_located": (2, 3), "DesignViolation": (0,), "ValueError": (0,), "OSError": (0,)}
# Method that notes a reason against a row, or warns -> position of the text, and what the text must be for the method to be that one.
NOTES = {"add": (1, ast.Lambda), "setdefault": (1, ast.JoinedStr), "warning": (0, ast.Constant)}
PERCENT = re.compile(r"%[\d.]*[a-z]")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Message:
    """What is told and what to do about it, as templates; the remedy is empty where the message has none of its own."""

    module: str
    problem: str
    remedy: str


def messages_of(module: str) -> list[Message]:
    """The messages of a module in the order of its source, each once."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text())
    namespace = vars(import_module(f".{module}", __package__))
    found = [message for function in _functions(tree) for message in _of_function(function, module, namespace)]
    return list(dict.fromkeys(found))


def modules_with_messages() -> list[str]:
    """Names of the modules that have any."""
    return [name for name in sorted(path.stem for path in PACKAGE.glob("*.py")) if messages_of(name)]


def _functions(tree: ast.Module) -> list[Function]:
    """Functions of the module and methods of its classes; what is nested in them belongs to them."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    return [node for body in bodies for node in body if isinstance(node, Function)]


def _of_function(function: Function, module: str, namespace: dict[str, Any]) -> list[Message]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    found = []
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        texts = _texts(call)
        if texts and not _passed_on(texts[0], function):
            told = [_template(_assigned(text, function, call.lineno), namespace) for text in texts if not _passed_on(text, function)]
            found.append(Message(module, *told, *[""] * (2 - len(told))))
    return found


def _texts(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that hold a message; none when it is another call."""
    if isinstance(call.func, ast.Name):
        return [call.args[place] for place in REFUSALS.get(call.func.id, ()) if place < len(call.args)]
    place, kind = NOTES.get(getattr(call.func, "attr", ""), (len(call.args), ast.expr))
    texts = [text for text in call.args[place : place + 1] if isinstance(text, kind)]
    return [text.body if isinstance(text, ast.Lambda) else text for text in texts]


def _passed_on(text: ast.expr, function: Function) -> bool:
    """Whether a text is an argument of the function, and so is told where that is called."""
    return isinstance(text, ast.Name) and text.id in {argument.arg for argument in function.args.args}


def _assigned(text: ast.expr, function: Function, line: int) -> ast.expr:
    """What a variable was last given before a line; any other expression is itself."""
    if not isinstance(text, ast.Name):
        return text
    given = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.lineno < line and getattr(node.targets[0], "id", "") == text.id
    ]
    return max(given, key=lambda node: node.lineno).value if given else text


def _template(text: ast.expr, namespace: dict[str, Any]) -> str:
    """The text with what varies in angle brackets."""
    if isinstance(text, ast.Constant):
        return PERCENT.sub("<...>", str(text.value))
    if isinstance(text, ast.JoinedStr):
        return "".join(_template(part, namespace) for part in text.values)
    if isinstance(text, ast.FormattedValue):
        return _template(text.value, namespace)
    name = _name(text)
    return _shown(namespace[name]) if name.isupper() and name in namespace else f"<{name}>"


def _shown(constant: Any) -> str:
    """A constant of a module: its words where it is a collection."""
    return (
        str(constant)
        if isinstance(constant, str | int | float)
        else ", ".join(map(str, sorted(constant) if isinstance(constant, frozenset) else constant))
    )


def _name(value: ast.expr) -> str:
    """What a varying part is called: its own name, or that of what it is made from."""
    made_from = _made_from(value)
    return _name(made_from) if made_from else getattr(value, "id", None) or getattr(value, "attr", "value")


def _made_from(value: ast.expr) -> ast.expr | None:
    """What a call, an element, or an item of a collection is taken from; None for a name, an attribute and arithmetic."""
    if isinstance(value, ast.Call):
        return value.args[-1] if value.args else value.func.value
    if isinstance(value, ast.List):
        return value.elts[-1]
    if isinstance(value, ast.GeneratorExp):
        return value.elt
    is_place = isinstance(value, ast.Attribute) and value.attr == "iloc"
    return value.value if is_place or isinstance(value, ast.Subscript | ast.Starred) else None
