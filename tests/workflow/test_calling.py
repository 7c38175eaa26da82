"""Every way of calling the workflow plans the same jobs, by the statements of docs/commands.md."""

import functools
import http.server
import os
import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from pipeline import BLOCK, ROOT, TINY, run_snakemake, write_config

PAGE = (ROOT / "docs" / "commands.md").read_text()
COMMANDS = [text for kind, text in BLOCK.findall(PAGE) if kind == "bash"]
MODULE = next(text for kind, text in BLOCK.findall(PAGE) if kind == "python")
CHECKOUT = '"/path/to/epidecouple/workflow/Snakefile"'
FORMS = re.findall(r"^- `(.+)`$", PAGE, re.M)
PARTS = (
    "Snakefile",
    "workflow",
    "config",
    "envs",
    "profiles",
    "resources/sources.tsv",
    "resources/metrics.yaml",
    "resources/effects.tsv",
    "resources/known_profiles.tsv.gz",
    "resources/peak_shares.tsv",
    "resources/chromosome_sizes.tsv",
    "resources/ablation.yaml",
    "LICENSE",
)
SNAKEFILE = ROOT / "workflow" / "Snakefile"
DEPLOYED = """
configfile: "config/config.yaml"
module epidecouple:
    snakefile:
        github("OWNER/epidecouple", path="workflow/Snakefile", tag="v0.1.0")
    config:
        config
use rule * from epidecouple
"""


def told(call: subprocess.CompletedProcess) -> str:
    return call.stdout + call.stderr


def planned(call: subprocess.CompletedProcess) -> dict[str, int]:
    """Jobs by rule of a dry run, without what a module puts before the rule's name."""
    assert call.returncode == 0, told(call)
    table = re.search(r"^Job stats:\n.+\n-.+\n((?:.+\n)+?)total ", told(call), re.M)
    assert table, told(call)
    rows = map(str.split, table[1].splitlines())
    return {name.removeprefix("epi_"): int(count) for name, count in rows}


def made(call: subprocess.CompletedProcess) -> set[str]:
    """Files that a dry run would make."""
    lists = re.findall(r"^ +(?:output|log|benchmark): (.+)$", told(call), re.M)
    assert lists, told(call)
    return set(re.findall(r"[^,\s]+", " ".join(lists)))


def lie_below(folder: str, call: subprocess.CompletedProcess) -> bool:
    return all(path.startswith(f"{folder}/") for path in made(call))


