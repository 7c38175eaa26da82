"""Pages from a folder written by hand: what is told, what is linked, and what can be read in both
themes.
"""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from browser import laid_out, needs_chromium, opened
from epidecouple.core.gates import RESIDUAL
from epidecouple.core.paths import TEMPLATES
from epidecouple.report import index
from epidecouple.report.ending import DESIGN, FAULT, INPUT, KILLED, PASSED, Ending, keep
from epidecouple.report.layout import Row
from epidecouple.report.pages import number
from epidecouple.report.run_page import (
    hero_figure,
    leading_check,
    measured,
    render,
    stage_costs,
    states_explain,
)
from pipeline import broken_links

LARGEST_PAGE = 5_000_000


def check(metric, outcome="passed", value=1.0):
    return {
        "metric": metric,
        "value": value,
        "need": ">= 0.5",
        "outcome": outcome,
        "why": "because",
        "remedy": "mend it",
    }


def write_run(results, name, outcomes=("passed", "passed"), settings=None):
    """A run's folder: the gates `data` and `fit` with a check each, metrics of two stages, one
    figure.
    """
    run = results / name
    for gate, outcome in zip(("data", "fit"), outcomes, strict=True):
        verdict = {
            "gate": gate,
            "waived": False,
            "passed": outcome != "failed",
            "checks": [check(f"{gate}_metric", outcome)],
        }
        write(run / "gates" / f"{gate}.verdict.json", json.dumps(verdict))
    provenance = {
        "settings": settings or {"seed": 1, "threads": 2},
        "code": "c0de",
        "inputs": {},
        "versions": {"torch": "2"},
    }
    metrics = {
        "balanced_auc": 0.71234,
        "balanced_auc_lower": 0.70,
        "balanced_auc_upper": 0.72,
        "balanced_auc_activity": 0.655,
    }
    write(run / "evaluate" / "metrics.json", json.dumps({"metrics": metrics}))
    write(run / "evaluate" / "provenance.json", json.dumps(provenance))
    write(run / "data" / "metrics.json", json.dumps({"metrics": {"panel_pairs": 12345}}))
    write(run / "data" / "provenance.json", json.dumps(provenance))
    write(run / "figures" / "funnel.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    write(run / "panel" / "funnel.tsv", "step\trows\n")
    write(run / "benchmarks" / "train_full.tsv", "s\tmax_rss\n12.5\t800\n")
    for line in ("A", "B"):
        write(run / "benchmarks" / "shard" / f"{line}.tsv", "s\tmax_rss\n2.5\t90\n")
    return run


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_check_of_samples_is_a_section_where_files_could_be_compared(tmp_path):
    run = write_run(tmp_path, "a")
    for comparable, shown in ((0, False), (3, True)):
        metrics = {"samples": 3, "samples_comparable": comparable, "samples_in_doubt": 0}
        write(run / "samples" / "metrics.json", json.dumps({"metrics": metrics}))
        assert ("Is every peak file" in render(run, ["data", "fit"])) == shown


def test_a_page_shows_numbers_with_interval_and_what_to_hold_them_against(tmp_path):
    page = render(write_run(tmp_path, "a"), ["data", "fit"])
    assert "Passed: all 2 gates were passed." in page and "12,345" in page
    assert re.search(
        r'class="value">0\.712 <span class="interval">\(0\.700 to 0\.720\)</span></td><td>H3K27ac'
        r" at both ends 0\.655",
        page,
    )
    assert "12.5" in page and "800" in page, "cost of a job"
    assert 'src="data:image/svg+xml;base64,' in page and len(page) < LARGEST_PAGE


def test_the_page_draws_what_the_stages_cost_the_dearest_first(tmp_path):
    """Jobs of one stage are added up; a bar is as long as its share of the dearest stage."""
    page = render(write_run(tmp_path, "a"), ["data", "fit"])
    bars = re.findall(
        r"<tr><td>([^<]+)</td><td><svg .*?<rect width=\"([0-9.]+)\".*?([0-9.]+) s<", page
    )
    assert bars == [("train_full", "100.00", "12.5"), ("shard, 2 jobs", "40.00", "5.0")]
    assert "add up to 18 s" in page
    assert stage_costs([]) == []


def test_a_failing_run_says_first_what_failed_and_what_to_do(tmp_path):
    run = write_run(tmp_path, "a", ("passed", "failed"))
    page = render(run, ["data", "fit", "biology"])
    banner = page.index("GATE fit FAILED: fit_metric is 1, need &gt;= 0.5. Mend it.")
    assert banner < page.index("data: passed") and "biology: not reached" in page
    assert page.index('id="checks-fit" open') and "Remedy: mend it." in page


def ended(run, kind, sentence, file=""):
    """The last call for the run's page ended so."""
    keep(run, [run / "report.html"], Ending(kind, sentence, file))


@pytest.mark.parametrize("kind", [DESIGN, INPUT, KILLED, FAULT])
def test_a_call_that_failed_without_a_gate_says_why_first_and_links_the_file(tmp_path, kind):
    run = write_run(tmp_path, "a")
    write(run / "logs" / "panel.log", "ERROR a.tsv:3: no number")
    ended(run, kind, "Bad input: a.tsv:3: no number.", f"{run}/logs/panel.log")
    page = render(run, ["data", "fit"])
    main = page[page.index("<h1>") :]
    assert main.index("a.tsv:3: no number.") < main.index("data: passed")
    assert '<a href="logs/panel.log">' in main and "were passed" not in main
    assert "in <code>logs/" not in main


def test_an_ending_of_another_page_is_not_this_one(tmp_path):
    run = write_run(tmp_path, "a")
    keep(run, [run / "crispr" / "report.html"], Ending(FAULT, "The head fell off."))
    assert "fell off" not in render(run, ["data", "fit"])


def test_the_answer_comes_first_and_says_that_data_are_simulated(tmp_path):
    run = write_run(tmp_path, "a", settings={"seed": 1, "dataset": {"kind": "simulated"}})
    page = render(run, ["data", "fit"])
    screen = page[page.index("<h1>") : page.index('<div class="cards">')]
    assert screen.index("Simulated data") < screen.index("71 % of cases") < screen.index("logit P")
    assert "Simulated data" not in render(write_run(tmp_path, "b"), ["data"])
    words = screen.index("Words on this page")
    assert words < screen.index('class="first"'), "defined before it is used"


def test_metric_names_stand_in_the_details_only(tmp_path):
    page = render(write_run(tmp_path, "a"), ["data", "fit"])
    for summary in re.findall(r"<summary>(.*?)</summary>", page, re.S):
        assert "<code>" not in summary
    assert "<code>fit_metric</code>" in page


def test_a_figure_is_shown_once(tmp_path):
    page = render(write_run(tmp_path, "a"), ["data", "fit"])
    assert page.count('alt="funnel') == 1 and '<a href="#hero">' in page and 'id="hero"' in page


def test_a_target_that_asks_no_gate_claims_nothing(tmp_path):
    page = render(write_run(tmp_path, "a"), ["subset"])
    assert "This target has no gate" in page and "subset: not reached" not in page


def test_pages_show_data_as_text_whatever_it_holds(tmp_path):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    run = write_run(tmp_path, "a", settings={"seed": evil, "threads": 2, evil: {evil: evil}})
    checks = [dict.fromkeys(check(evil), evil) | {"outcome": "failed", "value": 1.0}]
    verdict = {"gate": evil, "waived": True, "passed": False, "checks": checks}
    write(run / "gates" / "data.verdict.json", json.dumps(verdict))
    metrics = {"panel_pairs": evil, evil: evil}
    write(run / "data" / "metrics.json", json.dumps({"metrics": metrics}))
    write(run / "panel" / "funnel.tsv", f"step\trows\n{evil}\t{evil}\n")
    write_run(tmp_path, "b", settings={"seed": 2})
    pages = [render(run, ["data", "fit"]), index.render(tmp_path)]
    for page in pages:
        assert "<script>alert" not in page and "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_every_link_of_report_and_index_leads_somewhere(tmp_path):
    run = write_run(tmp_path, "a")
    write(run / "model" / "card.md", "card")
    write(run / "report.html", render(run, ["data", "fit", "biology"]))
    write(tmp_path / "index.html", index.render(tmp_path))
    assert broken_links((run / "report.html").read_text(), run) == []
    assert broken_links((tmp_path / "index.html").read_text(), tmp_path) == []
    (run / "resistance").mkdir()
    page = render(run, ["data"], Path("resistance/report.html"))
    assert broken_links(page, run / "resistance") == []


def test_broken_links_are_found(tmp_path):
    assert broken_links(
        '<a href="#x">1</a><a class="y" href="none.svg">2</a><p id="z"></p><a href="#z">3</a>',
        tmp_path,
    ) == [
        "#x",
        "none.svg",
    ]


@needs_chromium
def test_the_browser_sees_what_is_wrong_with_a_page(tmp_path):
    write(tmp_path / "bad.html", "<script>console.error('oh no')</script><p>text</p>")
    document, complaints = opened(tmp_path / "bad.html")
    assert "<p>text</p>" in document and len(complaints) == 1 and "oh no" in complaints[0]


@needs_chromium
@pytest.mark.parametrize("outcomes", [("passed", "passed"), ("passed", "failed")])
def test_a_browser_opens_report_and_index_without_complaint(tmp_path, outcomes):
    run = write_run(tmp_path, "a", outcomes)
    write(run / "report.html", render(run, ["data", "fit"]))
    write(tmp_path / "index.html", index.render(tmp_path))
    for page in (run / "report.html", tmp_path / "index.html"):
        assert not re.findall(
            r"(?:src|href)\s*=\s*[\"']?https?:|url\(|@import", page.read_text()
        ), "nothing comes from a network"
        document, complaints = opened(page)
        assert complaints == [] and "</html>" in document and "fit" in document


@needs_chromium
@pytest.mark.parametrize("width", [1400, 400])
def test_nothing_sticks_out_of_a_wide_or_a_narrow_window(tmp_path, width):
    run = write_run(tmp_path, "a", settings={"seed": "x" * 300, "threads": 2})
    ended(run, INPUT, f"Bad input: /{'folder/' * 20}peaks.bed.gz:3: no number.")
    write(run / "report.html", render(run, ["data", "fit"]))
    write(tmp_path / "index.html", index.render(tmp_path))
    wide, text = laid_out(run / "report.html", width, tmp_path)
    assert wide <= width and text.index("no number.") < text.index("71 % of cases")
    assert laid_out(tmp_path / "index.html", width, tmp_path)[0] <= width


@needs_chromium
def test_what_sticks_out_is_seen(tmp_path):
    write(tmp_path / "wide.html", '<p style="width:700px">text</p>')
    assert laid_out(tmp_path / "wide.html", 400, tmp_path)[0] > 400


def test_the_leading_check_is_the_first_that_failed_else_the_chosen_one():
    checks = [
        check("label_agreement"),
        check("element_lookup_lift"),
        check("files", "not applicable"),
    ]
    assert leading_check({"gate": "data", "checks": checks})["metric"] == "element_lookup_lift"
    failed = [*checks, check("elements_in_two_splits", "failed")]
    assert leading_check({"gate": "data", "checks": failed})["metric"] == "elements_in_two_splits"
    assert leading_check({"gate": "data", "checks": checks[2:]}) is None


@pytest.mark.parametrize(("explain", "shown"), [(True, "states"), (False, "signs")])
def test_states_that_do_not_explain_r_are_not_the_figure_of_the_first_screen(explain, shown):
    figures = [{"name": name} for name in ("states", "signs")]
    assert hero_figure([{"states_explain": explain, "figures": figures}])["name"] == shown


def test_a_run_says_itself_how_much_of_r_the_residual_may_carry():
    share, own = {"residual_share": 0.6}, {RESIDUAL: {"value": 0.7, "why": "a small run"}}
    assert not states_explain(share, {}) and states_explain(share, own)
    assert states_explain({}, {}), "a stage without states has none that fail to explain R"


def test_a_page_takes_the_threshold_of_the_run(tmp_path):
    run = write_run(tmp_path, "a")
    write(run / "biology" / "metrics.json", json.dumps({"metrics": {"residual_share": 0.6}}))
    own = {RESIDUAL: {"value": 0.7, "why": "a small run"}}
    banner = "The residual carries 60 %"
    assert banner in render(run, ["data"])
    assert banner not in render(run, ["data"], thresholds=own)


def test_a_row_without_interval_or_comparison_shows_none():
    row = Row("lineage_leak", ("lineage_leak_of_truth", "leakage_index"))
    assert measured(row, {"lineage_leak": 1.0, "lineage_leak_of_truth": 2.0}, {}) == {
        "label": "Largest correlation of U with a lineage motif",
        "value": 1.0,
        "interval": None,
        "references": [("true U", 2.0)],
    }


def test_what_a_figure_could_reach_comes_from_the_stage_that_knows_the_truth():
    row = Row("balanced_auc", ("balanced_auc_label_rate",), "balanced_auc_oracle")
    own = {"balanced_auc": 0.7, "balanced_auc_label_rate": 0.5}
    other = {"balanced_auc_oracle": 0.75, "balanced_auc_label_rate": 0.9}
    found = measured(row, own, other)
    assert found["references"] == [("true R", 0.75), ("the line's label rate", 0.5)]
    assert measured(row, own, {})["references"] == [("the line's label rate", 0.5)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "missing"),
        (3, "3"),
        (12345.0, "12,345"),
        (0.87321, "0.873"),
        (0.00619, "0.0062"),
        (1234.56, "1,234.6"),
        ("none", "none"),
    ],
)
def test_numbers_are_read_with_three_digits(value, text):
    assert number(value) == text


