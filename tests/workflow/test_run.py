"""The whole DAG on tiny data: a failing gate, its cure, the report, idempotence."""

import json
import re
import shutil
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from browser import laid_out, needs_chromium, opened
from epidecouple.core.metrics import find_metric, rows
from epidecouple.core.paths import PACKAGE
from epidecouple.report import ending
from epidecouple.report.layout import FIGURES, drawn_figures
from epidecouple.report.run_page import render
from epidecouple.verification.design import ENERGIES, load_design, of_model
from pipeline import ROOT, broken_links, last_line, local_rules, quick, run_snakemake, write_config

UNREACHABLE = {
    "fit.skill_lift_lower": {"value": 5, "why": "no lift reaches five: the gate must fail"}
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A run whose gate `fit` cannot pass: the folder, the first and the second call. Its page and
    the log of its gate, which a cure writes anew, are kept in the folder.
    """
    folder = tmp_path_factory.mktemp("run")
    config = write_config(folder, thresholds=UNREACHABLE)
    calls = [run_snakemake(folder, "--configfile", str(config)) for _ in range(2)]
    for place in ("logs/gate/fit.log", "report.html"):
        shutil.copy(folder / "results/tiny" / place, folder)
    return folder, *calls


@pytest.fixture(scope="module")
def cured(failed):
    """The same folder with the threshold in reach: the folder, the model's time stamp before, the
    call.
    """
    folder = failed[0]
    before = (folder / "results/tiny/train_full/model.safetensors").stat().st_mtime_ns
    return folder, before, run_snakemake(folder, "--configfile", str(write_config(folder)))


def verdict(folder: Path, gate: str) -> dict:
    return json.loads((folder / f"results/tiny/gates/{gate}.verdict.json").read_text())


def test_failing_gate_says_why_in_one_sentence_and_exits_1(failed):
    _, first, _ = failed
    assert first.returncode == 1
    sentence = re.search(
        r"GATE fit FAILED: .+ \(skill_lift_lower\) is (\S+), need > 5\. .+ Evidence: (\S+)",
        first.stdout + first.stderr,
    )
    assert (
        sentence and float(sentence[1]) < 5 and sentence[2] == "results/tiny/gates/fit.verdict.json"
    )


def test_the_screen_shows_the_epochs_of_training_and_the_log_what_it_rests_on(failed):
    folder, first, _ = failed
    log = (folder / "results/tiny/logs/train_full.log").read_text()
    epoch = re.search(
        r"^resistance epoch 1/6 .+ s, about \d\d:\d\d left in this phase, less with an early stop$",
        log,
        re.M,
    )[0]
    assert epoch in first.stdout + first.stderr
    assert (
        log.startswith("# train on python")
        and "\n# seed: 1\n" in log
        and "# train on" not in first.stdout + first.stderr
    )


def test_failing_gate_keeps_the_evidence_and_stops_the_line(failed):
    folder, _, _ = failed
    run = folder / "results/tiny"
    assert verdict(folder, "fit")["passed"] is False
    assert (run / "train_full/model.safetensors").exists() and (
        run / "evaluate/energies.parquet"
    ).exists()
    assert not (run / "gates/fit.passed").exists()
    assert not (run / "diagnose/metrics.json").exists()
    drawn = {path.stem for path in (run / "figures").glob("*.svg")}
    assert {"splits", "funnel", "learning_curve_subset", "learning_curve", "recovery"} == drawn
    assert (run / "gates/resistance.passed").exists(), (
        "what does not depend on the failed gate goes on"
    )


def test_failing_gate_fails_again_without_training_again(failed):
    _, first, second = failed
    assert second.returncode == 1 and "GATE fit FAILED" in second.stdout + second.stderr
    assert (
        "  train_full  (" in first.stderr + first.stdout
        and "  train_full  (" not in second.stderr + second.stdout
    )


def test_failed_run_leaves_a_report_with_the_failure_on_top(failed):
    page = (failed[0] / "results/tiny/report.html").read_text()
    assert 0 < page.index("GATE fit FAILED") < page.index('<h2 id="verdicts">')
    assert "decoupling: not reached" in page


def test_curing_the_threshold_finishes_the_run_without_training_again(cured):
    folder, before, call = cured
    assert call.returncode == 0, call.stdout + call.stderr
    assert (folder / "results/tiny/train_full/model.safetensors").stat().st_mtime_ns == before
    assert all(
        verdict(folder, gate)["passed"]
        for gate in (
            "download",
            "data",
            "subset",
            "fit",
            "recovery",
            "resistance",
            "decoupling",
            "biology",
        )
    )
    assert "results/tiny/report.html" in call.stdout + call.stderr


def jobs_of(text: str) -> list[str]:
    """What the account of a call says of each job that a scheduler could submit."""
    return re.split(r"^(?:local)?rule ", text, flags=re.M)[1:]


def account(folder: Path, number: int) -> str:
    """Snakemake's full account of the first call (0) in a folder, and so on."""
    return sorted((folder / ".snakemake/log").glob("*.log"))[number].read_text()


def test_the_last_line_of_a_refused_run_is_its_sentence_and_the_first_of_its_page(failed):
    folder, first, second = failed
    line = re.fullmatch(
        r"(Refused by the gate fit: .+ is \S+, need > 5\. .+) Log: (\S+) Report: (\S+) All.+",
        last_line(first),
    )
    assert line, last_line(first)
    assert line.group(2, 3) == ("results/tiny/logs/gate/fit.log", "results/tiny/report.html")
    assert "GATE fit FAILED" in (folder / "fit.log").read_text()
    page = unescape((folder / "report.html").read_text())
    assert page.index("<h1>") < page.index(line[1]) < page.index("logit P")
    assert last_line(second).split(" is ")[0] == last_line(first).split(" is ")[0]


def test_the_last_line_of_a_passed_run_is_its_sentence_and_the_first_of_its_page(cured):
    folder, _, call = cured
    sentence = "Passed: all 8 gates were passed."
    report, index = "results/tiny/report.html", "results/index.html"
    assert last_line(call) == f"{sentence} Report: {report} All runs: {index}"
    page = (folder / report).read_text()
    assert page.index("<h1>") < page.index(sentence) < page.index("logit P")
    assert "Refused" not in page, "what was mended is gone"


def test_the_screen_is_short(failed, cured):
    """A line per stage, an epoch, a word of a long stage; 1,158 lines in the default run before."""
    for call in (failed[1], cured[2]):
        lines = (call.stdout + call.stderr).splitlines()
        assert len(lines) < 80 and max(map(len, lines)) < 600, call.stderr
    assert "message: None" not in failed[1].stderr
    assert len(account(cured[0], 0)) > 5 * len(failed[1].stderr), "all of it is in the log"


def test_no_command_carries_settings(planned):
    for call in planned.values():
        for command in re.findall(r"python -m epidecouple\S+ .*", call.stdout + call.stderr):
            assert len(command) < 3000 and "{" not in command.split("--thresholds")[0], command


def test_memory_by_formula_covers_the_peak_of_every_job_and_not_much_more(failed, cured):
    seen = set()
    for job in [*jobs_of(account(cured[0], 0)), *jobs_of(account(cured[0], 2))]:
        table, declared = re.search(r"benchmark: (\S+)", job), re.search(r"mem_mb=(\d+)", job)
        if table:
            peak = pd.read_csv(cured[0] / table[1], sep="\t", na_values="-").max_rss.max()
            name = job.split(":")[0]
            assert declared, f"{name} declares no memory"
            # Jobs that end between two samples have no peak.
            assert not peak > int(declared[1]), (name, peak, declared[1])
            assert not int(declared[1]) > 2.5 * peak + 250, (name, peak, declared[1])
            seen.add(name)
    assert {
        "simulate",
        "elements",
        "shard",
        "train_full",
        "evaluate",
        "diagnose",
        "biology",
        "motifs",
        "release",
    } <= seen


def test_no_job_uses_more_threads_than_its_rule_declares(failed, cured):
    """Processor time of a job, against its wall time and what the benchmark's own sampling may
    miss.
    """
    for job in [*jobs_of(account(cured[0], 0)), *jobs_of(account(cured[0], 2))]:
        table, threads = re.search(r"benchmark: (\S+)", job), re.search(r"threads: (\d+)", job)
        if table:
            measured = pd.read_csv(cured[0] / table[1], sep="\t", na_values="-").iloc[0]
            allowed = int(threads[1]) if threads else 1
            assert not measured.cpu_time > 1.15 * allowed * measured.s + 1, (
                job.split(":")[0],
                allowed,
                measured.cpu_time,
                measured.s,
            )


@pytest.fixture(scope="module")
def planned(cured) -> dict:
    """By target, a dry run of all its jobs with their command lines."""
    config = str(cured[0] / "tiny.yaml")
    whole = ("--configfile", config, "-n", "--forceall", "--printshellcmds")
    targets = ("all", "compare_record22", "resistance")
    return {target: run_snakemake(cured[0], target, *whole) for target in targets}


def test_every_rule_that_may_be_submitted_declares_memory_and_time_and_leaves_a_benchmark(planned):
    for call in planned.values():
        for job in jobs_of(call.stdout + call.stderr):
            if not re.match(rf"(?:{local_rules()}):", job):
                assert "mem_mb=" in job and "runtime=" in job and "benchmark: " in job, job.split(
                    ":"
                )[0]


def test_second_run_does_nothing(cured):
    again = run_snakemake(cured[0], "--configfile", str(cured[0] / "tiny.yaml"))
    assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr
    assert last_line(again) == last_line(cured[2])


@pytest.mark.parametrize(
    ("changes", "runs", "rests"),
    quick(
        [
            (
                {"potential": {"epochs": 3}},
                {"train_subset", "train_full", "diagnose"},
                {"simulate", "panel", "elements", "shard"},
            ),
            (
                {"diagnose": {"rows": 1100}},
                {"diagnose_subset", "diagnose"},
                {"train_subset", "train_full", "shard"},
            ),
            ({"subset": {"pairs": 390}}, {"train_subset"}, {"train_full", "shard"}),
            (
                {"biology": {"groups": [["LineA", "LineC"]]}},
                {"biology"},
                {"train_full", "diagnose", "evaluate"},
            ),
            (
                {"reference": {"loci": 299}},
                {"reference", "shard", "train_full"},
                {"simulate", "panel", "elements"},
            ),
            (
                {"waive": ["biology"]},
                {"judge_biology", "gate_biology", "run_report"},
                {"train_full", "biology", "judge_fit"},
            ),
            ({"mirror": "/elsewhere"}, set(), {"simulate", "train_full"}),
        ],
        1,
    ),
)
def test_a_changed_key_reruns_what_sees_it_and_nothing_else(cured, tmp_path, changes, runs, rests):
    planned = run_snakemake(
        cured[0], "--configfile", str(write_config(tmp_path, **changes)), "-n", "--quiet", "host"
    )
    rules = set(re.findall(r"^\s*(?:local)?rule (\w+):", planned.stdout + planned.stderr, re.M))
    assert runs <= rules and not rests & rules


# Edits of a copy of the sources, in the order of the table in docs/troubleshooting.md: file, what
# stands there, what takes its place.
EDITS = [
    ("files/pairs.py", '"""', '"""Reworded. '),
    ("files/pairs.py", "this pair table is empty", "this table of pairs is empty"),
    ("report/layout.py", "What are the data", "Which are the data"),
    ("files/pairs.py", '"true": 1', '"true": 0'),
    ("statistics/mantel.py", "def mantel(", "CHANGED = 1\n\n\ndef mantel("),
    ("model/sequence.py", "flip(1, 2)", "flip(2, 1)"),
]


def code_changes() -> list[tuple[str, str, str]]:
    """Rows of the table: what is changed, in which file, and the rules that it starts with."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    table = re.search(r"<!-- code changes -->\n(.*?)<!-- /code changes -->", page, re.S)[1]
    return [
        tuple(cell.strip(" `") for cell in row.strip("|").split("|"))
        for row in table.splitlines()[2:]
    ]


@pytest.mark.parametrize(
    ("row", "edit"),
    quick(list(zip(code_changes(), EDITS, strict=True)), 1),
    ids=lambda value: value[0],
)
def test_a_change_in_the_code_makes_again_what_the_page_says(cured, tmp_path, row, edit):
    (_, named, starts), (file, old, new) = row, edit
    copy = shutil.copytree(
        ROOT,
        tmp_path / "copy",
        ignore=shutil.ignore_patterns(".*", "results", "tests", "docs", "__pycache__"),
    )
    path = copy / "workflow/epidecouple" / file
    assert named == file and old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    config = str(cured[0] / "tiny.yaml")
    call = run_snakemake(cured[0], "--configfile", config, "-n", snakefile=copy / "Snakefile")
    assert call.returncode == 0, call.stdout + call.stderr
    assert starting(call) == set(starts.split(", ")) - {"nothing"}


def starting(call) -> set[str]:
    """Stages and rules that a plan makes again for a change of their own, not of their input."""
    names = set()
    for job in jobs_of(call.stdout + call.stderr):
        if "Params have changed" in job:
            stage = re.search(r"stage=(\w+)", job)
            names.add(stage[1] if stage else job.split(":")[0])
    return names


def test_changes_behind_a_gate_are_seen_in_the_same_call(cured, tmp_path):
    """Snakemake looks at no job behind one that is to run, even over ancient files alone."""
    changes = {
        "thresholds": {
            "data.element_lookup_lift": {"value": 1.6, "why": "a threshold of the first gate"}
        },
        "potential": {"epochs": 3},
        "biology": {"groups": [["LineA", "LineC"]]},
    }
    config = str(write_config(tmp_path, **changes))
    planned = run_snakemake(cured[0], "--configfile", config, "-n")
    assert {"judge_data", "train_subset", "train_full", "biology"} <= starting(planned)


def test_a_training_that_was_killed_is_planned_again(cured):
    """Snakemake removes what a killed job had written; what was made from an earlier model is still
    there.
    """
    stage, aside = cured[0] / "results/tiny/train_full", cured[0] / "results/tiny/aside"
    stage.rename(aside)
    planned = run_snakemake(cured[0], "-n", "--configfile", str(cured[0] / "tiny.yaml"))
    aside.rename(stage)
    assert (
        "rule train_full:" in planned.stdout + planned.stderr
        and "rule shard:" not in planned.stdout + planned.stderr
    )


def test_a_run_leaves_a_card_of_its_model(cured):
    page = (cured[0] / "results/tiny/model/card.md").read_text()
    assert "- fit: passed." in page and "| MixE | never seen in training |" in page


def test_the_model_of_a_run_predicts_what_its_evaluation_found(cured):
    """The run's own table of a line, scored by `snakemake predict`; a second call does nothing, and
    nothing of the run is made.
    """
    folder = cured[0]
    asked = [
        "predict",
        "--config",
        "pairs=results/tiny/simulated/MixE/pairs.csv",
        "model=results/tiny",
        "lines=[MixE]",
        "name=own",
    ]
    call = run_snakemake(folder, *asked)
    assert call.returncode == 0, call.stdout + call.stderr
    assert re.findall(r"^\S+  (\w+)  \(", call.stderr, re.M) == ["score_pairs"]
    assert last_line(call) == "Done. Predictions: results/tiny/predict/own/predictions.tsv"
    found = pd.read_csv(
        folder / "results/tiny/predict/own/predictions.tsv", sep="\t", keep_default_na=False
    )
    mids = [
        (found[f"{end}_start"].astype(int) + found[f"{end}_end"].astype(int)) // 2
        for end in ("enhancer", "promoter")
    ]
    energies = pd.read_parquet(folder / "results/tiny/evaluate/energies.parquet").set_index(
        ["chrom", "enhancer_mid", "promoter_mid"]
    )
    of_pair = energies.loc[pd.MultiIndex.from_arrays([found.enhancer_chrom, *mids])]
    centre = json.loads((folder / "results/tiny/model/prediction.json").read_text())["lines"][
        "MixE"
    ]["centre"]
    assert np.abs(found.U_I.astype(float).to_numpy() - of_pair.potential.to_numpy()).max() < 5e-6
    assert (
        np.abs(
            found.R_E.astype(float).to_numpy() + centre - of_pair.resistance_MixE.to_numpy()
        ).max()
        < 5e-6
    )
    again = run_snakemake(folder, *asked)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_every_metric_is_in_the_registry_and_every_row_is_written(cured):
    """Rows of other targets and curricula say so in `only`."""
    written = set()
    for path in (cured[0] / "results/tiny").glob("*/metrics.json"):
        content = json.loads(path.read_text())
        for name in content["metrics"]:
            metric = find_metric(name)
            assert metric and path.parent.name in metric.stages, (path.parent.name, name)
            written.add(metric.name)
    assert {row.name for row in rows() if not row.only} == written


def test_report_stands_alone_and_tells_every_number_it_is_built_on(cured):
    page = (cured[0] / "results/tiny/report.html").read_text()
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']?https?://", page)
    measured = json.loads((cured[0] / "results/tiny/evaluate/metrics.json").read_text())["metrics"][
        "balanced_auc"
    ]
    assert (
        f"{measured:.3f}" in page
        and "Passed: all 8 gates were passed." in page
        and len(page) < 5_000_000
    )
    label = find_metric("mantel_rho_joint_trained").label
    assert label in unescape(page) and "Trained prototypes exceed" in page


def test_report_shows_every_verdict_and_every_figure_with_its_data(cured):
    run = cured[0] / "results/tiny"
    page = (run / "report.html").read_text()
    assert all(
        f"{path.name.split('.')[0]}: passed" in page
        for path in (run / "gates").glob("*.verdict.json")
    )
    for name in drawn_figures(simulated=True, motifs=True):
        assert f'href="figures/{name}.svg"' in page and f'href="{FIGURES[name].table}"' in page, (
            name
        )
    assert broken_links(page, run) == []
    index = cured[0] / "results/index.html"
    assert "8 passed" in index.read_text() and broken_links(index.read_text(), index.parent) == []


@needs_chromium
def test_a_browser_opens_the_pages_of_the_run_without_complaint(cured, tmp_path):
    for page in ("results/tiny/report.html", "results/index.html"):
        document, complaints = opened(cured[0] / page)
        assert complaints == [] and "</html>" in document
        assert all(laid_out(cured[0] / page, w, tmp_path)[0] <= w for w in (1400, 400))


def test_a_call_that_fails_after_a_success_says_so_on_top(cured):
    run, gates = cured[0] / "results/tiny", ["download", "data", "subset"]
    kept = (run / ending.FILE).read_text()
    ending.keep(run, [run / "report.html"], ending.Ending(ending.KILLED, "The power failed."))
    page = render(run, gates)
    (run / ending.FILE).write_text(kept)
    assert "The power failed." in page and "The power failed." not in render(run, gates)


def test_the_report_shows_what_was_designed_implemented_and_observed(cured):
    page = (cured[0] / "results/tiny/report.html").read_text()
    assert "What ran is what was designed." in page
    designed = of_model(load_design(), ENERGIES)
    assert all(component.name in page for component in designed if not component.optional)


def test_snakemake_report_builds_offline(cured):
    made = run_snakemake(
        cured[0], "--configfile", str(cured[0] / "tiny.yaml"), "--report", "snakemake_report.html"
    )
    assert made.returncode == 0, made.stderr
    page = (cured[0] / "snakemake_report.html").read_text()
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']https?://", page)
    assert "Recovery of the known energies" in page and "System Message" not in page


@pytest.fixture(scope="module")
def zipped(cured, tmp_path_factory) -> Path:
    """What `snakemake --report report.zip` makes of the run, unpacked; every page in it says how
    much wider it is than its window.
    """
    call = ["--configfile", str(cured[0] / "tiny.yaml"), "--report", "report.zip"]
    made = run_snakemake(cured[0], *call)
    assert made.returncode == 0, made.stderr
    folder = tmp_path_factory.mktemp("zipped")
    shutil.unpack_archive(cured[0] / "report.zip", folder)
    for page in folder.rglob("*.html"):
        page.write_text(page.read_text() + WIDER)
    return folder


WIDER = """<script>addEventListener("load", () => setTimeout(() => {
document.body.dataset.wider = document.documentElement.scrollWidth - innerWidth;
}, 500));</script>"""


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("width", [1400, 400])
def test_the_zipped_report_and_the_page_in_it_open_without_a_network(zipped, width):
    """Snakemake's own page says in the console that its style sheet is for development."""
    size = (f"--window-size={width},900", "--virtual-time-budget=5000")
    front, complaints = opened(zipped / "report" / "report.html", *size)
    assert [line for line in complaints if "tailwindcss" not in line] == []
    (page,) = zipped.glob("report/data/raw/*/report.html")
    shown, complaints = opened(page, *size)
    assert complaints == [] and "What ran is what was designed." in shown
    assert "keeps two energies apart" in front and "splits.svg" in front
    wider = [re.search(r'data-wider="(-?\d+)"', text) for text in (front, shown)]
    assert all(found and int(found[1]) <= 0 for found in wider)


def test_every_metrics_file_carries_its_provenance(cured):
    for path in sorted((cured[0] / "results/tiny").glob("*/metrics.json")):
        assert set(json.loads(path.read_text())) == {"stage", "metrics", "checksum"}
        record = json.loads(path.with_name("provenance.json").read_text())
        assert {"settings", "code", "inputs", "versions"} <= set(record), path
        assert re.fullmatch(r"[0-9a-f]{16}", record["code"])


@pytest.mark.slow
def test_same_seed_gives_the_same_bits(cured, tmp_path):
    call = run_snakemake(
        tmp_path,
        "results/tiny/train_subset/model.safetensors",
        "--configfile",
        str(write_config(tmp_path)),
    )
    assert call.returncode == 0, call.stderr
    for name in ("train_subset/model.safetensors", "shards/LineA/signal.npy", "panel/funnel.tsv"):
        assert (tmp_path / "results/tiny" / name).read_bytes() == (
            cured[0] / "results/tiny" / name
        ).read_bytes(), name


@pytest.mark.slow
def test_arms_are_trained_on_the_same_data_and_compared_whatever_their_gates_say(cured):
    """One seed; the run itself is not touched, and a second call does nothing."""
    folder = cured[0]
    config = [
        "--configfile",
        str(write_config(folder, comparison={"seeds": [2]}, thresholds=UNREACHABLE)),
    ]
    before = (folder / "results/tiny/train_full/model.safetensors").stat().st_mtime_ns
    call = run_snakemake(folder, "compare_record22", *config)
    assert call.returncode == 0, call.stdout + call.stderr
    run = folder / "results/tiny/seeds/2"
    page = (folder / "results/tiny/comparison/report.html").read_text()
    for arm in ("design", "record22"):
        assert (run / f"arms/{arm}/recovery/metrics.json").exists() and not (
            run / f"arms/{arm}/shards"
        ).exists()
        assert not json.loads((run / f"arms/{arm}/gates/fit.verdict.json").read_text())["passed"]
        assert f"<td>{arm}</td><td>fit</td><td>skill_lift_lower</td>" in page
    assert "design_violations" in page
    assert (folder / "results/tiny/train_full/model.safetensors").stat().st_mtime_ns == before
    again = run_snakemake(folder, "compare_record22", *config)
    assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr
    write_config(folder)


def test_only_the_recovery_stage_is_given_the_truth(planned):
    """Of the run and of every arm: no other rule has the file among its inputs or on its command
    line.
    """
    for target in ("all", "compare_record22"):
        jobs = jobs_of(planned[target].stdout + planned[target].stderr)
        reads = {job.split(":")[0] for job in jobs if "truth.parquet" in job.split("reason:")[0]}
        assert reads == {"simulate", "recovery"}


def test_nothing_but_simulation_recovery_and_ablation_speaks_of_the_truth():
    """A stage cannot find the file by itself either."""
    sources = list(PACKAGE.rglob("*.py"))
    assert len(sources) > 100
    speaks = {
        path.stem for path in sources if re.search(r"truth\.parquet|truth: Path", path.read_text())
    }
    assert speaks == {"simulate", "recovery", "writer", "world"}, "world: of the ablation"


@pytest.mark.slow
def test_resistance_alone_runs_on_simulated_data_too_and_a_second_call_does_nothing(tmp_path):
    asked = [
        "resistance",
        "--configfile",
        str(write_config(tmp_path, crossfit={"members": 2, "shares": [0.5], "boosting_rounds": 5})),
    ]
    call = run_snakemake(tmp_path, *asked)
    assert call.returncode == 0, call.stdout + call.stderr
    run = tmp_path / "results/tiny"
    assert broken_links((run / "resistance/report.html").read_text(), run / "resistance") == []
    assert {"R", "gradient boosting", "line offsets"} < set(
        pd.read_csv(run / "resistance/arms.tsv", sep="\t").arm
    )
    assert not (run / "elements").exists(), "nothing needs the genome"
    again = run_snakemake(tmp_path, *asked)
    assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr
