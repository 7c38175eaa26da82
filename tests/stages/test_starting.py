"""What a stage imports before it works, from the sources: every process pays for it."""

import ast
import re
from collections.abc import Iterator

import pytest

from epidecouple.core.paths import PACKAGE
from epidecouple.core.provenance import module_closure
from pipeline import ROOT

# Half a second to two seconds of processor time each.
HEAVY = {"torch", "sklearn", "scipy", "scipy.stats", "matplotlib"}
# What stages of every run and of predictions may import of it; a stage that is not named, nothing.
MAY_LOAD = {
    **dict.fromkeys(["data_report", "mutagenesis", "release"], {"torch"}),
    **dict.fromkeys(["evaluate", "score_pairs", "score_loops"], {"torch", "scipy"}),
    **dict.fromkeys(["train", "diagnose"], {"torch", "scipy", "sklearn"}),
    **dict.fromkeys(["figure", "prediction_figure"], {"matplotlib"}),
    "motifs": {"torch", "scipy", "scipy.stats"},
    "biology": {"torch", "scipy", "sklearn"},
    "recovery": {"scipy", "sklearn"},
    "score_elements": {"scipy"},
}
OF_EVERY_RUN = [
    *("simulate", "inventory", "sample_check", "panel", "elements", "shard", "judge", "gate"),
    *("reference", "motif_recovery", "model_card", "run_report", "index", *MAY_LOAD),
]


def imports(tree: ast.AST) -> Iterator[str]:
    """Modules of other packages that a source imports; what only a checker of types reads is left
    out.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"):
            yield from imports(node)


def loaded(modules: set[str]) -> set[str]:
    """The heavy libraries that modules of the package import."""
    sources = [(PACKAGE / f"{module.replace('.', '/')}.py").read_text() for module in modules]
    names = [name for source in sources for name in imports(ast.parse(source))]
    return {heavy for heavy in HEAVY for name in names if f"{name}.".startswith(f"{heavy}.")}


@pytest.mark.parametrize("stage", OF_EVERY_RUN)
def test_a_stage_loads_no_heavy_library_that_it_does_not_need(stage):
    assert loaded(module_closure(f"stages.{stage}")) == MAY_LOAD.get(stage, set())


def test_the_workflow_itself_loads_special_functions_at_most():
    """Every call of Snakemake starts with what the rules import, dry runs too; those of predictions
    check a request, whose intervals need scipy.special.
    """
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    named = re.findall(r"^from epidecouple\.(\S+) import (\w+)", rules, re.M)
    named += re.findall(r"^from epidecouple\.(\S+) import \(\n +(\w+)", rules, re.M)
    places = {place for room, name in named for place in (room, f"{room}.{name}")}
    modules = {place for place in places if (PACKAGE / f"{place.replace('.', '/')}.py").is_file()}
    assert len(modules) > 15
    assert loaded(set().union(*map(module_closure, modules))) == {"scipy"}
