"""The one way this package refuses input: where, what, and how to mend it."""

from pathlib import Path


class InputError(Exception):
    """Input that cannot be used, told as `file:line: problem. Remedy.`"""

    def __init__(
        self, problem: str, remedy: str, file: str | Path | None = None, line: int | None = None
    ):
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(f"{place}{problem.rstrip('.')}. {remedy.rstrip('.')}.")


class DesignViolation(Exception):
    """What runs is not what was designed; the message names component, expectation, observation and
    epoch.

    record : the ledger's summary up to the violation
    """

    record: dict
