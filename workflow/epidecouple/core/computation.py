"""What a source file computes: its syntax tree without docstrings, comments, layout and the wording
of messages and of the `description` of keys.

Results depend on nothing else, so nothing else makes a stage run again. The one way to be stale: a
result that is assigned to a name kept for messages (`problem`, `remedy`) or taken from the text of
a refusal.
"""

import ast
from functools import cache

REFUSALS = frozenset({"InputError", "DesignViolation", "_located"})
LOGGERS = frozenset({"log", "logging"})
WORDING = frozenset({"problem", "remedy"})


@cache
def computation(source: str) -> str:
    """The text of the tree that is left of a source."""
    return ast.dump(_Computation().visit(ast.parse(source)))


@cache
def relative_imports(source: str) -> tuple[tuple[int, str | None, tuple[str, ...]], ...]:
    """Level, module and names of every relative import of a source, inside functions too."""
    nodes = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    return tuple(
        (node.level, node.module, tuple(alias.name for alias in node.names)) for node in nodes
    )


class _WithoutText(ast.NodeTransformer):
    """Empties every string."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node


class _Computation(ast.NodeTransformer):
    """Drops docstrings, empties the strings of messages."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return _WithoutText().visit(node) if _is_message(node) else self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        is_wording = node.arg == "description"
        return _WithoutText().visit(node) if is_wording else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        names = {getattr(target, "id", "") for target in node.targets}
        return _WithoutText().visit(node) if names & WORDING else self.generic_visit(node)

    def _without_docstring(self, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node


def _is_message(call: ast.Call) -> bool:
    """Whether a call refuses something or writes to the log."""
    if isinstance(call.func, ast.Attribute):
        return getattr(call.func.value, "id", "") in LOGGERS
    return getattr(call.func, "id", "") in REFUSALS
