"""The run that the tests of faults start from.

`TINY_RUN` names a folder where that run is kept, so that the next call need not make it again.
"""

import os
from pathlib import Path

import pytest

from tiny_runs import TinyRun


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> TinyRun:
    """A tiny run that nothing has disturbed, by `--cores 1`; tests copy it."""
    kept = os.environ.get("TINY_RUN")
    run = TinyRun(Path(kept) if kept else tmp_path_factory.mktemp("whole") / "run")
    if not run.folder.exists():
        run.configure()
        run.done()
    return run


@pytest.fixture
def copy(whole, tmp_path) -> TinyRun:
    """A copy of the undisturbed run."""
    return whole.copied(tmp_path / "run")
