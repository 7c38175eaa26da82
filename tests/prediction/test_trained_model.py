import gzip
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import epidecouple
from epidecouple import load_model
from epidecouple.core.paths import PACKAGE
from epidecouple.model.weights import load_model as load_weights
from epidecouple.prediction import trained_model
from epidecouple.prediction.bundle import read_bundle
from epidecouple.prediction.trained_model import COLUMNS
from toy import refusal, says, written

EXACT = 1e-6  # what scores of the same pairs may differ from the evaluation's
ROUNDING = 5e-6  # what float32 makes of a pair in batches of other sizes


@pytest.fixture(scope="module")
def model(toy_bundle):
    return load_model(toy_bundle.run)


@pytest.fixture(scope="module")
def record(toy_bundle):
    return read_bundle(toy_bundle.run / "model")


@pytest.fixture
def copied(toy_bundle, tmp_path):
    """A run that a test may change, under another name and without its working directory."""
    return shutil.copytree(toy_bundle.run, tmp_path / "renamed")


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    return table[["U_I", "R_E", "tau", "logit", "probability"]]


def test_scores_are_those_of_the_evaluation_in_every_line(model, toy_bundle, record):
    table = model.score(toy_bundle.pairs)
    assert list(table.columns) == COLUMNS and len(table) == len(toy_bundle.pairs) * 8
    for line, rows in table.groupby("cell_line", sort=False):
        assert rows.row.tolist() == list(range(1, len(rows) + 1))
        evaluated = toy_bundle.energies
        np.testing.assert_allclose(rows.U_I, evaluated.potential, rtol=0, atol=EXACT)
        np.testing.assert_allclose(
            rows.R_E + record.lines[line].centre,
            evaluated[f"resistance_{line}"],
            rtol=0,
            atol=EXACT,
        )
        assert (rows.split.to_numpy() == evaluated.split.to_numpy()).all()
    assert toy_bundle.energies.potential.std() > 0.05 and table.R_E.std() > 0.05


def test_scores_do_not_depend_on_the_other_pairs(model, toy_bundle):
    rows = np.random.default_rng(0).permutation(len(toy_bundle.pairs))[:40]
    some = model.score(toy_bundle.pairs.iloc[rows], "LineB")
    np.testing.assert_allclose(some.U_I, toy_bundle.energies.potential.iloc[rows], atol=ROUNDING)
    np.testing.assert_allclose(
        numbers(some), numbers(model.score(toy_bundle.pairs, "LineB").iloc[rows]), atol=ROUNDING
    )


def test_blocks_do_not_show(model, toy_bundle, monkeypatch):
    pairs = toy_bundle.pairs.head(90)
    whole = model.score(pairs, "LineC")
    monkeypatch.setattr(trained_model, "PAIRS_PER_BLOCK", 40)
    np.testing.assert_allclose(numbers(model.score(pairs, "LineC")), numbers(whole), atol=ROUNDING)


def test_the_columns_add_up_to_the_logit_and_the_probability(model, toy_bundle, record):
    table = model.score(toy_bundle.pairs.head(50), ["LineA", "MixG"])
    np.testing.assert_allclose(table.U_I - table.R_E - table.tau, table.logit, atol=1e-9)
    for line, rows in table.groupby("cell_line"):
        expected = 1 / (1 + np.exp(-(record.slope * rows.logit + record.lines[line].intercept)))
        np.testing.assert_allclose(rows.probability, expected, atol=1e-9)


def test_resistance_is_centred_on_the_reference_loci(record, toy_bundle):
    """Where a reference locus stands at both ends and fills the window, and the way is the mean
    one, mean R is the centre.
    """
    panel, (weights, _) = (
        toy_bundle.panel,
        load_weights(toy_bundle.run / "model" / "model.safetensors"),
    )
    for c in (0, 6):
        signal = panel.reference_tensor(c)[:, None].repeat(1, panel.shards[c].signal.shape[1], 1)
        signal[:, -panel.way_slots :, : panel.present.shape[1]] = weights.resistance.way.mean
        assert weights.resistance(signal).mean().item() == pytest.approx(
            record.lines[panel.lines[c]].centre, abs=1e-5
        )


def test_training_lines_are_calibrated_and_others_say_that_they_are_not(model, toy_bundle, record):
    table = model.score(toy_bundle.pairs.head(2))
    assert set(table.cell_line[table.calibration == "calibrated"]) == set(
        toy_bundle.values["cell_lines"]
    )
    assert set(table.cell_line[table.calibration == "uncalibrated"]) == {"MixG", "MixH"}
    training = [record.lines[line] for line in record.training_lines]
    unseen = record.lines["MixG"]
    assert unseen.offset == pytest.approx(np.mean([line.offset for line in training]))
    assert unseen.intercept == pytest.approx(np.mean([line.intercept for line in training]))
    assert len({line.offset for line in training}) == 6


