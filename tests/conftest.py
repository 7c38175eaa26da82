"""Fixtures that several test files share; each is made once per run and must not be changed by a
test.
"""

from collections import Counter

import pytest
import torch

from toy import ToyPanel, ToyWorld, build_toy_panel, write_toy_world
from toy_bundle import ToyBundle, write_toy_bundle

COUNTED = pytest.StashKey[Counter]()
# What the tests of these files inject, for the counts at the end.
KINDS = {
    "test_bad_inputs": "wrong and unusual files",
    "test_integrity": "damaged files",
    "test_download": "servers and mirrors",
    "test_hostile_text": "hostile text of a configuration",
    "test_hostile_names": "hostile names and models",
    "test_code_safety": "commands and readers searched",
    "test_numerical_safety": "numbers at the edge",
}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """One thread for a test and the fixtures that it sets up.

    A stage that a test calls sets the threads of its configuration, which outlive it: networks as
    small as these run ten times as long in two threads beside another process, and give other bits.
    """
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def past_the_proxy():
    """Servers of tests are on this machine; a proxy of the network beyond knows nothing of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("no_proxy", "NO_PROXY"):
            patch.setenv(name, "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session")
def toy_world(tmp_path_factory) -> ToyWorld:
    """About 600 simulated pairs on 11 chromosomes in 6 + 2 cell lines, on disk."""
    return write_toy_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def toy_panel(toy_world, tmp_path_factory) -> ToyPanel:
    """The toy world after the stages panel, elements, reference and shards."""
    return build_toy_panel(toy_world, tmp_path_factory.mktemp("stages") / "toy")


@pytest.fixture(scope="session")
def toy_bundle(toy_panel, tmp_path_factory) -> ToyBundle:
    """The toy panel's run with a released model that was not trained."""
    return write_toy_bundle(toy_panel, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def counted(request) -> Counter:
    """Counts by name, printed when the tests are done."""
    return request.config.stash.setdefault(COUNTED, Counter())


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Print what was counted, and how many tests of faults passed, by kind."""
    counts = config.stash.get(COUNTED, Counter())
    for report in terminalreporter.stats.get("passed", []):
        name = report.nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")
        if name in KINDS:
            counts[f"tests passed: {KINDS[name]}"] += 1
    for name, count in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {count}")
