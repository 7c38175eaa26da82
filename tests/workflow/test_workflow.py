"""The workflow as written: targets, configuration errors, lint, profiles, environments, generated
pages.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from generate import pages

from epidecouple.ablation.arms import merged
from epidecouple.core.config import validated
from epidecouple.core.gates import load_rows
from pipeline import ROOT, quick, run_snakemake, write_config

DEFAULT = ROOT / "config" / "config.yaml"
STUB = Path(__file__).parent / "stubs" / "conda" / "bin"
CONDA_NAMES = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "snakemake": "snakemake-minimal",
}


def output(call: subprocess.CompletedProcess) -> str:
    return call.stdout + call.stderr


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> str:
    """A dry run on the tiny configuration, in a folder that has the default one too."""
    folder = tmp_path_factory.mktemp("plan")
    shutil.copytree(ROOT / "config", folder / "config")
    planned = run_snakemake(folder, "-n", "--configfile", str(write_config(folder)))
    assert planned.returncode == 0, output(planned)
    return output(planned)


def test_default_target_is_all(plan):
    assert re.search(r"^(local)?rule all:", plan, re.M)


@pytest.mark.parametrize("kind", ["onstart", "onsuccess", "onerror"])
def test_a_handler_stands_once_for_a_run_and_once_for_a_prediction(kind):
    """Snakemake keeps the last handler of a kind, so a second one would take the first away."""
    files = [ROOT / "workflow" / "Snakefile", *(ROOT / "workflow").glob("rules/*.smk")]
    handlers = [path.name for path in files if re.search(rf"^{kind}:", path.read_text(), re.M)]
    assert sorted(handlers) == ["predict.smk", "run.smk"]


def test_a_configfile_replaces_the_default_one(plan):
    assert "MixE" in plan and "MixG" not in plan


OVERRIDES = {
    "seed=7": {"seed": 7},
    "compile=true": {"compile": True},
    "results=out": {"results": "out"},
    "subset={epochs: 5}": {"subset": {"epochs": 5}},
    "model={leace: false, dropout: 0.25, window: bins}": {
        "model": {"leace": False, "dropout": 0.25, "window": "bins"}
    },
    "potential={learning_rate: 1e-3}": {"potential": {"learning_rate": 0.001}},
    "windows={scales: [4000, 8000]}": {"windows": {"scales": [4000, 8000]}},
    "dataset={motifs: 007, missing: {LineA: [CTCF]}}": {
        "dataset": {"motifs": "007", "missing": {"LineA": ["CTCF"]}}
    },
}


def settings_of_subset(folder: Path, planned: subprocess.CompletedProcess) -> dict:
    """The configuration that the small run is to compute with, as a call in a folder stored it."""
    stored = re.search(r"cp (\S+) \S+/settings/train_subset\.json", output(planned))
    assert stored, output(planned)
    return json.loads((folder / stored[1]).read_text())["settings"]


@pytest.mark.parametrize("file", ["tiny", pytest.param("config", marks=pytest.mark.slow)])
def test_keys_on_the_command_line_win_and_the_rest_of_their_section_stays(
    tmp_path, snakemake, file
):
    """`tiny` comes by --configfile, `config` is the default that the workflow reads itself."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    values = yaml.safe_load((write_config(tmp_path) if file == "tiny" else DEFAULT).read_text())
    chosen = ["--configfile", str(tmp_path / "tiny.yaml")] if file == "tiny" else []
    target = f"out/{values['run']}/train_subset/model.safetensors"
    call = snakemake("-n", "-p", target, *chosen, "--config", *OVERRIDES)
    settings = settings_of_subset(tmp_path, call)
    for override in OVERRIDES.values():
        for name, value in override.items():
            if isinstance(value, dict):
                value = merged(values.get(name, {}), value)
            assert settings[name] == validated(values | {name: value})[name], name


@pytest.mark.parametrize(
    ("override", "refusal"),
    quick(
        [
            ("subset={epochs: many}", "config: 'subset.epochs': 'many' should be a valid integer"),
            (
                "subset={epoch: 2}",
                "config: unknown key 'subset.epoch'. Did you mean 'epochs'? Known keys here: ",
            ),
            ("run=007", "config: 'run': 7 should be a valid string. Put text"),
        ],
        1,
    ),
)
def test_a_wrong_key_on_the_command_line_blames_no_file(tmp_path, snakemake, override, refusal):
    refused = snakemake("--configfile", str(write_config(tmp_path)), "--config", override)
    assert refused.returncode == 1 and refusal in output(refused), output(refused)


