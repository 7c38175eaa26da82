"""How a call ended, from the logs of the jobs that failed."""

import json
import logging
from types import SimpleNamespace

import pytest

from epidecouple.report.ending import (
    DESIGN,
    FAULT,
    GATE,
    INPUT,
    KILLED,
    PASSED,
    WORDS,
    Ending,
    Failure,
    endings,
    forget,
    keep,
    of_call,
    of_verdicts,
    verdicts_behind,
)
from epidecouple.report.screen import Screen, failed, last_line

REFUSAL = "GATE fit FAILED: AUPR lift is 0.3, need > 5. See the learning curve. Evidence: v.json"


def failure(tmp_path, rule, text):
    log = tmp_path / f"{rule}.log"
    log.write_text(text)
    return Failure(rule, [str(log), str(tmp_path / "never_written.json")])


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (f"# head\n{REFUSAL}\n", GATE, "Refused by the gate fit: AUPR lift is 0.3, need > 5."),
        (
            "DESIGN VIOLATION the curriculum lacks: sampling (before the first step)\n",
            DESIGN,
            "Refused by the design (train): the curriculum lacks: sampling (before",
        ),
        (
            "reading\nERROR a.tsv:3: 'x' is no number. Mend it.\n",
            INPUT,
            "Bad input (train): a.tsv:3: 'x' is no number. Mend it.",
        ),
        ("epoch 1\n", KILLED, "The stage train was killed"),
        ("", KILLED, "The stage train was killed"),
        (
            "Traceback (most recent call last)\n  x\nKeyError: 'y'\n",
            FAULT,
            "The stage train ended by a fault of the program: KeyError: 'y'.",
        ),
    ],
)
def test_a_log_says_in_one_sentence_how_its_stage_ended(tmp_path, text, kind, said):
    job = failure(tmp_path, "train", text)
    ending = of_call([job], False)
    assert ending.kind == kind and ending.sentence.startswith(said) and ending.kind in WORDS
    assert ending.file == job.logs[0] and "\n" not in ending.sentence


def test_a_refusal_goes_before_what_was_killed_because_of_it(tmp_path):
    jobs = [failure(tmp_path, "shard", ""), failure(tmp_path, "gate_fit", REFUSAL)]
    assert of_call(jobs, False).kind == of_call(jobs, True).kind == GATE


def test_a_call_that_was_stopped_from_outside_says_so(tmp_path):
    job = failure(tmp_path, "train", "Traceback (most recent call last)\nKeyboardInterrupt\n")
    assert of_call([job], True).sentence.startswith("Stopped from outside during train.")
    assert of_call([], True).kind == KILLED
    assert of_call([], False, "MissingOutputException").sentence.endswith("MissingOutputException")


def test_success_counts_gates_and_names_waivers(tmp_path):
    good = {"gate": "data", "passed": True, "waived": False, "checks": []}
    check = {"metric": "m", "value": 1, "need": "> 5", "outcome": "failed", "remedy": "mend it"}
    waived = {"gate": "fit", "passed": True, "waived": True, "checks": [check]}
    assert of_verdicts([good, good]).sentence == "Passed: all 2 gates were passed."
    assert of_verdicts([good, waived]).sentence.endswith("1 of them by a waiver (fit).")
    assert "no gate" in of_verdicts([]).sentence
    (tmp_path / "fit.verdict.json").write_text(json.dumps(waived))
    assert verdicts_behind([tmp_path / "fit.passed", tmp_path / "report.html"]) == [waived]


def test_a_call_that_begins_forgets_the_ending_of_its_own_page_only(tmp_path):
    pages = [tmp_path / "report.html", tmp_path / "crispr" / "report.html"]
    forget(tmp_path, pages)
    assert endings(tmp_path) == {}
    keep(tmp_path, pages[:1], Ending(PASSED, "Passed."))
    keep(tmp_path, pages[1:], Ending(GATE, "Refused."))
    forget(tmp_path, pages[:1])
    assert list(endings(tmp_path)) == ["crispr/report.html"]


def test_the_last_line_names_the_log_of_a_failure_and_the_page():
    refused = Ending(GATE, "Refused.", "logs/gate/fit.log")
    assert last_line(refused, ["r.html"]) == "Refused. Log: logs/gate/fit.log Report: r.html"
    assert last_line(Ending(PASSED, "Passed."), ["a.tsv"], "i.html") == (
        "Passed. Files: a.tsv All runs: i.html"
    )


