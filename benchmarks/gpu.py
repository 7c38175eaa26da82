"""A card against the CPU and against what it can do, in 8 minutes at most: agreement; pairs per
second of training and scoring, share of the peak, memory; gathering; two processes and their bits;
compiling.

    python benchmarks/gpu.py                        on CUDA, or short where there is none
    python benchmarks/gpu.py --device cpu           the CPU stands in for the card
    python benchmarks/gpu.py --parts compiling      some parts alone

Needs torch, numpy, pydantic, PyYAML and concept-erasure. Leaves gpu.md and gpu.tsv here, and after
every figure, so that a run which is killed keeps what it had. Nothing is begun in the last minute
and a half, and what is not done at the end is broken off. Ends with 1 where a check fails.
"""

import argparse
import csv
import datetime
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

import gpu_parts
from gpu_parts import CPU, ERROR, FAILS, ON_CARD, ON_CPU, PARTS, PASSES, STAND_IN, Measure, Row

FOLDER = Path(__file__).parent
MINUTES, LAST_S = 8.0, 90
NOT_RUN = (
    "**It has not run on a card yet**: a CPU stood in for one, so that the script is known to run."
)
HEAD = "| part | what | value | | of peak | GB | check | |\n|---|---|---|---|---|---|---|---|\n"


def chosen(name: str) -> torch.device:
    """The device of a name: auto, cuda or cpu; raises `SystemExit` where CUDA is missing."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise SystemExit("torch finds no CUDA device on this machine")
    if name == "cpu" or not available:
        return STAND_IN
    torch.cuda.init()
    return torch.device("cuda", 0)


def measures(names: list[str], device: torch.device) -> Iterator[Measure]:
    """All figures of some parts; a card's throughput is followed by that of the CPU."""
    for name in names:
        yield from PARTS[name](device, ON_CPU if device == STAND_IN else ON_CARD)
        if name in ("throughput", "gathering") and device != STAND_IN:
            yield from PARTS[name](CPU, ON_CPU)


def rows_of(measure: Measure) -> list[Row]:
    """Rows of a figure; an error becomes a row and loses no other figure."""
    try:
        return measure.call()
    except Exception as error:
        said = (str(error).strip().splitlines() or [""])[0]
        note = f"{type(error).__name__}: {said}"[:200].replace("|", "/")
        return [Row(measure.part, measure.what, verdict=ERROR, note=note)]


@contextmanager
def broken_off(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` in what still runs after so long."""

    def late(*_: object) -> None:
        raise TimeoutError("it was broken off, the time is over")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(0.0, seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def driver() -> str:
    """Version of the driver, as nvidia-smi says it."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "unknown"


def machine(device: torch.device) -> str:
    """What the figures depend on."""
    threads = f"torch {torch.__version__}, threads of the CPU: {torch.get_num_threads()}"
    today = datetime.date.today().isoformat()
    if device == STAND_IN:
        return f"{NOT_RUN} {threads}, {today}."
    memory = torch.cuda.get_device_properties(device).total_memory / 1e9
    card = f"{torch.cuda.get_device_name(device)}, {memory:.0f} GB"
    return f"Card: {card}; driver {driver()}, CUDA {torch.version.cuda}; {threads}, {today}."


def shown(value: float, form: str) -> str:
    """A figure, or nothing where there is none."""
    return "" if math.isnan(value) else format(value, form)


def line(row: Row) -> str:
    """A row of the table."""
    verdict = row.verdict if row.verdict in ("", PASSES) else f"**{row.verdict}**"
    cells = (
        row.part,
        row.what,
        shown(row.value, ",.4g"),
        row.unit,
        shown(row.of_peak, ".1%"),
        shown(row.memory_gb, ".1f"),
        verdict,
        row.note,
    )
    return f"| {' | '.join(cells)} |\n"


def page(rows: list[Row], left_out: list[str], device: torch.device) -> str:
    """The page: card, checks, what was left out, all rows."""
    checks = [row.verdict for row in rows if row.verdict in (PASSES, FAILS)]
    errors = sum(row.verdict == ERROR for row in rows)
    said = f"{checks.count(PASSES)} of {len(checks)} checks pass; figures with an error: {errors}."
    late = f"\n\nLeft out for want of time: {'; '.join(left_out)}." if left_out else ""
    head = "# Speed on a GPU\n\n`python benchmarks/gpu.py`\n\n"
    return (
        f"{head}{machine(device)}\n\n{said}{late}\n\n" + HEAD + "".join(line(row) for row in rows)
    )


def write(rows: list[Row], left_out: list[str], device: torch.device, folder: Path) -> None:
    """Page and table."""
    (folder / "gpu.md").write_text(page(rows, left_out, device))
    with (folder / "gpu.tsv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerows([Row._fields, *rows])


def run(arguments: argparse.Namespace) -> list[Row]:
    """Measure until the time is over, and write what is there after every figure."""
    device, end = chosen(arguments.device), time.monotonic() + 60 * arguments.minutes - LAST_S
    rows, left_out = [], []
    for measure in measures(arguments.parts, device):
        if time.monotonic() > end:
            left_out.append(f"{measure.part}, {measure.what}")
            continue
        with broken_off(end + LAST_S - time.monotonic()):
            rows += rows_of(measure)
        gpu_parts.forget_memory(device)
        write(rows, left_out, device, arguments.folder)
    write(rows, left_out, device, arguments.folder)
    return rows


def main() -> int:
    """Run and print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    rows = run(arguments := parser.parse_args())
    sys.stdout.write((arguments.folder / "gpu.md").read_text())
    return int(any(row.verdict == FAILS for row in rows))


if __name__ == "__main__":
    sys.exit(main())
