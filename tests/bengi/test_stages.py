"""The target bengi end to end on a few kB in BENGI's layout, and what its catalog and its tables
refuse.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from epidecouple.bengi.arms import BOOSTING, BOOSTING_ONE, DISTANCE, FITTED, ONE, OURS, PUBLISHED
from epidecouple.bengi.catalog import bengi_catalog
from epidecouple.bengi.measures import MEAN
from epidecouple.bengi.panel import load_panel, pair_signal, read_tables
from epidecouple.core.config import Config
from epidecouple.core.metrics import find_metric
from epidecouple.data.loop_signal import positions_of
from epidecouple.report.bengi_page import render
from epidecouple.stages.bengi_fold import bengi_fold
from epidecouple.stages.bengi_panel import bengi_panel
from epidecouple.stages.bengi_table import bengi_table
from toy import refusal, says
from toy_bengi import FOLDS, LINES, write_world


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, Config]:
    folder = tmp_path_factory.mktemp("bengi")
    return folder, write_world(folder)


@pytest.fixture(scope="module")
def run(world) -> Path:
    """A run's folder after all stages."""
    folder, config = world
    made = folder / "run" / "bengi"
    made.mkdir(parents=True)
    pairs, signal = made / "pairs.parquet", made / "signal.npy"
    bengi_panel(config, pairs, signal)
    scores = [made / f"{fold}.parquet" for fold in range(len(FOLDS))]
    for fold, path in enumerate(scores):
        bengi_fold(config, fold, pairs, signal, path)
    measured = bengi_table(config, pairs, scores, made / "table.tsv", made / "strata.tsv")
    assert all(find_metric(name) for name in measured.metrics), measured.metrics
    assert measured.inputs == [pairs, *scores, *bengi_catalog(config).published_files]
    return made.parent


def changed(config: Config, **keys) -> Config:
    return config.model_copy(update={"bengi": config.bengi.model_copy(update=keys)})


def test_every_tested_line_has_its_scores(run):
    table = pd.read_csv(run / "bengi" / "table.tsv", sep="\t")
    by_line = table.groupby("line").score.agg(set)
    assert {OURS, BOOSTING, DISTANCE, PUBLISHED} < by_line["New"] == by_line[MEAN]
    assert by_line["Bare"] == {DISTANCE, PUBLISHED}, "a line without peaks"
    of = table[table.line == "New"].set_index("score")
    assert of.aupr[PUBLISHED] == 1 and of.gain[PUBLISHED] < 0
    assert of.aupr[DISTANCE] > 1.2 * of.base_rate[DISTANCE]


def test_the_page_is_made_from_the_tables(run):
    (run / "bengi" / "metrics.json").write_text(
        '{"metrics": {"bengi_pairs": 2, "bengi_positives": 1}}'
    )
    page = render(run)
    assert f"New: {PUBLISHED} 1.000" in page and "Bare" in page


def test_no_score_rests_on_the_tested_table(world, run, tmp_path):
    """With every label of the tested line turned, the scores of its pairs are the same."""
    folder, config = world
    made = run / "bengi"
    table = gzip.decompress((folder / "New.tsv.gz").read_bytes()).decode()
    turned = "".join(f"{1 - int(row[0])}{row[1:]}\n" for row in table.splitlines())
    (tmp_path / "New.tsv").write_text(turned)
    tested = {**config.bengi.tested, "New": str(tmp_path / "New.tsv")}
    other = changed(config, tested=tested)
    bengi_panel(other, tmp_path / "pairs.parquet", tmp_path / "signal.npy")
    bengi_fold(
        other, 0, tmp_path / "pairs.parquet", tmp_path / "signal.npy", tmp_path / "0.parquet"
    )
    assert pd.read_parquet(tmp_path / "0.parquet").equals(pd.read_parquet(made / "0.parquet"))


def test_the_enhancer_comes_first_whichever_side_it_lies_on(world, run):
    """H3K27ac lies at enhancers alone in this world."""
    _, config = world
    panel = load_panel(run / "bengi" / "pairs.parquet", run / "bengi" / "signal.npy")
    first, second = (positions_of(config.loop_panel).index(f"{a}_1000") for a in ("left", "right"))
    marked = panel.pairs.marked.to_numpy()
    upstream = (panel.pairs.enhancer_mid < panel.pairs.promoter_mid).to_numpy()
    for rows in (marked & upstream, marked & ~upstream):
        assert panel.signal[rows, first].any() and not panel.signal[rows, second].any()
    assert np.isnan(panel.signal[~marked]).all()


def test_pairs_read_the_marks_of_their_own_line(world):
    _, config = world
    catalog = bengi_catalog(config)
    pairs = read_tables(catalog, config)
    swapped = {**catalog.peaks, "New": catalog.peaks["LineA"]}
    own = pair_signal(pairs, catalog, config)
    other = pair_signal(pairs, type(catalog)(**{**vars(catalog), "peaks": swapped}), config)
    differs = (own != other).any((1, 2)) & ~np.isnan(own).any((1, 2))
    assert set(pairs.line[differs]) == {"New"}


def test_a_line_learned_and_tested_is_refused(world):
    folder, config = world
    tested = {**config.bengi.tested, "LineA": str(folder / "LineA.tsv.gz")}
    says(refusal(bengi_catalog, changed(config, tested=tested)), "line LineA", "learned and tested")


