from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from epidecouple.core.config import Config, validated
from epidecouple.core.dna import COORDINATES
from epidecouple.data.crossed_pairs import (
    build_panel,
    cross,
    in_regions,
    on_chromosomes,
)
from epidecouple.data.labels import discordant, label_matrix
from epidecouple.files.catalog import Catalog, LineFiles, catalog_of
from epidecouple.files.loops import read_loops
from toy import ROOT, brute_force_joined, frame, random_loops, refusal, says, toy_config, written

MIRROR = ROOT.parent / "shared" / "mirror"
PAIRS = "enhancer_name,promoter_name,label\n"
LOOPS = "chr1\tx1\tx2\tchr2\ty1\ty2\n"
NEAR, FAR = "1\t1000\t1100\t1\t5000\t5100\n", "1\t2000\t2100\t1\t5000\t5100\n"
FOLDS = {"folds": [["chr1"], ["chr2"], ["chr3"]]}


def pair(chrom: str, enhancer: int, promoter: int, label: int) -> str:
    return f"A|{chrom}:{enhancer}-{enhancer + 50},A|{chrom}:{promoter}-{promoter + 50},{label}\n"


def two_lines(tmp_path, pairs: list[str], loops: list[str]) -> tuple[Config, Catalog]:
    """A dataset of the lines A and B from the text of their pairs and loops."""
    config = toy_config(cell_lines=["A", "B"], held_out_lines=[], subset={"lines": 2}, splits=FOLDS)
    lines = {
        line: LineFiles(
            written(tmp_path / f"{line}.csv", PAIRS + rows),
            written(tmp_path / f"{line}.loops", LOOPS + found),
            {},
        )
        for line, rows, found in zip("AB", pairs, loops, strict=True)
    }
    return config, Catalog(tmp_path / "genome.fa", None, None, lines)


def built(config: Config, catalog: Catalog) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """The panel as it is stored, the funnel and the metrics."""
    panel, funnel, metrics = build_panel(config, catalog)
    return pd.concat(panel.blocks(), ignore_index=True), funnel, metrics


GOOD_PAIRS = [
    pair("chr1", 1000, 5000, 1) + pair("chr1", 3000, 5000, 0),
    pair("chr1", 1000, 5000, 0) + pair("chr1", 2000, 5000, 1),
]


def test_cross_by_hand(tmp_path):
    table, funnel, metrics = built(*two_lines(tmp_path, GOOD_PAIRS, [NEAR, FAR]))
    expected = frame(
        "enhancer_mid cell_line row label_A label_B published_A published_B",
        (1025, "A", 2, 1, 0, 1, 0),
        (3025, "A", 3, 0, 0, 0, -1),
        (2025, "B", 3, 0, 1, -1, 1),
    )
    assert table[list(expected.columns)].to_numpy().tolist() == expected.to_numpy().tolist()
    assert funnel.rows.tolist() == [4, 4, 3, 2, 2]
    assert metrics["label_agreement"] == 1
    counts = {
        "natural_rows": 4,
        "natural_positive": 2,
        "distinct_coordinates": 3,
        "panel_pairs": 3,
        "panel_lines": 2,
    }
    counts |= {
        "positive_pairs": 2,
        "discordant_pairs": 2,
        "discordant_between_training_lines": 2,
        "positives_A": 1,
        "positives_B": 1,
    }
    assert {name: metrics[name] for name in counts} == counts


def test_pairs_with_the_same_midpoints_are_one(tmp_path):
    wide = "B|chr1:995-1055,B|chr1:5000-5050,0\n"
    table, _, metrics = built(
        *two_lines(tmp_path, [GOOD_PAIRS[0], GOOD_PAIRS[1] + wide], [NEAR, FAR])
    )
    assert len(table) == 3 and metrics["distinct_coordinates"] == 4
    assert table.enhancer_start[0] == 1000


def test_agreement_counts_wrong_labels(tmp_path):
    _, _, metrics = build_panel(
        *two_lines(tmp_path, [pair("chr1", 1000, 5000, 0), GOOD_PAIRS[1]], [NEAR, FAR])
    )
    assert metrics["label_agreement"] == pytest.approx(2 / 3)


def natural_of(*rows: tuple) -> pd.DataFrame:
    """Rows of pair tables from their coordinates, line and label."""
    table = frame(" ".join([*COORDINATES, "cell_line", "label"]), *rows)
    return table.assign(row=range(2, len(table) + 2))


