"""What the faults come to: counted by the tests, printed at the end."""

from collections import Counter

import pytest

COUNTED = pytest.StashKey[Counter]()


@pytest.fixture(scope="session")
def counted(request) -> Counter:
    """Counts by name, printed when the tests are done."""
    return request.config.stash.setdefault(COUNTED, Counter())


def pytest_terminal_summary(terminalreporter, config) -> None:
    for name, count in sorted(config.stash.get(COUNTED, Counter()).items()):
        terminalreporter.write_line(f"{name}: {count}")