def test_the_index_compares_runs_and_names_the_settings_in_which_they_differ(tmp_path):
    write_run(
        tmp_path, "a", settings={"seed": 1, "threads": 2, "model": {"states": 16, "leace": False}}
    )
    write_run(
        tmp_path,
        "b",
        ("passed", "failed"),
        settings={"seed": 1, "threads": 2, "model": {"states": 8}},
    )
    write(tmp_path / "README.md", "no run")
    ended(tmp_path / "a", PASSED, "Passed.")
    page = index.render(tmp_path)
    assert "failed: fit" in page and "2 passed" in page and page.count("0.712") == 2
    assert "model.states" in page and "model.leace" not in page and "threads" not in page, (
        "a key that one run lacks is no difference"
    )


def test_a_refused_run_is_not_green_in_the_index_whatever_its_gates_say(tmp_path):
    ended(write_run(tmp_path, "refused"), DESIGN, "The curriculum record22 lacks: sampling.")
    ended(write_run(tmp_path, "done"), PASSED, "Passed.")
    write_run(tmp_path, "killed")
    rows = dict(re.findall(r'<tr id="(\w+)">.*?<td class="(\w+)">', index.render(tmp_path), re.S))
    assert rows == {"refused": "FAILED", "done": "passed", "killed": "not"}
    assert "refused by the design (2 passed)" in index.render(tmp_path)