def test_a_line_the_model_never_saw_needs_nothing_but_its_peaks(toy_bundle):
    """A held-out line under another name: normalised on the reference loci afresh, it scores the
    same.
    """
    model = load_model(toy_bundle.run)
    model.add_line("Mine", toy_bundle.peaks("MixG"))
    table = model.score(toy_bundle.pairs.head(50), ["Mine", "MixG"])
    mine, held_out = (table[table.cell_line == line] for line in ("Mine", "MixG"))
    np.testing.assert_allclose(numbers(mine), numbers(held_out), atol=1e-9)
    assert set(mine.calibration) == {"uncalibrated"} and model.lines[-1] == "Mine"


def test_a_mark_without_a_file_is_missing_as_in_training(toy_bundle):
    model = load_model(toy_bundle.run)
    peaks = toy_bundle.peaks("MixG")
    model.add_line("Fewer", {mark: path for mark, path in peaks.items() if mark != "DNase"})
    table = model.score(toy_bundle.pairs.head(50), ["Fewer", "MixG"])
    fewer, whole = (table[table.cell_line == line] for line in ("Fewer", "MixG"))
    assert fewer.R_E.notna().all() and not np.allclose(fewer.R_E, whole.R_E)
    assert "DNase" not in set(model.explain_marks(toy_bundle.pairs.head(1), "Fewer").mark)


def test_rows_that_cannot_be_scored_keep_their_place_and_say_why(model, toy_bundle):
    pairs = toy_bundle.pairs.head(5).astype(str)
    pairs.loc[1, "enhancer_start"] = "?"
    pairs.loc[3, "promoter_chrom"] = "chr2"
    table = model.score(pairs, ["LineA", "LineB"])
    assert table.row.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    bad = table.row.isin([2, 4])
    assert (table.reason[bad] != "").all() and (table.reason[~bad] == "").all()
    assert numbers(table[bad]).isna().all(axis=None) and numbers(table[~bad]).notna().all(axis=None)
    assert table.enhancer_start[2] == "?" and set(table.calibration[bad]) == {""}


def test_the_column_cell_line_decides_where_no_line_is_named(model, toy_bundle):
    pairs = toy_bundle.pairs.head(4).assign(cell_line=["LineB", "Nowhere", "MixH", ""])
    table = model.score(pairs)
    assert table.cell_line.tolist() == ["LineB", "Nowhere", "MixH", ""]
    assert table.reason.tolist() == [
        "",
        "cell line 'Nowhere' is unknown: give its peaks",
        "",
        "cell line '' is unknown: give its peaks",
    ]
    assert table.logit[0] == pytest.approx(
        model.score(pairs.head(1), "LineB").logit[0], abs=ROUNDING
    )
    assert set(model.score(pairs, "LineA").cell_line) == {"LineA"}


@pytest.mark.parametrize("cell_line", [None, "LineA"])
def test_no_pairs_give_a_table_with_its_columns(model, toy_bundle, cell_line):
    table = model.score(toy_bundle.pairs.head(0), cell_line)
    assert list(table.columns) == COLUMNS and table.empty
    assert (
        model.explain_marks(toy_bundle.pairs.head(0)).empty
        and model.explain_bases(toy_bundle.pairs.head(0)).empty
    )


def test_no_row_that_can_be_scored_is_no_mistake(model, toy_bundle):
    table = model.score(
        toy_bundle.pairs.head(2).assign(enhancer_chrom="chrZ", promoter_chrom="chrZ"), "LineA"
    )
    assert (
        table.reason.tolist()
        == ["chromosome chrZ is not in the genome, which has chr1, chr2, chr3, ..."] * 2
        and table.logit.isna().all()
    )


def test_a_file_scores_as_the_table_does(model, toy_bundle, tmp_path):
    toy_bundle.pairs.head(9).to_csv(tmp_path / "my.tsv", sep="\t", index=False)
    from_file, in_memory = (
        model.score(tmp_path / "my.tsv", "LineA"),
        model.score(toy_bundle.pairs.head(9), "LineA"),
    )
    assert from_file.row.tolist() == list(range(2, 11))
    pd.testing.assert_frame_equal(from_file.drop(columns="row"), in_memory.drop(columns="row"))


def test_a_letter_that_is_no_base_costs_its_pairs_only(toy_bundle, tmp_path):
    """The base in the middle of the first pair's enhancer becomes a *."""
    first = toy_bundle.pairs.iloc[0]
    at = (first.enhancer_start + first.enhancer_end) // 2
    genome = gzip.decompress((toy_bundle.run / "simulated/genome.fa.gz").read_bytes()).decode()
    head, tail = genome.split(f">{first.enhancer_chrom}\n")
    body, *rest = tail.split(">", 1)
    letters = list(body.replace("\n", ""))
    letters[at] = "*"
    path = written(
        tmp_path / "genome.fa",
        head
        + f">{first.enhancer_chrom}\n"
        + "".join(letters)
        + "\n"
        + "".join(f">{text}" for text in rest),
    )
    table = load_model(toy_bundle.run, path).score(toy_bundle.pairs, "LineA")
    assert table.reason[0] == "the enhancer's window holds a letter other than A C G T N"
    spoilt = table.reason != ""
    assert 0 < spoilt.sum() < 20
    np.testing.assert_allclose(
        table.U_I[~spoilt], toy_bundle.energies.potential[~spoilt], atol=ROUNDING
    )


