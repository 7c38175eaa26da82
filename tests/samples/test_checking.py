"""Files under wrong names are named, with the figure; files under their own are not."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.gates import judge, rows_of
from epidecouple.samples.checking import CHECKS, Limits, check, comparable, judged, metrics
from epidecouple.samples.library import Library, Name, as_known, read_library
from epidecouple.samples.likeness import like_lines, like_marks, standard

LINES, MARKS, LOCI = "ABCD", ["m1", "m2", "m3", "m4"], 1_500
LIMITS = Limits(copy=0.98, mark=0.2, line=0.2, stranger=0.6)
OFF = Limits(copy=np.inf, mark=np.inf, line=np.inf, stranger=np.inf)


def world(lines=LINES, seed=1):
    """Files whose peaks are where their line is open and where their mark likes to be."""
    rng = np.random.default_rng(seed)
    likes = {mark: rng.normal(0, 1.5, LOCI) for mark in MARKS}
    names, rows = [], []
    for line in lines:
        openness = rng.normal(0, 1.5, LOCI)
        for mark in MARKS:
            names.append(Name(line, mark))
            rows.append(openness + likes[mark] + rng.normal(0, 1, LOCI) > 1)
    return Library(tuple(names), np.array(rows))


def renamed(library, **names):
    """The library with the names of some files exchanged: `A_m1="B_m1"` and the reverse."""
    swaps = {Name(*one.split("_")): Name(*other.split("_")) for one, other in names.items()}
    swaps |= {other: one for one, other in swaps.items()}
    return Library(tuple(swaps.get(name, name) for name in library.names), library.present)


def doubts(files, known=None, limits=LIMITS):
    return {
        (f.name.line, f.name.mark): text
        for f in check(files, known, limits)
        if (text := f.doubts(limits))
    }


def test_files_under_their_own_names_are_not_in_doubt():
    assert doubts(world()) == {}


def test_two_lines_whose_files_of_a_mark_were_exchanged_are_named():
    found = doubts(renamed(world(), A_m2="B_m2"))
    assert set(found) == {("A", "m2"), ("B", "m2")}
    assert "m2 of A: looks like B (" in found["A", "m2"][0]
    assert "m2 of B: looks like A (" in found["B", "m2"][0]


def test_two_marks_whose_files_in_a_line_were_exchanged_are_named():
    found = doubts(renamed(world(), C_m1="C_m3"))
    assert {("C", "m1"), ("C", "m3")} <= set(found)
    assert any("m1 of C: looks like m3 (" in text for text in found["C", "m1"])
    assert any("m3 of C: looks like m1 (" in text for text in found["C", "m3"])


def test_the_figure_of_a_sentence_is_the_one_that_was_measured():
    files = renamed(world(), A_m2="B_m2")
    finding = next(f for f in check(files, None, LIMITS) if f.name == Name("A", "m2"))
    row = files.names.index(finding.name)
    others = files.where(np.arange(len(files.names)) != row)
    alike = like_lines(files.present[row], finding.name, others)
    assert (finding.line, finding.line_likeness) == ("B", alike["B"])
    assert finding.line_margin == alike["B"] - alike["A"] > LIMITS.line
    assert f"B ({alike['B']:.2f}; like A {alike['A']:.2f}" in finding.doubts(LIMITS)[0]


def test_with_the_check_switched_off_nothing_is_named():
    swapped = renamed(world(), A_m2="B_m2", C_m1="C_m3")
    assert doubts(swapped) and not doubts(swapped, limits=OFF)


def test_the_order_of_files_does_not_matter():
    files = renamed(world(), A_m2="B_m2")
    order = np.random.default_rng(2).permutation(len(files.names))
    turned = Library(tuple(files.names[row] for row in order), files.present[order])
    assert doubts(files) == doubts(turned)
    assert metrics(check(files, None, LIMITS), LIMITS) == pytest.approx(
        metrics(check(turned, None, LIMITS), LIMITS)
    )


def test_one_file_under_two_names_is_named_with_its_correlation():
    files = world()
    files.present[files.names.index(Name("D", "m4"))] = files.present[0]
    found = doubts(files)
    assert "m4 of D: the same peaks as m1 of A (correlation 1.000)" in found["D", "m4"]
    assert "m1 of A: the same peaks as m4 of D (correlation 1.000)" in found["A", "m1"]


def test_a_known_file_under_its_own_name_is_no_copy():
    files = world()
    assert doubts(files, known=files) == {}


def test_a_line_that_resembles_none_is_not_in_doubt_and_a_known_one_under_a_new_name_is():
    known, everything = world(), world("ABCDE")
    new = everything.where(everything.lines == "E")
    one = new.where(np.arange(4) == 0)
    assert doubts(one, known) == {}
    hidden = Library((Name("new", "m2"),), world().present[[1]] ^ flips(LOCI))
    assert "looks like A (" in doubts(hidden, known)["new", "m2"][0]


def flips(count):
    """A few loci that another experiment sees otherwise."""
    return np.random.default_rng(3).random(count) < 0.05


def test_a_new_line_is_judged_by_its_own_other_marks():
    known, everything = world(), world("ABCDEF")
    new = everything.where(np.isin(everything.lines, ["E", "F"]))
    assert doubts(new, known) == {}
    found = doubts(renamed(new, E_m1="F_m1"), known)
    assert {("E", "m1"), ("F", "m1")} <= set(found)


def test_nothing_is_said_without_other_lines_or_other_marks():
    files = world()
    alone = files.where(files.lines == "A")
    assert like_lines(alone.present[0], alone.names[0], alone) == {}
    assert like_marks(alone.present[0], alone.names[0], alone) == {}
    one_mark = files.where(files.marks == "m1")
    finding = check(one_mark, None, LIMITS)[0]
    assert finding.mark is None and finding.line is None
    assert metrics([finding], LIMITS)["samples_with_mark"] == 0


def test_a_usual_file_of_another_mark_stands_at_one():
    files = world()
    others = files.where(files.lines != "A")
    beside = files.where((files.lines == "A") & ~np.isin(files.marks, ["m1", "m2"]))
    library = Library(others.names + beside.names, np.vstack([others.present, beside.present]))
    profile = files.present[files.names.index(Name("A", "m2"))]
    assert like_marks(profile, Name("A", "m1"), library)["m2"] > 0.5
    assert like_marks(profile, Name("A", "m2"), library)["m1"] < -0.5


def test_constant_profiles_correlate_with_nothing():
    assert standard(np.array([[1.0, 1, 1], [0, 1, 2]])).tolist()[0] == [0, 0, 0]


def test_names_are_compared_without_case_and_punctuation():
    known = Library((Name("K562", "H2A.Z"),), np.ones((1, 3), bool))
    assert as_known(Name("k-562", "H2AZ"), known) == Name("K562", "H2A.Z")
    assert as_known(Name("mine", "ATAC"), known) == Name("mine", "ATAC")


@pytest.fixture(scope="module")
def shipped():
    return read_library()[0]


def limits_of_the_gate():
    rows = {f"{row['gate']}.{row['metric']}": row["value"] for row in rows_of("download", {})}
    return Limits.of({name: rows[name] for name in CHECKS})


def test_the_files_of_the_repository_are_what_they_claim_to_be(shipped):
    k562 = shipped.where(shipped.lines == "K562")
    assert comparable(k562, shipped)
    found = doubts(k562, shipped, limits_of_the_gate())
    assert not any("same peaks" in text for texts in found.values() for text in texts)
    assert len(found) <= 1, "at most one false alarm in 17 files"


def test_a_real_file_under_another_line_is_named(shipped):
    of = dict(zip(shipped.names, shipped.present, strict=True))
    wrong = Library((Name("K562", "H3K27ac"),), of[Name("GM12878", "H3K27ac")][None])
    texts = doubts(wrong, shipped, limits_of_the_gate())["K562", "H3K27ac"]
    assert len(texts) == 2, "its mark is right, and judged among the marks of GM12878"
    assert "the same peaks as H3K27ac of GM12878 (" in texts[0] and "looks like GM12878" in texts[1]


def test_every_known_swap_of_two_lines_is_named(shipped):
    """All pairs of lines, H3K27ac: docs/tables/sample_accuracy.md is not of other code."""
    of = dict(zip(shipped.names, shipped.present, strict=True))
    limits = limits_of_the_gate()
    for said, true in permutations(sorted(set(shipped.lines)), 2):
        names = [Name(said, "H3K27ac"), Name(true, "H3K27ac")]
        rest = shipped.where(np.array([name not in names for name in shipped.names]))
        found = judged(of[names[1]], names[0], rest, rest.where(np.zeros(87, bool)), limits)
        assert found.line == true and found.line_margin > limits.line, (said, true)


def test_profiles_of_another_place_are_not_comparable(shipped):
    moved = Library(shipped.names[:5], np.roll(shipped.present[:5], 777, axis=1))
    assert not comparable(moved, shipped)


def test_a_run_can_turn_a_note_into_a_refusal():
    measured = {"sample_line": 0.9, "samples_with_line": 3}
    row = next(r for r in rows_of("download", {}) if r["metric"] == "sample_line")
    assert judge([row], measured)[0].outcome == "noted"
    own = {"download.sample_line": {"value": 0.5, "why": "ours", "on_failure": "stop"}}
    row = next(r for r in rows_of("download", own) if r["metric"] == "sample_line")
    assert judge([row], measured)[0].outcome == "failed"
    assert pd.notna(row["value"])