def test_a_chromosome_in_two_folds_is_refused(world):
    folds = [["chr1", "chr2"], ["chr2", "chr3"]]
    says(refusal(bengi_catalog, changed(world[1], folds=folds)), "chromosome chr2", "at once")


def test_published_scores_of_no_tested_line_are_refused(world):
    published = {"LineA": str(world[0] / "LineA.txt")}
    says(refusal(bengi_catalog, changed(world[1], published=published)), "LineA", "bengi.tested")


def test_a_training_line_without_peaks_is_refused(world):
    folder, config = world
    training = {"Other": [str(folder / "LineA.tsv.gz")]}
    says(refusal(bengi_catalog, changed(config, training=training)), "Other", "cell_lines")


def test_without_a_tested_line_that_has_peaks_there_is_nothing_to_score(world):
    folder, config = world
    only = {"Bare": str(folder / "Bare.tsv.gz")}
    message = refusal(bengi_catalog, changed(config, tested=only, published={}))
    says(message, "no peaks of any line in bengi.tested")


def test_the_table_of_another_line_is_refused(world):
    folder, config = world
    tested = {"New": str(folder / "LineA.tsv.gz")}
    other = changed(config, tested=tested, published={})
    says(refusal(read_tables, bengi_catalog(other), other), "LineAx", "given for New")


def test_tables_of_two_lines_under_one_name_are_refused(world):
    folder, config = world
    both = [str(folder / f"{line}.tsv.gz") for line in LINES[:2]]
    other = changed(config, training={"LineA": both})
    says(refusal(read_tables, bengi_catalog(other), other), "LineBx", "another table of LineA")


def test_a_table_on_no_chromosome_of_the_folds_is_refused(world):
    other = changed(world[1], folds=[["1"], ["2"]])
    message = refusal(read_tables, bengi_catalog(other), other)
    says(message, "chr1, chr2, chr3, ...", "bengi.folds")


@pytest.mark.parametrize(
    ("assays", "told"),
    [
        ({"New": "Hi-C"}, ("New.tsv.gz is of Hi-C", "learns from no named assay")),
        ({"LineA": "Hi-C", "LineB": "Hi-C"}, ("New.tsv.gz is of no named assay", "from Hi-C")),
    ],
    ids=["the tested one alone has a name", "it alone has none"],
)
def test_a_table_of_an_assay_that_is_not_learned_is_refused(world, assays, told):
    folder, config = world
    named = {str(folder / f"{line}.tsv.gz"): assay for line, assay in assays.items()}
    tested = {"New": config.bengi.tested["New"]}
    other = changed(config, tested=tested, published={}, assays=named)
    says(refusal(read_tables, bengi_catalog(other), other), *told, "bengi.assays")


def test_a_tested_table_without_marks_may_be_of_any_assay(world):
    folder, config = world
    other = changed(config, assays={str(folder / "Bare.tsv.gz"): "eQTL"})
    pairs = read_tables(bengi_catalog(other), other)
    assert set(pairs.assay[~pairs.marked]) == {"eQTL"} and set(pairs.assay[pairs.marked]) == {""}


def test_pairs_have_the_assay_of_their_table(world):
    folder, config = world
    named = {str(folder / f"{line}.tsv.gz"): "Hi-C" for line in LINES}
    other = changed(config, assays=named)
    pairs = read_tables(bengi_catalog(other), other)
    assert set(pairs.assay) == {"Hi-C"} and set(
        read_tables(bengi_catalog(config), config).assay
    ) == {""}


def without(folder: Path, made: Path, *chromosomes: str) -> str:
    """The tested line's table without the rows of some chromosomes."""
    rows = gzip.decompress((folder / "New.tsv.gz").read_bytes()).decode().splitlines(keepends=True)
    made.write_text("".join(row for row in rows if row.split("\t")[2] not in chromosomes))
    return str(made)


def test_a_line_in_one_fold_alone_is_refused(world, tmp_path):
    """No pair would be left to standardise its marks by, and all would read as the mean."""
    folder, config = world
    table = without(folder, tmp_path / "New.tsv", "chr3", "chr4")
    other = changed(config, tested={"New": table}, published={})
    message = refusal(read_tables, bengi_catalog(other), other)
    says(message, "all pairs of New are in one fold", "chr1, chr2", "over two folds")


def test_a_fold_without_a_tested_pair_gives_no_scores(world, tmp_path):
    folder, config = world
    table = without(folder, tmp_path / "New.tsv", "chr4")
    folds = [*FOLDS[:1], *([chrom] for chrom in FOLDS[1])]
    other = changed(config, tested={"New": table}, published={}, folds=folds)
    pairs, signal = tmp_path / "pairs.parquet", tmp_path / "signal.npy"
    bengi_panel(other, pairs, signal)
    scores = [tmp_path / f"{fold}.parquet" for fold in range(len(folds))]
    for fold, path in enumerate(scores):
        bengi_fold(other, fold, pairs, signal, path)
    assert [len(pd.read_parquet(path)) > 0 for path in scores] == [True, True, False]
    bengi_table(other, pairs, scores, tmp_path / "table.tsv", tmp_path / "strata.tsv")
    of_line = pd.read_csv(tmp_path / "table.tsv", sep="\t").query("line == 'New'")
    of_one_assay = set(FITTED) - {ONE, BOOSTING_ONE}
    assert set(of_line.score) == {*of_one_assay, DISTANCE} and of_line.aupr.notna().all()