def test_agreement_uses_the_loops_of_the_own_line():
    natural = natural_of(("chr1", 10, 20, 50, 60, "A", 1), ("chr1", 10, 20, 50, 60, "B", 0))
    loop = frame("chrom1 start1 end1 chrom2 start2 end2", ("chr1", 10, 20, "chr1", 50, 60))
    every = np.ones(2, dtype=bool)
    assert cross(natural, {"A": loop, "B": loop[:0]}, every)[1] == 1
    assert cross(natural, {"B": loop, "A": loop[:0]}, every)[1] == 0


def test_rows_that_do_not_count_are_no_pairs_and_have_no_part_in_the_agreement():
    natural = natural_of(
        ("chr1", 10, 20, 50, 60, "A", 1),
        ("chr2", 10, 20, 50, 60, "A", 1),
        ("chr2", 11, 19, 51, 59, "B", 1),
        ("chr3", 10, 20, 50, 60, "B", 0),
    )
    loop = frame("chrom1 start1 end1 chrom2 start2 end2", ("chr2", 10, 20, "chr2", 50, 60))
    kept = np.array([False, True, True, True])
    panel, agreement = cross(natural, {"A": loop, "B": loop}, kept)
    table = pd.concat(panel.blocks())
    assert table[["chrom", "label_A", "published_A", "published_B"]].to_numpy().tolist() == [
        ["chr2", 1, 1, 1],
        ["chr3", 0, -1, 0],
    ]
    assert agreement == 1


def test_the_panel_does_not_depend_on_the_size_of_a_block(tmp_path, monkeypatch):
    """Blocks of one row, and one of all rows, of tables that repeat pairs on three chromosomes."""
    rng = np.random.default_rng(3)
    tables = ["", ""]
    for row in range(120):
        places = (100 * place for place in rng.integers(0, 12, 2))
        tables[row % 2] += pair(f"chr{rng.integers(1, 4)}", *places, row % 2)
    near = "".join(f"{k}\t{s}\t{s + 399}\t{k}\t500\t1200\n" for k in "123" for s in (200, 800))
    config, catalog = two_lines(tmp_path, tables, [near, "1\t0\t500\t1\t300\t700\n" + NEAR])
    regions = written(tmp_path / "regions.bed", "chr1\t0\t9000\nchr2\t300\t9000\n")
    catalog = replace(catalog, regions=regions)
    whole, *counts = built(config, catalog)
    assert 0 < whole.label_A.sum() < len(whole) < counts[1]["natural_rows"] < 120
    for module in ("data.crossed_pairs", "files.intervals", "core.tables"):
        monkeypatch.setattr(f"epidecouple.{module}.PAIRS_PER_BLOCK", 1)
    again, *counted = built(config, catalog)
    pd.testing.assert_frame_equal(again, whole)
    assert counted[0].equals(counts[0]) and counted[1] == counts[1]


def test_toy_labels_are_those_of_a_brute_force_overlap(toy_panel):
    table = pd.read_parquet(toy_panel.folder / "panel.parquet")
    loops = read_loops(toy_panel.world.catalog.lines["LineB"].loops)
    some = table[table.chrom == "chr3"]
    expected = brute_force_joined(some[COORDINATES], loops[loops.chrom1 == "chr3"])
    assert 0 < sum(expected) < len(some)
    assert some.label_LineB.tolist() == [int(found) for found in expected]


def test_discordant_by_hand():
    assert discordant(np.array([[0, 0], [1, 1], [0, 1], [1, 0]])).tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_label_matrix_follows_the_lines_asked_for():
    table = frame("label_A label_B", (1, 0), (0, 0))
    assert (
        label_matrix(table, ["B", "A"]).tolist() == [[0, 1], [0, 0]]
        and label_matrix(table, ["A"]).dtype == np.int8
    )


def test_cross_labels_every_pair_in_every_line():
    rng = np.random.default_rng(0)
    start = rng.integers(0, 100, (80, 2))
    natural = pd.DataFrame(
        dict(
            zip(
                COORDINATES,
                ["chr1", start[:, 0], start[:, 0] + 9, start[:, 1], start[:, 1] + 9],
                strict=True,
            )
        )
    )
    lines = rng.choice(["A", "B"], 80)
    natural = natural.assign(cell_line=lines, row=np.arange(80), label=0)
    loops = {line: random_loops(rng, 40) for line in "AB"}
    table = pd.concat(cross(natural, loops, np.ones(80, dtype=bool))[0].blocks())
    assert len(table) == len({*zip(start[:, 0], start[:, 1], strict=True)})
    for line in "AB":
        assert table[f"label_{line}"].tolist() == [
            int(found) for found in brute_force_joined(table[COORDINATES], loops[line])
        ]


