"""What all stages share: arguments, the head of the log, and errors that end in one sentence."""

import argparse
import json
import logging
import os
import platform
import sys
from collections.abc import Callable

from ..core.errors import DesignViolation, InputError
from ..core.provenance import versions

SETTINGS = "--settings"


def stage_parser(description: str) -> argparse.ArgumentParser:
    """A parser with `--settings`, the JSON of the configuration sections a stage may see."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument(SETTINGS, required=True, help="configuration sections as JSON")
    return parser


def log_head(arguments: list[str]) -> list[str]:
    """What a log begins with: stage and versions, machine, and a line per section of the settings.

    arguments : the command line of the stage
    """
    stage = arguments[0].rsplit("/", 1)[-1].removesuffix(".py")
    told = " ".join(f"{name}={version}" for name, version in versions().items())
    given = arguments[arguments.index(SETTINGS) + 1] if SETTINGS in arguments else "{}"
    settings = [f"# {name}: {json.dumps(value)}" for name, value in json.loads(given).items()]
    return [f"# {stage} on python {platform.python_version()}, {told}", f"# {machine()}", *settings]


def machine() -> str:
    """System, cores, threads of the numerical libraries, and the GPU where the stage has loaded torch."""
    threads = os.environ.get("OMP_NUM_THREADS", "as many as cores")
    torch = sys.modules.get("torch")
    gpu = "" if torch is None else f", GPU: {torch.cuda.get_device_name() if torch.cuda.is_available() else 'none'}"
    return f"{platform.system()} {platform.machine()}, cores: {os.cpu_count()}, threads: {threads}{gpu}"


def run_stage(main: Callable[[], None]) -> None:
    """Run a stage's `main`: log to standard error, end bad input and design violations with one sentence and exit status 1."""
    # Of the processes that torchrun starts only the first tells how things go.
    level = logging.INFO if os.environ.get("RANK", "0") == "0" else logging.ERROR
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    logging.info("\n".join(log_head(sys.argv)))
    try:
        main()
    except InputError as error:
        logging.error("ERROR %s", error)
        sys.exit(1)
    except DesignViolation as error:
        logging.error("DESIGN VIOLATION %s", error)
        sys.exit(1)
