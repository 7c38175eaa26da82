"""What others install and start: the lock, the environments of the rules, the small configuration
of `.test`, the jobs of GitHub Actions.
"""

import ast
import functools
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from epidecouple.core.paths import PACKAGE, ROOT
from epidecouple.core.provenance import module_closure

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
ENVS = ROOT / "envs"
LOCKED = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)(.*)\n((?: +--hash=sha256:[0-9a-f]{64}.*\n)*)", re.M)
ACTIONS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# What is imported under another name than it is installed under.
DISTRIBUTIONS = {
    "concept_erasure": "concept-erasure",
    "matplotlib": "matplotlib-base",
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
    "snakemake": "snakemake-minimal",
    "torch": "pytorch",
    "typing_extensions": "typing-extensions",
    "yaml": "pyyaml",
}


def locked(name: str) -> list[tuple[str, str, str]]:
    """Package, version and hashes of every entry of a lock file."""
    text = (ENVS / name).read_text()
    entries = [(found[1], found[2], found[4]) for found in LOCKED.finditer(text)]
    assert len(entries) == len(re.findall(r"^[a-z0-9]", text, re.M)), "an entry of another form"
    return entries


@pytest.mark.parametrize("name", ["lock.txt", "lock.uv.txt", "lock.torch.txt", "lock.cuda.txt"])
def test_every_entry_of_the_lock_has_hashes(name):
    entries = locked(name)
    assert entries and all(hashes for _, _, hashes in entries)


def test_the_lock_has_the_pins_of_the_project():
    pins = [*PROJECT["dependencies"], *EXTRAS["test"], *EXTRAS["slurm"], *EXTRAS["setup"]]
    parts = ("", ".uv", ".torch")
    versions = {(name, version) for part in parts for name, version, _ in locked(f"lock{part}.txt")}
    # Names of packages are the same whatever their case (PEP 503).
    missing = {tuple(pin.lower().split("==")) for pin in pins} - versions
    assert not missing, f"call `make lock`: {missing}"


def test_the_lock_has_one_version_of_a_package_for_this_python():
    """Two only where Python's version tells them apart."""
    entries = LOCKED.findall((ENVS / "lock.txt").read_text())
    names = [name for name, *_ in entries]
    twice = {name for name in names if names.count(name) > 1}
    assert all("python" in marker for name, _, marker, _ in entries if name in twice)


@functools.cache
def imported(module: str) -> set[str]:
    """Packages outside the standard library that a module of the package cannot be imported
    without.
    """
    file = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found - sys.stdlib_module_names


def installed(env: str) -> set[str]:
    """Packages that an environment names."""
    named: set[str] = set()
    for entry in yaml.safe_load((ENVS / env).read_text())["dependencies"]:
        pip = entry["pip"] if isinstance(entry, dict) else [entry]
        named |= {re.split(r"[ =]", name)[0] for name in pip}
    return named


def stages_of_rules() -> list[tuple[str, str]]:
    """Stage and environment of every rule that has both."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    pairs = set()
    for rule in re.split(r"^(?= *(?:use )?rule \w+)", text, flags=re.M):
        env = re.search(r'envs/(\w+\.yaml)"', rule)
        pairs |= {
            (stage, env[1]) for stage in re.findall(r"epidecouple\.stages\.(\w+)", rule) if env
        }
    return sorted(pairs)


@pytest.mark.parametrize(("stage", "env"), stages_of_rules())
def test_an_environment_names_what_its_stages_import(stage, env):
    """Also what another package would bring along: its next version may not."""
    needed = set().union(*map(imported, module_closure(f"stages.{stage}"))) - {"epidecouple"}
    assert {DISTRIBUTIONS.get(name, name) for name in needed} <= installed(env)


def test_the_rules_of_all_environments_are_looked_at():
    pairs = stages_of_rules()
    assert len(pairs) > 40 and {env for _, env in pairs} == {
        path.name for path in ENVS.glob("*.yaml")
    }


def test_the_jobs_of_github_actions_have_their_form():
    pytest.importorskip("check_jsonschema", reason="make setup installs it")
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.github-workflows", *map(str, ACTIONS)]
    call = subprocess.run(command, capture_output=True, text=True)
    assert ACTIONS and call.returncode == 0, call.stdout + call.stderr


def test_the_jobs_of_github_actions_call_what_there_is():
    """Targets of the Makefile, and the small run."""
    steps = [
        step
        for path in ACTIONS
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job["steps"]
    ]
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"\bmake ([\w-]+)", " ".join(step.get("run", "") for step in steps))
    assert {"lint", "test", "site"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
    assert any("--directory .test" in step.get("run", "") for step in steps)
