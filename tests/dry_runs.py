"""Dry runs of Snakemake in a process that is forked from this one: a third of the processor time,
because Snakemake and the package are imported and the sources read already.
"""

import os
import subprocess
import sys
import tempfile
from functools import cache
from typing import IO

from snakemake.cli import main

from epidecouple.core.paths import PACKAGE
from epidecouple.core.provenance import code_digest
from forked import Forked


def dry_run(call: dict) -> subprocess.CompletedProcess:
    """What `subprocess.run` gives for a call of `snakemake_command`."""
    read_all_sources()
    arguments = call["args"][3:]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:

        def work() -> None:
            sys.stdout, sys.stderr = in_place_of(1, out), in_place_of(2, err)
            os.environ.clear()
            os.environ.update(call["env"])
            os.chdir(call["cwd"])
            sys.argv = ["snakemake", *arguments]
            try:
                main(arguments)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()

        status = Forked(work).wait()
        said = [file.seek(0) or file.read() for file in (out, err)]
    return subprocess.CompletedProcess(call["args"], status, *said)


def in_place_of(descriptor: int, file: IO[str]) -> IO[str]:
    """A stream that writes to a file, as does what writes to the descriptor."""
    os.dup2(file.fileno(), descriptor)
    return open(descriptor, "w", closefd=False)


@cache
def read_all_sources() -> None:
    """Read the sources once, before any fork: what is kept of them goes by their text."""
    for path in (PACKAGE / "stages").glob("*.py"):
        code_digest(path.stem)
