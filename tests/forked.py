"""A stage in a process that is forked from this one: it starts with everything imported, so a kill
costs the stage's own work and no more.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from epidecouple.stages.runner import run


class Forked:
    """A process that calls a function; like `subprocess.Popen` to whoever waits for it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            _end_with(work)

    def poll(self) -> int | None:
        """Its exit status, minus the signal that ended it; None while it runs."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        """Its exit status once it has ended."""
        status = self._wait(0)
        assert status is not None
        return status

    def kill(self) -> None:
        """End it by SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def _wait(self, how: int) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, how)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode


def _end_with(work: Callable[[], None]) -> None:
    """Do the work and end, without what this process has open."""
    status = 1
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException as error:
        os.write(2, f"{error!r}\n".encode())
    finally:
        os._exit(status)


def stage_process(stage: str, arguments: list[str], folder: Path) -> Forked:
    """A stage with the options of a command line, in a folder."""
    function = getattr(importlib.import_module(f"epidecouple.stages.{stage}"), stage)

    def work() -> None:
        os.chdir(folder)
        sys.argv = [stage, *arguments]
        run(function)

    return Forked(work)