@pytest.mark.parametrize(
    ("changes", "parts"),
    quick(
        [
            ({"epochs": 3}, ["tiny.yaml:", "unknown key 'epochs'", "Known keys"]),
            ({"model": {"filtres": 3}}, ["tiny.yaml:", "unknown key 'model.filtres'"]),
            ({"seed": "one"}, ["tiny.yaml:", "'seed'", "integer"]),
            ({"held_out_lines": ["LineA"]}, ["tiny.yaml:", "LineA"]),
            (
                {"splits": {"folds": [["chr1"], ["chr1"], ["chr2"]]}},
                ["tiny.yaml:", "chromosome chr1 is in two folds"],
            ),
            (
                {
                    "dataset": {"kind": "sources", "genome": "hg91"},
                    "marks": ["DNase"],
                    "cell_lines": ["K562", "NHEK"],
                    "held_out_lines": [],
                },
                ["no source is named 'hg91'"],
            ),
            (
                {
                    "dataset": {"kind": "sources", "genome": "hg19"},
                    "marks": ["DNase"],
                    "cell_lines": ["K562", "Nhek"],
                    "held_out_lines": [],
                },
                ["Nhek has no pairs"],
            ),
            (
                {"thresholds": {"fit.skil": {"value": 1, "why": "a threshold no gate has"}}},
                ["fit.skil"],
            ),
        ],
        2,
    ),
)
def test_a_wrong_configuration_is_refused_before_anything_runs(tmp_path, snakemake, changes, parts):
    refused = snakemake("--configfile", str(write_config(tmp_path, **changes)))
    assert refused.returncode == 1
    assert all(part in output(refused) for part in parts), output(refused)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("keys", "message"),
    quick(
        [
            (
                [],
                (
                    "predict needs pairs and a trained model: snakemake predict --config"
                    " pairs=my.tsv model=results/<run>"
                ),
            ),
            (["pairs=none.tsv"], "predict needs a trained model. Give model=results/<run>."),
            (["pairs=none.tsv", "model=results/none"], "none.tsv: there is no such file."),
            (["pairs=none.tsv", "model=results/none", "lins=[A]"], "unknown key 'lins'"),
        ],
        1,
    ),
)
def test_predictions_that_cannot_be_made_are_refused_before_anything_runs(
    tmp_path, snakemake, keys, message
):
    config = [] if keys else ["--configfile", str(write_config(tmp_path))]
    shutil.copytree(ROOT / "config", tmp_path / "config")
    refused = snakemake("predict", *config, *(["--config", *keys] if keys else []))
    assert refused.returncode == 1 and message in output(refused), output(refused)
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_record_22_is_refused_with_the_list_of_what_it_lacks(tmp_path):
    arm = yaml.safe_load((ROOT / "config/arms/record22.yaml").read_text())
    config = write_config(tmp_path, curriculum=arm["curriculum"], model=arm["model"])
    refused = run_snakemake(
        tmp_path, "results/tiny/train_subset/model.safetensors", "--configfile", str(config)
    )
    assert refused.returncode == 1
    violation = re.search(
        r"DESIGN VIOLATION the curriculum record22 lacks: (.+) \(before the first step\)",
        output(refused),
    )
    assert violation and {
        "homogeneous sampling",
        "conditional likelihood",
        "prototypes in the path of R",
    } <= set(violation[1].split(", "))
    page = (tmp_path / "results/tiny/report.html").read_text()
    assert "What ran is not what was designed." in page and "Missing in this curriculum" in page


def test_bad_data_stops_the_run_with_one_sentence(tmp_path, snakemake):
    files = {}
    for line in ("A", "B"):
        (tmp_path / f"{line}.tsv").write_text(
            "enhancer_name,promoter_name,label\n" + f"{line}|chr1:500-100,{line}|chr1:900-1000,1\n"
        )
        (tmp_path / f"{line}.bedpe").write_text("chr1\t0\t10\tchr1\t20\t30\n")
        (tmp_path / f"{line}.bed").write_text("chr1\t0\t10\n")
        files[line] = {
            "pairs": f"{line}.tsv",
            "loops": f"{line}.bedpe",
            "peaks": {"DNase": f"{line}.bed"},
        }
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGT" * 500 + "\n")
    dataset = {"kind": "files", "genome": "g.fa", "files": files}
    config = write_config(
        tmp_path,
        dataset=dataset,
        cell_lines=["A", "B"],
        held_out_lines=[],
        marks=["DNase"],
        thresholds={},
    )
    stopped = snakemake("--configfile", str(config))
    assert stopped.returncode == 1
    assert re.search(
        r"ERROR A\.tsv:2: enhancer chr1:500-100 is not an interval .+ Mend or remove the row\.",
        output(stopped),
    ), output(stopped)
    assert not (tmp_path / "results/tiny/train_subset").exists()


