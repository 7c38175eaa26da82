"""Fixtures that several test files share; each is made once per run and must not be changed by a
test.
"""

import pytest
import torch

from toy import ToyPanel, ToyWorld, build_toy_panel, write_toy_world
from toy_bundle import ToyBundle, write_toy_bundle


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
