"""Fixtures that several test files share; each is made once per run and must not be changed by a
test.
"""

import pytest

from toy import ToyPanel, ToyWorld, build_toy_panel, write_toy_world
from toy_bundle import ToyBundle, write_toy_bundle


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