def test_lint_and_format(snakemake, tmp_path):
    linted = snakemake("--lint", "--configfile", str(write_config(tmp_path)))
    assert linted.returncode == 0, output(linted)
    subprocess.run(
        [sys.executable, "-m", "snakefmt.snakefmt", "--check", "Snakefile", "workflow"],
        cwd=ROOT,
        check=True,
    )
    for command in (["check"], ["format", "--check"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, "workflow", "tests", "benchmarks"],
            cwd=ROOT,
            check=True,
        )


def test_generated_pages_are_current():
    for path, content in pages().items():
        assert path.read_text() == content, (
            f"{path.relative_to(ROOT)} is out of date: run `make docs`"
        )


def test_every_gate_is_documented_and_wired(plan):
    """But those of targets of their own, which are no part of a run."""
    for gate in {row["gate"] for row in load_rows()} - {"crispr", "loops"}:
        assert f"rule judge_{gate}:" in plan and f"rule gate_{gate}:" in plan


def environments() -> dict[Path, dict[str, str]]:
    pins = {}
    for path in sorted((ROOT / "envs").glob("*.yaml")):
        content = yaml.safe_load(path.read_text())
        assert content["channels"][-1] == "nodefaults"
        conda = [
            entry for entry in content["dependencies"] if isinstance(entry, str) and entry != "pip"
        ]
        pip = [
            name
            for entry in content["dependencies"]
            if isinstance(entry, dict)
            for name in entry["pip"]
        ]
        pins[path] = dict(
            re.fullmatch(r"([a-z0-9-]+) =(\S+)", entry).groups() for entry in conda
        ) | dict(name.split("==") for name in pip)
    return pins


def test_every_rule_with_networks_declares_its_threads_or_takes_one():
    """The libraries get `threads` of the configuration (common.smk), so a rule that may use them
    has to say so.
    """
    text = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    for rule in re.split(r"^(?= *rule \w+:)", text, flags=re.M):
        if "envs/torch.yaml" in rule:
            assert re.search(
                r"threads: (max\()?(SETUP|REQUEST)\.threads|\bone_thread python", rule
            ), rule.split(":")[0]


def test_one_thread_is_one_thread_whatever_is_exported():
    text = (ROOT / "workflow/rules/package.smk").read_text()
    function = re.search(r"one_thread\(\) .+?\}\};", text)[0].replace("{{", "{").replace("}}", "}")
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    call = f"{function} export {' '.join(f'{name}=4' for name in names)}; one_thread printenv"
    shown = subprocess.run(
        ["bash", "-c", f"{call} {' '.join(names)}"], capture_output=True, text=True
    )
    assert shown.stdout.split() == ["1", "1", "1"], shown.stderr


def test_every_conda_file_is_used_and_exists():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert {f"../../envs/{path.name}" for path in environments()} == set(
        re.findall(r'"(\S+envs/\S+\.yaml)"', rules)
    )


def test_conda_pins_equal_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pins = dict(entry.split("==") for entry in project)
    expected = {CONDA_NAMES.get(name, name): version for name, version in pins.items()}
    for path, pinned in environments().items():
        wrong = {
            name: version
            for name, version in pinned.items()
            if name in expected and expected[name] != version
        }
        assert not wrong, (path.name, wrong)
        assert set(pinned) - set(expected) <= {"python", "bedtools"}, path.name


@pytest.mark.slow
def test_use_conda_wiring_with_a_stub(tmp_path):
    log = tmp_path / "conda.log"
    env = {
        "PATH": f"{STUB}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "STUB_PYTHON": sys.executable,
        "STUB_CONDA_LOG": str(log),
    }
    target, config = "results/tiny/gates/download.passed", str(write_config(tmp_path))
    made = run_snakemake(tmp_path, target, "--use-conda", "--configfile", config, env=env)
    assert made.returncode == 0, output(made)
    assert log.read_text().count("env create") == 2, "base and data are what these rules need"
    again = run_snakemake(tmp_path, target, "--configfile", config)
    assert "Nothing to be done" in output(again), "without conda nothing is done again"


def test_slurm_profile_names_existing_rules(plan):
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    assert set(profile["set-resources"]) <= set(re.findall(r"rule (\w+):", plan))