def changed(*changes: tuple[str, str], text: str = MODULE) -> str:
    """The page's module with parts replaced, each of which must be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def module(tmp_path):
    """Plan with a Snakefile in an empty folder; `/path/to/epidecouple` is the checkout."""

    def dry(text: str, *arguments: str, **how) -> subprocess.CompletedProcess:
        shutil.copytree(ROOT / "config", tmp_path / "config", dirs_exist_ok=True)
        (tmp_path / "Snakefile").write_text(text.replace("/path/to/epidecouple", str(ROOT)))
        return run_snakemake(tmp_path, "-n", *arguments, snakefile="Snakefile", **how)

    return dry


@pytest.fixture(scope="module")
def default(tmp_path_factory) -> dict[str, int]:
    """What the repository's Snakefile plans in an empty folder on the default configuration."""
    jobs = planned(run_snakemake(tmp_path_factory.mktemp("default"), "-n"))
    assert jobs["all"] == jobs["train_full"] == jobs["gate_biology"] == 1
    return jobs


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A git repository of the files as they are here: one commit with a tag."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    folder = tmp_path_factory.mktemp("git") / "epidecouple"
    left_out = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=left_out)
        else:
            shutil.copy(ROOT / part, folder / part)
    commit = ["-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "all"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], commit, ["tag", "v0.1.0"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def hosts(repository, tmp_path_factory) -> dict[str, str]:
    """Environment in which git finds the repository on GitHub and GitLab, without a network."""
    folder = tmp_path_factory.mktemp("hosts")
    bare = str(folder / "OWNER" / "epidecouple")
    subprocess.run(["git", "clone", "-q", "--bare", str(repository), bare], check=True)
    found = {"GIT_CONFIG_COUNT": "2", "XDG_CACHE_HOME": str(folder / "cache")}
    for k, name in enumerate(["github.com", "gitlab.com"]):
        found[f"GIT_CONFIG_KEY_{k}"] = f"url.file://{folder}/.insteadOf"
        found[f"GIT_CONFIG_VALUE_{k}"] = f"https://{name}/"
    return {**found, "GITHUB_TOKEN": "", "GITLAB_TOKEN": ""}


def words_of_page(start: str) -> list[str]:
    """The words of the page's command that begins so."""
    command = next(text for text in COMMANDS if text.startswith(start))
    return shlex.split(command.replace("/path/to/epidecouple", str(ROOT)))


@pytest.mark.parametrize(
    "given",
    [[], pytest.param(["-s", "workflow/Snakefile"], marks=pytest.mark.slow)],
    ids=["plain", "-s"],
)
def test_in_the_repository(given, default):
    command = ["snakemake", "-n", "--forceall", "--cores", "2", "--nocolor", *given]
    assert planned(subprocess.run(command, cwd=ROOT, capture_output=True, text=True)) == default


def test_from_another_folder(tmp_path, default):
    command = [*words_of_page("snakemake --cores 2 -s /path"), "-n", "--nocolor"]
    call = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert planned(call) == default and lie_below("results/demo", call)
    assert (tmp_path / "study").is_dir()


@pytest.mark.slow
def test_a_configuration_of_the_folder_comes_first(tmp_path, default):
    (tmp_path / "config").mkdir()
    text = (ROOT / "config" / "config.yaml").read_text()
    own = changed(("run: demo", "run: mine"), text=text)
    (tmp_path / "config" / "config.yaml").write_text(own)
    call = run_snakemake(tmp_path, "-n", snakefile=SNAKEFILE)
    assert planned(call) == default and lie_below("results/mine", call)


def test_a_wrong_key_names_its_own_configuration_file(tmp_path):
    """The folder's own configuration, which takes the place of the repository's."""
    own = (ROOT / "config" / "config.yaml").read_text()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(own + "\nsed: 2\n")
    refused = run_snakemake(tmp_path, "-n", snakefile=SNAKEFILE)
    assert refused.returncode == 1
    assert re.search(r"config/config\.yaml:\d+: unknown key 'sed'", told(refused)), told(refused)


@pytest.mark.slow
def test_results_are_where_the_configuration_says(tmp_path, default):
    call = run_snakemake(tmp_path, "-n", "--config", "results=out/all", snakefile=SNAKEFILE)
    assert planned(call) == default and lie_below("out/all/demo", call)
    far = tmp_path / "far"
    call = run_snakemake(tmp_path, "-n", "compare_estimators", "--config", f"results={far}")
    assert lie_below(f"{far}/estimators", call)


def request(toy_bundle) -> dict[str, str]:
    run = toy_bundle.run
    return {"pairs": str(run / "simulated" / "LineA" / "pairs.csv"), "model": str(run)}


@pytest.mark.slow
def test_predictions(toy_bundle, tmp_path):
    asked = [f"{key}={value}" for key, value in request(toy_bundle).items()]
    call = run_snakemake(tmp_path, "-n", "--config", *asked, "results=out", snakefile=SNAKEFILE)
    assert planned(call) == {"score_pairs": 1, "predict": 1}
    assert lie_below("out/demo/predict/pairs", call)


def test_from_git_without_a_checkout(tmp_path, hosts, default):
    words = words_of_page("snakemake --cores 2 -s gh:")
    call = run_snakemake(tmp_path, "-n", snakefile=words[words.index("-s") + 1], env=hosts)
    assert planned(call) == default
    assert len(list(tmp_path.glob(".snakemake/epidecouple/*/workflow/epidecouple"))) == 1


def test_as_a_module_of_a_checkout(module, default):
    call = module(MODULE)
    assert planned(call) == default and lie_below("loops/results/demo", call)
    assert "epi_all" in told(call) and "localrules" not in told(call)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_as_a_module_from_git(form, module, repository, hosts, default):
    source = form.replace("/path/to/epidecouple", str(repository))
    assert planned(module(changed((CHECKOUT, source)), env=hosts)) == default


def test_the_page_names_every_form():
    assert len(FORMS) == 5


@pytest.mark.slow
def test_a_module_may_replace_a_prefix_and_change_the_configuration(module, default):
    prefix = 'replace_prefix:\n        {"results/": "far/"}'
    text = changed(('{"seed": 2}', '{"run": "other"}'), ('prefix:\n        "loops"', prefix))
    call = module(text)
    assert planned(call) == default and lie_below("far/other", call)


@pytest.mark.slow
def test_a_module_without_a_configuration_reads_the_default_one(module, default):
    statement = '    config:\n        config | {"seed": 2}\n'
    text = changed((statement, ""), ("configfile", "# configfile"))
    assert planned(module(text)) == default


@pytest.mark.slow
def test_a_target_above_the_module_stays_the_default(module):
    assert planned(module('rule mine:\n    shell: "true"\n\n\n' + MODULE)) == {"mine": 1}


@pytest.mark.slow
def test_rules_of_a_module_may_be_chosen(module):
    text = changed(("use rule *", "use rule settings, simulate, inventory"))
    call = module(text, "loops/results/demo/download/inventory.tsv")
    assert planned(call) == {"settings": 2, "simulate": 1, "inventory": 1}


@pytest.mark.slow
def test_a_run_and_predictions_side_by_side(module, toy_bundle, default):
    second = changed(('config | {"seed": 2}', str(request(toy_bundle))), ("loops", "scored"))
    second = changed(("module epidecouple", "module other"), text=second)
    second = changed(("from epidecouple as epi", "from other as other"), text=second)
    call = module(MODULE + second.split("onstart")[0], "epi_all", "other_predict")
    assert planned(call) == {**default, "other_score_pairs": 1, "other_predict": 1}
    assert "scored/results/demo/predict/pairs/predictions.tsv" in made(call)


def own_files(folder: Path) -> str:
    """A configuration of files that are there; those of pairs are broken."""
    (folder / "g.fa").write_text(">chr1\n" + "ACGT" * 500 + "\n")
    files = {}
    for line in ("A", "B"):
        row = f"{line}|chr1:500-100,{line}|chr1:900-1000,1"
        (folder / f"{line}.tsv").write_text(f"enhancer_name,promoter_name,label\n{row}\n")
        (folder / f"{line}.bedpe").write_text("chr1\t0\t10\tchr1\t20\t30\n")
        (folder / f"{line}.bed").write_text("chr1\t0\t10\n")
        places = {"pairs": f"{line}.tsv", "loops": f"{line}.bedpe"}
        files[line] = {**places, "peaks": {"DNase": f"{line}.bed"}}
    dataset = {"kind": "files", "genome": "g.fa", "files": files}
    lines = {"cell_lines": ["A", "B"], "held_out_lines": [], "marks": ["DNase"]}
    return str(write_config(folder, dataset=dataset, thresholds={}, **lines))


@pytest.mark.slow
def test_a_prefix_moves_no_file_of_the_user_and_a_failed_run_leaves_its_report(module, tmp_path):
    call = module(changed(("config/config.yaml", own_files(tmp_path))))
    assert planned(call)["inventory"] == 1 and lie_below("loops/results/tiny", call)
    assert re.search(r"input: .*(?<!/)A\.tsv", told(call)) and "loops/A." not in told(call)
    failed = run_snakemake(tmp_path, snakefile="Snakefile")
    assert failed.returncode == 1 and "ERROR A.tsv:2: enhancer chr1:500-100" in told(failed)
    results = tmp_path / "loops" / "results"
    assert (results / "tiny" / "report.html").is_file() and (results / "index.html").is_file()


@pytest.mark.slow
def test_a_prefix_moves_no_download(module):
    names = ("targetfinder.yaml", "targetfinder_mirror.yaml")
    overlay = [str(ROOT / "config" / name) for name in names]
    text = changed(('configfile: "config/config.yaml"', ""))
    call = module(text, "epi_resistance", "--configfile", *overlay)
    found = [path for path in made(call) if "/download/" in path and not path.endswith(".log")]
    assert planned(call)["download"] == len(found) > 10
    assert all(path.startswith("resources/download/") for path in found)


@pytest.mark.slow
def test_two_checkouts_in_one_call_are_refused(module, repository):
    second = changed(("/path/to/epidecouple", str(repository)))
    second = changed(("module epidecouple", "module other"), text=second)
    second = changed(("from epidecouple as epi", "from other as other"), text=second)
    refused = module(MODULE + second.split("onstart")[0])
    assert refused.returncode == 1 and "Use one checkout, or one tag" in told(refused)


@pytest.fixture
def served(repository):
    """Address of the workflow on a web server that knows nothing of git."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(repository))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/workflow/Snakefile"
        server.shutdown()


@pytest.mark.slow
def test_a_source_without_a_package_is_refused_in_one_sentence(module, served):
    refused = module(changed((CHECKOUT, f'"{served}"')))
    assert refused.returncode == 1
    assert "brings no Python package. Name this workflow by a path, or by gitfile" in told(refused)


@pytest.mark.slow
def test_what_snakedeploy_writes(module, hosts, default):
    assert planned(module(DEPLOYED, env=hosts)) == default


@pytest.mark.slow
def test_a_whole_run_as_a_module(tmp_path, module):
    seed = '{"seed": 2}'
    text = changed(("config/config.yaml", str(TINY)), (seed, '{"seed": 2, "results": "out"}'))
    assert planned(module(text))["all"] == 1
    done = run_snakemake(tmp_path, snakefile="Snakefile")
    assert done.returncode == 0, told(done)
    assert "Report: loops/out/tiny/report.html All runs: loops/out/index.html" in told(done)
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {".snakemake", "Snakefile", "config", "loops"}
    assert "Nothing to be done" in told(run_snakemake(tmp_path, snakefile="Snakefile"))
    reported = run_snakemake(tmp_path, "--report", "page.html", snakefile="Snakefile")
    assert reported.returncode == 0 and (tmp_path / "page.html").is_file(), told(reported)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("snakedeploy"), reason="pip install snakedeploy")
def test_a_whole_run_by_snakedeploy(tmp_path, hosts, default):
    deploy = next(text for text in COMMANDS if "snakedeploy" in text).splitlines()[1]
    subprocess.run(shlex.split(deploy), cwd=tmp_path, check=True, env={**os.environ, **hosts})
    study = tmp_path / "study"
    how = {"snakefile": "workflow/Snakefile", "env": hosts}
    assert planned(run_snakemake(study, "-n", **how)) == default
    shutil.copy(TINY, study / "config" / "config.yaml")
    done = run_snakemake(study, **how)
    assert done.returncode == 0 and (study / "results/tiny/report.html").is_file(), told(done)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("snakedeploy"), reason="pip install snakedeploy")
def test_snakedeploy_from_a_folder_then_a_changed_configuration(tmp_path, repository, default):
    """The page's block to its last line, which is planned here."""
    block = next(text for text in COMMANDS if "sed -i" in text)
    *lines, call = block.replace("/path/to/epidecouple", str(repository)).splitlines()
    script = "\n".join(["set -e", *lines])
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    assert call.startswith("snakemake --cores 2 ") and lines[-1] == "cd study"
    how = {"snakefile": "workflow/Snakefile"}
    plan = run_snakemake(tmp_path / "study", "-n", *shlex.split(call)[3:], **how)
    assert planned(plan) == default and lie_below("results/mine", plan)
