"""What the faults come to: counted by the tests, printed at the end; the run that they start
from.
"""

from collections import Counter

import pytest

from tiny_runs import TinyRun

COUNTED = pytest.StashKey[Counter]()


@pytest.fixture(scope="session")
def counted(request) -> Counter:
    """Counts by name, printed when the tests are done."""
    return request.config.stash.setdefault(COUNTED, Counter())


def pytest_terminal_summary(terminalreporter, config) -> None:
    for name, count in sorted(config.stash.get(COUNTED, Counter()).items()):
        terminalreporter.write_line(f"{name}: {count}")


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> TinyRun:
    """A tiny run that nothing has disturbed, by `--cores 1`; tests copy it."""
    run = TinyRun(tmp_path_factory.mktemp("whole") / "run")
    run.configure()
    run.done()
    return run


@pytest.fixture
def copy(whole, tmp_path) -> TinyRun:
    """A copy of the undisturbed run."""
    return whole.copied(tmp_path / "run")