def test_resistance_asks_for_neither_genome_nor_gate(tmp_path, snakemake):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    overlay = ["config/targetfinder.yaml", "config/targetfinder_mirror.yaml"]
    planned = snakemake("-n", "resistance", "--configfile", *(str(ROOT / name) for name in overlay))
    assert planned.returncode == 0, output(planned)
    assert all(
        f"rule {name}:" in output(planned)
        for name in ("loop_fold", "loop_table", "crossfit", "unseen", "resistance_table")
    )
    waits = re.findall(
        r"rule (loop_panel|resistance_panel):\n +input:.+resistance/inventory.tsv", output(planned)
    )
    assert set(waits) == {"loop_panel", "resistance_panel"}, "every file is opened first"
    assert "rule gate_loops:" in output(planned), "the target's own gate"
    assert not re.search(
        r"rule (inventory|gate_(?!loops)\w+|elements|train_\w+):|\.fa\.gz", output(planned)
    )
    assert "IMR90/peaks/E017-H3K27ac" in output(planned) and "E017-H3K4me1" not in output(
        planned
    ), "what the overlay lists is not asked for"


@pytest.mark.slow
def test_r_of_loops_is_handed_on_behind_its_gate_and_without_the_published_pairs(
    tmp_path, snakemake
):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    overlay = ["config/targetfinder.yaml", "config/targetfinder_mirror.yaml"]
    files = [str(ROOT / name) for name in overlay]
    planned = snakemake("-n", "loop_model", "--configfile", *files)
    assert planned.returncode == 0, output(planned)
    rules = set(re.findall(r"^(?:local)?rule (\w+):", output(planned), re.M))
    made = {"loop_panel", "loop_fold", "loop_table", "judge_loops", "gate_loops", "loop_model"}
    assert rules == {"download", "settings", "resistance_files", *made}
    assert "models/loop_resistance/model.safetensors" in output(planned)


@pytest.mark.slow
def test_crispr_asks_for_real_data_alone_and_not_for_what_a_mirror_lacks(tmp_path, snakemake):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    planned = snakemake("-n", "real_model")
    assert planned.returncode == 0, output(planned)
    rules = set(re.findall(r"^(?:local)?rule (\w+):", output(planned), re.M))
    made = {"crispr_way", "crispr_inputs", "crispr_scores", "crispr_table", "real_model"}
    assert rules == {"download", "settings", "judge_crispr", "gate_crispr", *made}
    assert "E017-H3K27ac" in output(planned) and "E017-DNase" not in output(planned)
    assert "heldout" not in output(planned), "the table kept apart is read where it is given"


@pytest.mark.slow
def test_bengi_asks_for_tables_and_peaks_alone_and_for_a_run_with_its_lines(tmp_path, snakemake):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    overlay = ["config/targetfinder.yaml", "config/targetfinder_mirror.yaml"]
    planned = snakemake("-n", "bengi", "--configfile", *(str(ROOT / name) for name in overlay))
    assert planned.returncode == 0, output(planned)
    rules = set(re.findall(r"^(?:local)?rule (\w+):", output(planned), re.M))
    made = {"bengi", "bengi_panel", "bengi_fold", "bengi_table", "bengi_report"}
    assert rules == {"download", "settings", *made}
    assert "HMEC.HiC-Benchmark.v3.tsv.gz" in output(planned) and "hg19.fa" not in output(planned)
    simulated = snakemake("-n", "bengi")
    assert simulated.returncode == 1
    assert "bengi.training names GM12878, of which the run has no peaks" in output(simulated)


@pytest.mark.slow
def test_the_example_asks_for_the_repository_alone(tmp_path, snakemake):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    planned = snakemake("-n", "example")
    assert planned.returncode == 0, output(planned)
    rules = set(re.findall(r"^(?:local)?rule (\w+):", output(planned), re.M))
    assert rules == {"example", "example_scores", "example_figure", "example_report"}
    assert "resources/download" not in output(planned)


@pytest.mark.slow
def test_a_training_gets_the_thresholds_of_the_guard_and_no_others(tmp_path, snakemake):
    """What a rule does not hand over cannot make it run again."""
    own = {
        "fit.train_minus_validation_aupr": {"value": 0.5, "why": "a small set"},
        "fit.skill_lift_lower": {"value": -1, "why": "a small set"},
        "biology.residual_share": {"value": 0.7, "why": "a small set"},
    }
    config = str(write_config(tmp_path, thresholds=own))
    files = [f"results/tiny/settings/train_{scope}.json" for scope in ("subset", "full")]
    written = snakemake(*files, "--configfile", config)
    assert written.returncode == 0, output(written)
    for file in files:
        content = json.loads((tmp_path / file).read_text())
        assert content["settings"]["thresholds"] == {
            "fit.train_aupr": {"value": 0.9},
            "fit.train_minus_validation_aupr": {"value": 0.5},
        }
    planned = output(snakemake("-n", "-p", "--configfile", config))
    (report,) = re.findall(r"epidecouple\.stages\.run_report .+", planned)
    assert '{"biology.residual_share": {"value": 0.7}}' in report
