"""How a call of the workflow ended, in one sentence: last on the screen and first on the page of
the run.

A stage that refuses says why in its log, so the sentence is taken from the logs of the jobs that
failed. A run keeps the last ending of each of its pages in `ending.json`, which the page and the
index of all runs read; a call removes the entry of its page when it starts, so that one that was
killed together with Snakemake leaves none.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import DESIGN_REFUSED, GATE_FAILED, GATE_REFUSED, INPUT_REFUSED
from ..core.gates import sentences
from ..core.provenance import read_json, write_json

FILE = "ending.json"
PASSED, GATE, DESIGN, INPUT, KILLED, FAULT = "passed", "gate", "design", "input", "killed", "fault"
# What the index says of a call that ended so.
WORDS = {
    PASSED: "passed",
    GATE: "refused by a gate",
    DESIGN: "refused by the design",
    INPUT: "bad input",
    KILLED: "stopped before its end",
    FAULT: "ended by a fault of the program",
}
# How the line of a log begins that says why a stage refused.
REFUSALS = {GATE_REFUSED: GATE, DESIGN_REFUSED: DESIGN, INPUT_REFUSED: INPUT}
TRACEBACK = "Traceback (most recent call last)"
AGAIN = "The same call again goes on where it stopped."


class Failure(NamedTuple):
    """A job that failed: its rule, and its logs."""

    rule: str
    logs: Sequence[str]


class Ending(NamedTuple):
    """How a call ended: one of `WORDS`, a sentence, and the file that says more."""

    kind: str
    sentence: str
    file: str = ""


def of_call(failures: Sequence[Failure], interrupted: bool, problem: str = "") -> Ending:
    """The ending of a call that did not succeed.

    failures : jobs that failed, in order; interrupted : whether somebody stopped the call
    problem : the last error that Snakemake itself named
    """
    endings = [of_failure(failure) for failure in failures]
    refused = [ending for ending in endings if ending.kind not in (KILLED, FAULT)]
    if refused:
        return refused[0]
    if interrupted:
        where = f" during {failures[0].rule}" if failures else ""
        return Ending(KILLED, f"Stopped from outside{where}. {AGAIN}")
    first = [*endings, Ending(FAULT, f"Snakemake stopped: {problem or 'see its output above'}")]
    return first[0]


def of_failure(failure: Failure) -> Ending:
    """What the logs of a job say: the first refusal, else a fault of the program, else it was
    killed before it could say anything.
    """
    texts = {log: text_of(log) for log in failure.logs}
    for log, text in texts.items():
        for line in text.splitlines():
            if kind := kind_of(line):
                return Ending(kind, told(failure.rule, line), log)
    log = next(iter(failure.logs), "")
    where = f"The stage {failure.rule}"
    if any(TRACEBACK in text and "KeyboardInterrupt" not in text for text in texts.values()):
        last = texts[log].rstrip().rpartition("\n")[2]
        return Ending(FAULT, f"{where} ended by a fault of the program: {last}.", log)
    return Ending(
        KILLED, f"{where} was killed, most often because no memory was left. {AGAIN}", log
    )


def kind_of(line: str) -> str:
    """The kind of refusal that a line of a log tells, empty for any other line."""
    return next((kind for start, kind in REFUSALS.items() if line.startswith(start)), "")


def told(rule: str, line: str) -> str:
    """The line of a log in which a stage refuses, as a sentence."""
    if line.startswith(GATE_REFUSED):
        gate, _, reason = line.removeprefix(GATE_REFUSED).partition(GATE_FAILED)
        return f"Refused by the gate {gate}: {reason}"
    if line.startswith(INPUT_REFUSED):
        return f"Bad input ({rule}): {line.removeprefix(INPUT_REFUSED)}"
    return f"Refused by the design ({rule}): {line.removeprefix(DESIGN_REFUSED).rstrip('.')}."


def text_of(log: str | Path) -> str:
    """The text of a log, empty where there is none."""
    path = Path(log)
    return path.read_text(errors="replace") if path.is_file() else ""


def verdicts_behind(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The verdicts of the gates whose markers are among some files."""
    markers = [file for file in files if file.suffix == ".passed"]
    return [read_json(marker.with_suffix(".verdict.json")) for marker in markers]


def of_verdicts(verdicts: Iterable[dict[str, Any]]) -> Ending:
    """The ending of a call that succeeded, from the verdicts of its gates; none was judged where
    there are none.
    """
    judged = list(verdicts)
    waived = [verdict["gate"] for verdict in judged if sentences(verdict)]
    if not judged:
        return Ending(PASSED, "Done: this target has no gate, so nothing was judged.")
    counted = "its gate was" if len(judged) == 1 else f"all {len(judged)} gates were"
    end = f", {len(waived)} of them by a waiver ({', '.join(waived)})" if waived else ""
    return Ending(PASSED, f"Passed: {counted} passed{end}.")


def keep(run: Path, pages: Iterable[Path], ending: Ending) -> None:
    """Write how a call ended for pages below a run's folder; those of other targets stay."""
    kept = endings(run) | {str(page.relative_to(run)): ending._asdict() for page in pages}
    write_json(run / FILE, {"pages": kept})


def forget(run: Path, pages: Iterable[Path]) -> None:
    """Remove what is kept of pages whose call begins now."""
    names = {str(page.relative_to(run)) for page in pages}
    if kept := endings(run):
        rest = {page: ending for page, ending in kept.items() if page not in names}
        write_json(run / FILE, {"pages": rest})


def endings(run: Path) -> dict[str, dict[str, str]]:
    """How the last call for each page of a run ended: page, relative to the run -> ending."""
    path = run / FILE
    return read_json(path)["pages"] if path.is_file() else {}