def test_another_assembly_is_refused(toy_bundle, tmp_path):
    path = written(tmp_path / "other.fa", ">chr1\nACGT\n")
    says(
        refusal(load_model(toy_bundle.run, path).score, toy_bundle.pairs),
        f"{path}: ",
        "chr1 has 4 bp here",
        "assembly",
    )
    says(
        refusal(load_model(toy_bundle.run, tmp_path / "none.fa").score, toy_bundle.pairs),
        "none.fa: ",
        "no such file",
        "genome",
    )


def test_a_run_that_was_copied_elsewhere_still_predicts(toy_bundle, model, copied):
    table = load_model(copied).score(toy_bundle.pairs.head(5))
    pd.testing.assert_frame_equal(table, model.score(toy_bundle.pairs.head(5)))


def test_peaks_that_changed_since_training_are_refused(toy_bundle, copied, tmp_path, monkeypatch):
    monkeypatch.chdir(
        tmp_path
    )  # where the checkout has a finished run, its record's own paths would lead there
    path = copied / "simulated/LineB/peaks/CTCF.peaks.gz"
    path.write_bytes((copied / "simulated/LineC/peaks/CTCF.peaks.gz").read_bytes())
    model = load_model(copied)
    assert model.score(toy_bundle.pairs.head(2), "LineA").reason.tolist() == ["", ""]
    says(
        refusal(model.score, toy_bundle.pairs.head(2), "LineB"),
        f"{path}: ",
        "not the CTCF peaks of LineB",
        "another name",
    )
    path.unlink()
    says(
        refusal(model.score, toy_bundle.pairs.head(2), "LineB"),
        "no such file",
        "Give all peak files of LineB",
    )
    model.add_line("LineB", toy_bundle.peaks("LineB"))
    assert model.score(toy_bundle.pairs.head(2), "LineB").calibration.tolist() == ["calibrated"] * 2


def test_what_a_line_cannot_be_made_of_is_refused(toy_bundle, tmp_path):
    model = load_model(toy_bundle.run)
    peaks = toy_bundle.peaks("MixG")
    says(refusal(model.add_line, "Mine", {"H2AZ": peaks["CTCF"]}), "no mark 'H2AZ'", "CTCF")
    says(
        refusal(model.add_line, "Mine", {"CTCF": tmp_path / "none.bed"}),
        f"{tmp_path / 'none.bed'}: ",
        "CTCF peaks of Mine",
    )
    for text, told in (
        ("scaffold_1\t10\t900\n", "no peak of this file lies on a reference locus"),
        ("chr1\t10\t900\nchr02\t10\t900\n", "chromosome chr02 is called chr2 in the run"),
        ("chr1\t10\t900\nchr1\t999000000\t999000900\n", "a peak begins at 999000000 of chr1"),
    ):
        elsewhere = written(tmp_path / "elsewhere.bed", text)
        says(refusal(model.add_line, "Mine", {"CTCF": elsewhere}), "elsewhere.bed: ", told)
    says(refusal(model.add_line, "My line", peaks), "'My line' is no name")
    says(refusal(model.score, toy_bundle.pairs, "Mine"), "cell line 'Mine' is unknown", "LineA")
    assert "Mine" not in model.lines


def test_explanations_take_the_result_of_score(model, toy_bundle):
    table = model.score(toy_bundle.pairs.head(6), ["LineA", "LineB"])
    chosen = table[table.row.isin([2, 5])]
    marks, bases = model.explain_marks(chosen), model.explain_bases(chosen)
    assert (
        list(marks.columns) == trained_model.MARK_COLUMNS
        and list(bases.columns) == trained_model.BASE_COLUMNS
    )
    assert len(marks) == 2 * 2 * 7 * 3 and set(zip(marks.row, marks.cell_line, strict=True)) == {
        (2, "LineA"),
        (2, "LineB"),
        (5, "LineA"),
        (5, "LineB"),
    }
    assert len(bases) == 2 * 2 * 168 and set(bases.row) == {2, 5}


def test_bases_are_those_of_the_genome_at_their_position(model, toy_bundle):
    genome = gzip.decompress((toy_bundle.run / "simulated/genome.fa.gz").read_bytes()).decode()
    letters = {
        text.split("\n", 1)[0]: text.split("\n", 1)[1].replace("\n", "")
        for text in genome.split(">")[1:]
    }
    bases = model.explain_bases(toy_bundle.pairs.head(2))
    assert all(letters[row.chrom][row.position].upper() == row.base for row in bases.itertuples())
    pair = toy_bundle.pairs.iloc[1]
    middle = (pair.promoter_start + pair.promoter_end) // 2
    at = bases[(bases.row == 2) & (bases.element == "promoter")].position
    assert (at.min(), at.max()) == (middle - 84, middle + 83)


def test_importing_the_package_loads_no_torch():
    program = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); import epidecouple; assert"
        " 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="nothing"):
        epidecouple.nothing  # noqa: B018