def test_the_index_of_no_runs_says_how_to_make_one(tmp_path):
    assert "make run" in index.render(tmp_path)


def themes():
    """Colours of the light and the dark theme: name -> hex."""
    blocks = re.findall(r":root \{([^}]*)\}", (TEMPLATES / "style.css").read_text())
    light, dark = (dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in blocks)
    return {"light": light, "dark": light | dark}


def luminance(colour):
    """Relative luminance of a hex colour (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_is_legible_on_every_ground(theme):
    colours = themes()[theme]
    pairs = product(("ink", "soft", "link", "good", "bad", "hold"), ("paper", "faint"))
    low = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert min(low.values()) >= 4.5, low


def test_no_colour_of_text_stands_outside_the_themes():
    rules = re.sub(r":root \{[^}]*\}", "", (TEMPLATES / "style.css").read_text())
    assert not re.findall(r"(?<![-\w])color:\s*#", rules) and "opacity" not in rules


def test_the_page_says_which_states_have_a_known_resistance(tmp_path):
    run = write_run(tmp_path, "a")
    metrics = {"states_known": 1, "states_frequent": 2, "known_state_error": 0.25}
    write(run / "biology" / "metrics.json", json.dumps({"metrics": metrics}))
    table = (
        "position state share comparisons component resistance error of_model known",
        "enhancer 4 0.3 120 0 -0.512 0.093 -0.48 yes",
        "window 7 0.2 0 1 NaN inf NaN no",
    )
    write(run / "biology" / "known_states.tsv", "\n".join(table).replace(" ", "\t"))
    page = re.sub(r"\s+", " ", render(run, ["data"]))
    assert "standard error of at most 0.25 logit" in page
    assert '<td class="number">-0.51 (0.09)</td> <td class="number">-0.48</td><td>yes</td>' in page
    assert '<td class="number">not known</td> <td class="number"></td><td>no</td>' in page