def test_what_a_failed_stage_shows_is_its_refusal_or_else_the_end_of_its_log(tmp_path):
    assert REFUSAL in list(failed(failure(tmp_path, "gate_fit", f"# versions\n{REFUSAL}\n")))
    lines = list(failed(failure(tmp_path, "train", "\n".join(f"line {k}" for k in range(99)))))
    assert "line 98" in lines and "line 0" not in lines and len(lines) < 20


@pytest.fixture
def screen(capsys):
    """A logger with Snakemake's handler, watched: says, shows."""
    logger = logging.Logger("toy")
    handler = logging.StreamHandler(SimpleNamespace(write=print, flush=lambda: None))
    handler.set_name("DefaultStreamHandler")
    logger.addHandler(handler)
    watched = Screen(full=False)
    watched.watch(logger)
    return logger, watched, capsys


JOB = {
    "rule_name": "shard",
    "wildcards": {"run": "tiny", "line": "LineA"},
    "log": ["none.log"],
    "indent": False,
}


def test_the_screen_has_a_line_per_stage_and_none_for_small_jobs(screen):
    logger, _, capsys = screen
    logger.info("stats " * 100, extra={"event": "run_info", "stats": {"total": 83}})
    logger.info("", extra={"event": "progress", "done": 12, "total": 83})
    logger.info("x" * 5000, extra={"event": "job_info", "benchmark": "b.tsv", **JOB})
    logger.info("x" * 5000, extra={"event": "job_info", "benchmark": None, **JOB})
    logger.info("Select jobs to execute...")
    logger.warning("disk is nearly full")
    shown = capsys.readouterr()
    assert shown.err.splitlines()[0] == "83 jobs"
    assert shown.err.splitlines()[1].endswith("shard LineA  (12 of 83 jobs done)")
    assert len(shown.err.splitlines()) == 2 and "disk is nearly full" in shown.out


def test_a_call_that_finds_nothing_to_do_ends_with_its_line_too(screen):
    logger, watched, capsys = screen
    watched.idle = lambda: "Passed. Report: r.html"
    logger.info("Nothing to be done (all requested files are present and up to date).")
    assert capsys.readouterr().err.splitlines()[1] == "Passed. Report: r.html"


def test_a_refused_configuration_ends_with_its_sentence_and_no_traceback(screen):
    logger, watched, capsys = screen
    watched.refused = "a.yaml:3: unknown key 'x'."
    text = f"WorkflowError in file common.smk:\n{watched.refused}\n  File common.smk, line 39"
    logger.error(text, extra={"event": "error"})
    shown = capsys.readouterr()
    assert shown.err == f"Bad input (configuration): {watched.refused}\n" and not shown.out


def test_the_screen_keeps_what_the_ending_needs(screen):
    logger, watched, capsys = screen
    logger.error("x" * 5000, extra={"event": "job_error", **JOB})
    logger.error("RuleException:\nCalledProcessError in file", extra={"event": "error"})
    logger.info("Terminating processes on user request, this might take some time.")
    assert watched.failures == [Failure("shard", ["none.log"])] and watched.interrupted
    assert "shard FAILED" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("told", "blamed"),
    [
        ("Error in rule evaluate:\n", ["evaluate"]),
        ("slurmstepd: killed\n", ["evaluate", "release"]),
    ],
    ids=["named by the cluster's log", "nobody named"],
)
def test_of_a_group_only_the_stage_that_failed_is_blamed(screen, tmp_path, told, blamed):
    logger, watched, capsys = screen
    log = tmp_path / "slurm.log"
    log.write_text(told)
    members = [{**JOB, "rule_name": name, "indent": True} for name in ("evaluate", "release")]
    group = {"event": "group_error", "aux_logs": [str(log)], "job_error_info": members}
    logger.error("x" * 5000, extra=group)
    for member in members:
        logger.error("x" * 5000, extra={"event": "job_error", **member})
    logger.error("x" * 5000, extra={"event": "job_error", **JOB, "rule_name": "release"})
    assert [failure.rule for failure in watched.failures] == [*blamed, "release"]
    shown = capsys.readouterr()
    assert shown.err.count("FAILED") == len(blamed) + 1 and not shown.out