def test_in_regions_wants_both_windows_inside():
    middles = [("chr1", 10, 30), ("chr1", 9, 30), ("chr1", 10, 36), ("chr2", 10, 30)]
    natural = frame(
        " ".join(COORDINATES),
        *((chrom, e - 2, e + 2, p - 2, p + 2) for chrom, e, p in [*middles, ("chr1", 35, 10)]),
    )
    assert in_regions(natural, frame("chrom start end", ("chr1", 5, 40)), 10).tolist() == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_only_chromosomes_of_the_folds_are_kept():
    natural = frame("chrom", ("chr1",), ("1",), ("chrM",), ("chr3",))
    assert on_chromosomes(natural, toy_config(splits=FOLDS)).tolist() == [True, False, False, True]


def test_regions_are_a_step_of_the_funnel(tmp_path):
    config, catalog = two_lines(tmp_path, GOOD_PAIRS, [NEAR, FAR])
    regions = written(tmp_path / "regions.bed", "chr1\t900\t2900\nchr1\t4000\t6000\n")
    table, funnel, _ = built(config, replace(catalog, regions=regions))
    assert sorted(table.enhancer_mid) == [1025, 2025] and funnel.rows.tolist() == [4, 4, 3, 2, 2, 2]


def test_nothing_left_names_every_filter_with_its_rows(tmp_path):
    pairs = [pair("1", 1000, 5000, 1), pair("chrM", 2000, 5000, 1)]
    message = refusal(build_panel, *two_lines(tmp_path, pairs, [NEAR, FAR]))
    says(
        message,
        "'on chromosomes of the folds'",
        "rows of the pair tables: 2",
        "on chromosomes of the folds: 0",
    )


def test_regions_that_are_no_bed_are_refused_with_their_line(tmp_path):
    config, catalog = two_lines(tmp_path, GOOD_PAIRS, [NEAR, FAR])
    regions = written(tmp_path / "regions.bed", "chr1\t900\t2900\nchr1\tx\t6000\n")
    says(
        refusal(build_panel, config, replace(catalog, regions=regions)),
        "regions.bed:2",
        "'x', not a whole number",
    )


def test_nothing_left_inside_the_regions(tmp_path):
    config, catalog = two_lines(tmp_path, GOOD_PAIRS, [NEAR, FAR])
    regions = written(tmp_path / "regions.bed", "chr2\t0\t9000\n")
    message = refusal(build_panel, config, replace(catalog, regions=regions))
    says(message, "pair tables: 4", "chromosomes of the folds: 4", "inside dataset.regions: 0")


def test_no_positive_pair(tmp_path):
    elsewhere = "3\t1000\t1100\t3\t5000\t5100\n"
    message = refusal(build_panel, *two_lines(tmp_path, GOOD_PAIRS, [elsewhere, elsewhere]))
    says(
        message,
        "'positive in at least one line'",
        "distinct pairs by midpoints: 3",
        "positive in at least one line: 0",
    )


def test_no_discordant_pair(tmp_path):
    message = refusal(build_panel, *two_lines(tmp_path, GOOD_PAIRS, [NEAR + FAR, NEAR + FAR]))
    says(
        message,
        "'label-discordant between training lines'",
        "positive in at least one line: 2",
        "training lines: 0",
    )
    assert message.count(": ") >= 6


def test_empty_pair_table_of_one_line(tmp_path):
    config, catalog = two_lines(tmp_path, [GOOD_PAIRS[0], ""], [NEAR, FAR])
    says(refusal(build_panel, config, catalog), f"{catalog.lines['B'].pairs}: ", "empty")


@pytest.mark.slow
@pytest.mark.skipif(not MIRROR.is_dir(), reason="needs the mirror of the real data")
def test_real_panel_has_the_known_counts(tmp_path, monkeypatch):
    (tmp_path / "resources" / "download").mkdir(parents=True)
    for host in (path for path in MIRROR.iterdir() if path.is_dir()):
        (tmp_path / "resources" / "download" / host.name).symlink_to(host)
    monkeypatch.chdir(tmp_path)
    config = Config.from_dict(
        validated(yaml.safe_load((ROOT / "config" / "targetfinder.yaml").read_text()))
    )
    table, funnel, metrics = built(config, catalog_of(config))
    assert len(table) == metrics["panel_pairs"] == 207238
    assert (
        metrics["natural_rows"] == 207399
        and metrics["natural_positive"] == 9899
        and metrics["label_agreement"] == 1
    )
    assert metrics["distinct_coordinates"] == 207274
    assert metrics["positive_pairs"] == 11578 and metrics["discordant_pairs"] == 11539
    assert funnel.rows.is_monotonic_decreasing
