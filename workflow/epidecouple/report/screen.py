"""What a call of the workflow shows: a line when a stage starts, why one failed, and last how the
call ended. The full account of Snakemake stays in `.snakemake/log`.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from .ending import PASSED, Ending, Failure, kind_of, text_of

# Events of Snakemake's log that say nothing to who waits for a result.
HIDDEN = {
    "workflow_started",
    "resources_info",
    "job_started",
    "job_finished",
    "group_info",
    "group_error",
    "progress",
}
# What Snakemake says beside events: how it works, and that a job has failed, which is said already.
CHATTER = (
    "Building DAG of jobs",
    "Using shell",
    "Assuming unrestricted shared filesystem",
    "Conda environments: ignored",
    "Select jobs to execute",
    "Shutting down, this might",
    "Complete log(s)",
    "Elapsed time",
    "Exiting because a job execution failed",
    "Removing output files of failed job",
    "Touching output file",
    "WorkflowError:\nAt least one job did not complete",
    "RuleException:\nCalledProcessError",
)
# What Snakemake says when Ctrl-C or a signal stops it.
INTERRUPTED = ("Terminating processes on user request", "Will exit after finishing")
NOTHING = "Nothing to be done"
STAMP = "%H:%M:%S"
# How the log of a job on a cluster names the stage that failed.
NAMED = re.compile(r"^\s*Error in rule (\w+)", re.M)
# Lines of a log that are shown when a stage ended without saying why.
LAST_LINES = 15


class Screen:
    """Watches Snakemake's log, and shows a part of it.

    full : whether all is shown that Snakemake says, as under --printshellcmds
    idle : gives the last line of a call that finds nothing to do
    refused : why the configuration or a request was refused before anything ran
    """

    def __init__(self, full: bool) -> None:
        self.full = full
        self.failures: list[Failure] = []
        self.spared: set[str] = set()
        self.interrupted = False
        self.problem = ""
        self.refused = ""
        self.done, self.total = 0, 0
        self.idle: Callable[[], str] = str

    def watch(self, logger: logging.Logger) -> None:
        """Stand between a logger and its handler of the screen."""
        logger.addFilter(self.note)
        for handler in logger.handlers:
            if handler.get_name() == "DefaultStreamHandler" and not self.full:
                handler.addFilter(self.passes)

    def note(self, record: logging.LogRecord) -> bool:
        """Keep of a record what the ending needs; every record passes."""
        fields = vars(record)
        event, text = event_of(record), record.getMessage()
        if event == "job_error" and not self.is_spared(fields):
            self.failures.append(failure_of(fields))
        elif event == "group_error":
            self.spared = spared(fields)
        elif event == "progress":
            self.done, self.total = fields["done"], fields["total"]
        elif event == "error":
            self.problem = text.strip().rpartition("\n")[2]
        self.interrupted |= text.startswith(INTERRUPTED)
        return True

    def passes(self, record: logging.LogRecord) -> bool:
        """Whether Snakemake shows a record itself; of some a few words are shown in its place."""
        lines = self.instead(record)
        if lines is not None:
            show(*lines)
        return lines is None

    def instead(self, record: logging.LogRecord) -> list[str] | None:
        """What is shown in place of a record, None where it is shown as it is."""
        event, fields = event_of(record), vars(record)
        if event == "job_info":
            return [self.started(fields)] if fields["benchmark"] else []
        if event == "job_error":
            return [] if self.is_spared(fields) else [*failed(failure_of(fields))]
        if event == "run_info":
            return [f"{fields['stats']['total']} jobs"]
        if event == "error" and self.refused:
            return [f"Bad input (configuration): {self.refused}"]
        if record.getMessage().startswith(NOTHING):
            return [record.getMessage(), self.idle()]
        hidden = event in HIDDEN or record.getMessage().lstrip().startswith(CHATTER)
        return [] if hidden else None

    def is_spared(self, job: dict[str, Any]) -> bool:
        """Whether a job is told to have failed only because another one of its group did."""
        return job["indent"] and job["rule_name"] in self.spared

    def started(self, job: dict[str, Any]) -> str:
        """The line of a stage that starts: time, how many jobs are done, its name."""
        of_what = [value for name, value in job["wildcards"].items() if name != "run" and value]
        count = f"{self.done} of {self.total} jobs done" if self.total else "first job"
        name = " ".join([job["rule_name"], *map(str, of_what)])
        return f"{time.strftime(STAMP)}  {name}  ({count})"


def event_of(record: logging.LogRecord) -> str:
    """The event of a record of Snakemake's log, empty where it has none."""
    event = getattr(record, "event", None)
    return "" if event is None else str(event)


def failure_of(job: dict[str, Any]) -> Failure:
    """The failure that a record tells."""
    return Failure(job["rule_name"], [*map(str, job["log"])])


def spared(group: dict[str, Any]) -> set[str]:
    """Stages of a failed group that the log of the cluster does not name; none where it names no
    stage.
    """
    named = {rule for log in group["aux_logs"] for rule in NAMED.findall(text_of(log))}
    members = {job["rule_name"] for job in group["job_error_info"]}
    return members - named if named else set()


def failed(failure: Failure) -> Iterator[str]:
    """The lines of a stage that failed: why it refused, else the end of its log."""
    yield f"{time.strftime(STAMP)}  {failure.rule} FAILED"
    texts = {log: text_of(log).rstrip().splitlines() for log in failure.logs}
    reasons = [line for lines in texts.values() for line in lines if kind_of(line)]
    yield from reasons or next(iter(texts.values()), [])[-LAST_LINES:]
    yield from (f"Log: {log}" for log in failure.logs if text_of(log))


def show(*lines: str) -> None:
    """Write lines to the screen, where Snakemake writes its own."""
    sys.stderr.writelines(f"{line}\n" for line in lines)
    sys.stderr.flush()


def last_line(ending: Ending, pages: list[str], index: str = "") -> str:
    """The last line of a call: how it ended, the file that says more, its pages."""
    log = f" Log: {ending.file}" if ending.file and ending.kind != PASSED else ""
    word = "Report" if all(page.endswith(".html") for page in pages) else "Files"
    report = f" {word}: {' '.join(pages)}" if pages else ""
    return f"{ending.sentence}{log}{report}{f' All runs: {index}' if index else ''}"
