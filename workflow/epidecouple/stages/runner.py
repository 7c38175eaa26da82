"""How a stage starts: a function of settings and files becomes a command, with a log and one
sentence for bad input.

A parameter of type `Path`, `str`, `int`, a list of these or a `Literal` is an option of the same
name, a `bool` is a switch. `config: Config` (anything with `from_json`) and `settings: str` are
read from `--settings`, the configuration sections that the stage may see, as JSON. A stage that
returns `Measured` has its numbers written to `--metrics`.
"""

import argparse
import errno
import inspect
import json
import logging
import os
import platform
import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..core.errors import DESIGN_REFUSED, INPUT_REFUSED, DesignViolation, InputError
from ..core.provenance import Measured, read_json, versions, write_metrics

# What the system calls a full disk, quota or limit, and a place that may not be written.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)
FULL_ELSEWHERE = (r"os error (28|27|122)\b", r"\d+ requested and \d+ written")

Stage = Callable[..., Measured | None]


def run(stage: Stage) -> None:
    """Run a stage from the command line: bad input and design violations end with one sentence and
    exit status 1.
    """
    level = logging.INFO if is_first_process() else logging.ERROR
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    try:
        call(stage, sys.argv[1:])
        logging.info("%s", log_end())
    except InputError as error:
        logging.error("%s%s", INPUT_REFUSED, error)
        sys.exit(1)
    except DesignViolation as error:
        logging.error("%s%s", DESIGN_REFUSED, error)
        sys.exit(1)
    except Exception as error:
        reason = unwritable(error)
        if not reason:
            raise
        logging.error("%s%s", INPUT_REFUSED, reason)
        sys.exit(1)


def unwritable(error: Exception) -> str:
    """The sentence for a file that could not be written; empty for any other error.

    numpy and safetensors raise errors of their own, without the system's number.
    """
    code = error.errno if isinstance(error, OSError) else None
    full = code in FULL or any(re.search(text, str(error)) for text in FULL_ELSEWHERE)
    if not full and code not in REFUSED:
        return ""
    file = getattr(error, "filename", None) or "results"
    reason = "the disk or the quota is full" if full else os.strerror(code or 0).lower()
    remedy = "Free space" if full else "Make the folder writable"
    again = "then call again: what was half written is made anew"
    return f"{file}: this cannot be written: {reason}. {remedy}, {again}."


def call(stage: Stage, arguments: list[str]) -> None:
    """Call a stage with the arguments of a command line and write what it measured."""
    values = vars(parser_of(stage).parse_args(arguments))
    settings = settings_text(values.pop("settings", None))
    metrics = values.pop("metrics") if measures(stage) else None
    if settings is not None:
        logging.info("\n".join(log_head(stage.__name__, settings)))
        values |= read_settings(stage, settings)
    measured = stage(**values)
    if measured is not None and is_first_process():
        assert metrics and settings, "both are required options of a stage that measures"
        write_metrics(metrics, stage.__name__, measured, settings)


def settings_text(source: str | None) -> str | None:
    """The settings of a stage as JSON: the text itself, or those in a file that a rule wrote."""
    if source is None or source.lstrip().startswith("{"):
        return source
    return json.dumps(read_json(Path(source))["settings"], sort_keys=True)


def parser_of(stage: Stage) -> argparse.ArgumentParser:
    """The command line of a stage, from its signature."""
    parser = argparse.ArgumentParser(prog=stage.__name__, description=inspect.getdoc(stage))
    hints = get_type_hints(stage)
    if measures(stage) or any(from_settings(name, kind) for name, kind in hints.items()):
        parser.add_argument("--settings", required=True, help="sections: JSON, or a file of it")
    if measures(stage):
        parser.add_argument("--metrics", type=Path, required=True)
    for name, parameter in inspect.signature(stage).parameters.items():
        if not from_settings(name, hints[name]):
            parser.add_argument(f"--{name}", **_option(hints[name], parameter.default))
    return parser


def _option(kind: Any, default: Any) -> dict[str, Any]:
    """The option of a parameter, as argparse takes it."""
    if kind is bool:
        return {"action": "store_true"}
    required = {"required": True} if default is inspect.Parameter.empty else {"default": default}
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind), **required}
    if get_origin(kind) is list:
        return {"type": get_args(kind)[0], "nargs": "+", **required}
    return {"type": kind, **required}


def measures(stage: Stage) -> bool:
    """Whether a stage returns numbers that belong into a metrics.json."""
    return get_type_hints(stage).get("return") is Measured


def from_settings(name: str, kind: Any) -> bool:
    """Whether a parameter is made from `--settings`: the text itself, or a record of it."""
    return name == "settings" or hasattr(kind, "from_json")


def read_settings(stage: Stage, settings: str) -> dict[str, Any]:
    """The parameters of a stage that are made from its settings; torch, where it is loaded, gets
    their threads.
    """
    hints = get_type_hints(stage)
    read = {
        name: kind.from_json(settings) for name, kind in hints.items() if hasattr(kind, "from_json")
    }
    torch = sys.modules.get("torch")
    for record in read.values():
        if torch is not None and record.threads:
            torch.set_num_threads(record.threads)
    return read | ({"settings": settings} if "settings" in hints else {})


def is_first_process() -> bool:
    """Of the processes that torchrun starts only the first logs and writes."""
    return os.environ.get("RANK", "0") == "0"


def log_head(stage: str, settings: str) -> list[str]:
    """What a log begins with: stage and versions, machine, and a line per section of the settings
    (JSON).
    """
    libraries = " ".join(f"{name}={version}" for name, version in versions().items())
    sections = [f"# {name}: {json.dumps(value)}" for name, value in json.loads(settings).items()]
    return [
        f"# {stage} on python {platform.python_version()}, {libraries}",
        f"# {machine()}",
        *sections,
    ]


def log_end() -> str:
    """What a log of a stage ends with: the largest memory that its process, or one that it waited
    for, held at once, pages of mapped files included, and seconds of processors.
    """
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = max(of.ru_maxrss for of in used) / 1024
    return f"# peak {peak:.0f} MB, {sum(of.ru_utime + of.ru_stime for of in used):.1f} s"


def machine() -> str:
    """System, cores, threads of the numerical libraries, and the GPU where the stage has loaded
    torch.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "as many as cores")
    torch = sys.modules.get("torch")
    gpu = (
        ""
        if torch is None
        else f", GPU: {torch.cuda.get_device_name() if torch.cuda.is_available() else 'none'}"
    )
    return (
        f"{platform.system()} {platform.machine()}, cores: {os.cpu_count()}, threads:"
        f" {threads}{gpu}"
    )
