"""Text that tries to be a command, a path out of the results, or a piece of a page."""

import json

import pytest

from epidecouple.core.config import validated
from pipeline import write_config
from toy import refusal, says, toy_values

NO_NAMES = ["-rf", "..", ".", "a/b", "../a", "a\nb", "a\n", "a b", "$(touch x)", "a;b", "", ".hid"]


def given(**changes) -> dict:
    values = toy_values()
    return {**values, "thresholds": {}, **changes}


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_that_are_none_are_refused_first(name):
    lines = toy_values()["cell_lines"]
    for key, value in {
        "run": name,
        "cell_lines": [*lines, name],
        "held_out_lines": [name],
        "marks": ["CTCF", name],
    }.items():
        says(refusal(validated, given(**{key: value})), key, "should match")


@pytest.mark.parametrize("results", ["-rf", "a/-rf", "a\nb", "$(x)", "a;b", "a'b", ""])
def test_folders_of_results_are_plain_paths(results):
    says(refusal(validated, given(results=results)), "results", "should match")


@pytest.mark.parametrize("path", ["-rf", "a\nb", "a\tb", "a\0b", "a\x1b[31m"])
def test_paths_of_own_files_are_no_options_and_hold_no_control_characters(path):
    for section in ({"motifs": path}, {"genome": path}, {"regions": path}):
        message = refusal(validated, given(dataset={"kind": "simulated", **section}))
        says(message, "dataset", "should not begin with -")
    files = {"LineA": {"pairs": path, "loops": "b", "peaks": {}}}
    dataset = {"kind": "files", "files": files}
    says(refusal(validated, given(dataset=dataset)), "LineA.pairs", "should not begin with -")


@pytest.mark.parametrize("mirror", ["ftp://host", "s3://bucket", "javascript://x", "-o", "a\nb"])
def test_mirrors_are_folders_or_http_or_file_urls(mirror):
    says(refusal(validated, given(mirror=mirror)), "mirror", "should")


@pytest.mark.parametrize("mirror", ["", "/data/m m", "C:/m", "https://h/b?a=1&b='2'", "file:///m"])
def test_every_mirror_of_these_is_taken_as_it_is(mirror):
    assert validated(given(mirror=mirror))["mirror"] == mirror


def test_text_with_quotes_and_braces_reaches_no_shell(snakemake, tmp_path):
    """One job is run for it: the mirror is in the environment of every shell."""
    evil = "/m'; touch pwned; echo '{oops}{0}$(touch pwned)`touch pwned`\" && touch pwned #"
    config = write_config(tmp_path, mirror=evil)
    target = "results/tiny/settings/inventory.json"
    made = snakemake(target, "--configfile", str(config))
    assert made.returncode == 0, made.stderr
    assert json.loads((tmp_path / target).read_text())["settings"]["run"] == "tiny"
    assert not list(tmp_path.rglob("pwned"))
