import pytest

from epidecouple.files.pairs import (
    COLUMNS,
    GENERIC_COLUMNS,
    LINE,
    is_bengi,
    midpoints,
    read_bengi,
    read_pairs,
)
from toy import frame, refusal, says, written

CSV = "bin,enhancer_name,promoter_name,label,interactions_in_window\n"


def targetfinder(*rows: tuple) -> str:
    """TargetFinder's table from enhancer, promoter and label."""
    return CSV + "".join(
        f"x,K562|{enhancer},K562|{promoter},{label},9\n" for enhancer, promoter, label in rows
    )


def generic(*rows: tuple) -> str:
    return (
        "\t".join(["id", *GENERIC_COLUMNS])
        + "\n"
        + "".join("\t".join(map(str, ("i", *row))) + "\n" for row in rows)
    )


GOOD = ("chr1:10-20", "chr1:50-61", 1)


def refused(tmp_path, text: str, name: str = "pairs.csv") -> str:
    return refusal(read_pairs, written(tmp_path / name, text))


def test_targetfinder_table(tmp_path):
    pairs = read_pairs(
        written(tmp_path / "a.csv", targetfinder(GOOD, ("chrX:70-80", "chrX:5-9", 0)))
    )
    assert pairs.to_numpy().tolist() == [
        ["chr1", 10, 20, 50, 61, 1, 2],
        ["chrX", 70, 80, 5, 9, 0, 3],
    ]
    assert list(pairs.columns) == [*COLUMNS, "row"]


def test_generic_table_gives_the_same(tmp_path):
    rows = [("chr1", 10, 20, "chr1", 50, 61, 1), ("chrX", 70, 80, "chrX", 5, 9, 0)]
    own = read_pairs(written(tmp_path / "a.tsv", generic(*rows)))
    assert own.equals(
        read_pairs(written(tmp_path / "a.csv", targetfinder(GOOD, ("chrX:70-80", "chrX:5-9", 0))))
    )


def test_chromosomes_named_by_number_stay_text(tmp_path):
    assert read_pairs(
        written(tmp_path / "a.tsv", generic((1, 10, 20, 1, 50, 61, 1)))
    ).chrom.tolist() == ["1"]


def test_repeated_rows_are_read_once(tmp_path):
    pairs = read_pairs(
        written(tmp_path / "a.csv", targetfinder(GOOD, GOOD, ("chr1:10-21", "chr1:50-61", 0)))
    )
    assert pairs.row.tolist() == [2, 4]


def test_blank_lines_do_not_shift_line_numbers(tmp_path):
    text = targetfinder(GOOD, ("chr1:9-8", "chr1:50-61", 0)).replace(
        "x,K562|chr1:9", "\n\nx,K562|chr1:9"
    )
    says(refused(tmp_path, text), "pairs.csv:5: ", "chr1:9-8")
    trailing = written(tmp_path / "trailing.csv", targetfinder(GOOD) + "\n\n")
    assert read_pairs(trailing).row.tolist() == [2]


def test_midpoints_are_rounded_down():
    pairs = frame(
        "enhancer_start enhancer_end promoter_start promoter_end", (10, 20, 50, 61), (0, 1, 4, 9)
    )
    assert midpoints(pairs)[["enhancer_mid", "promoter_mid"]].to_numpy().tolist() == [
        [15, 55],
        [0, 6],
    ]


@pytest.mark.parametrize("interval", ["20-20", "21-20", "-5-20"])
@pytest.mark.parametrize("kind", ["enhancer", "promoter"])
def test_interval_that_is_none(tmp_path, kind, interval):
    bad = (
        (f"chr1:{interval}", "chr1:50-60", 0)
        if kind == "enhancer"
        else ("chr1:50-60", f"chr1:{interval}", 0)
    )
    says(
        refused(tmp_path, targetfinder(GOOD, bad)),
        "pairs.csv:3: ",
        f"{kind} chr1:{interval} ",
        "row",
    )


def test_interval_that_is_none_in_a_generic_table(tmp_path):
    text = generic(("chr1", 10, 20, "chr1", 50, 60, 1), ("chr1", 10, 20, "chr1", -50, 60, 1))
    says(refused(tmp_path, text), "pairs.csv:3: ", "promoter chr1:-50-60")


@pytest.mark.parametrize("value", ["ten", "", "1.5"])
def test_coordinate_that_is_no_whole_number(tmp_path, value):
    text = generic(("chr1", 10, 20, "chr1", 50, 60, 1), ("chr1", value, 20, "chr1", 50, 60, 1))
    says(
        refused(tmp_path, text),
        "pairs.csv:3: ",
        f"enhancer_start is '{value}'" if value else "enhancer_start is empty",
        "whole number",
    )


def test_name_that_cannot_be_read(tmp_path):
    says(
        refused(tmp_path, targetfinder(GOOD, GOOD, ("chr1_10_20", "chr1:50-60", 0))),
        "pairs.csv:4: ",
        "'K562|chr1_10_20'",
    )


@pytest.mark.parametrize("label", [2, -1])
def test_label_other_than_0_and_1(tmp_path, label):
    says(
        refused(tmp_path, targetfinder(GOOD, ("chr1:1-2", "chr1:5-6", label))),
        "pairs.csv:3: ",
        f"label is {label}",
        "0 or 1",
    )


def test_duplicate_pair_with_another_label(tmp_path):
    text = targetfinder(GOOD, ("chr2:1-2", "chr2:5-6", 0), GOOD, (*GOOD[:2], 0))
    says(
        refused(tmp_path, text),
        "pairs.csv:5: ",
        "chr1:10 - 50",
        "label 0 and with label 1",
        "one label",
    )


def test_pair_between_chromosomes(tmp_path):
    says(
        refused(tmp_path, targetfinder(GOOD, ("chr1:1-2", "chr2:5-6", 0))),
        "pairs.csv:3: ",
        "chr1",
        "chr2",
        "remove the row",
    )


@pytest.mark.parametrize("text", [CSV, generic()])
def test_empty_table(tmp_path, text):
    says(refused(tmp_path, text), "pairs.csv: ", "empty", "remove the line")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_unknown_columns(tmp_path, text):
    says(
        refused(tmp_path, text),
        "pairs.csv:1: ",
        str(text.strip().split("\n")[0].split(",")),
        "enhancer_name",
        "enhancer_chrom",
    )


def bengi(label: int, element: int, tss: int, strand: str = "+") -> str:
    """A row of BENGI as published: an element of 300 bp, a promoter 1500 bp up and 500 bp down."""
    start, end = element - 150, element + 150
    up, down = (1500, 500) if strand == "+" else (500, 1500)
    enhancer = f"chr7:{start}-{end}|K562|EH37E1"
    promoter = f"chr7:{tss - 1}-{tss}|K562|ENSG1.2|ENST1.1|{strand}"
    fields = [label, f"{abs(tss - element)}.0", "chr7", start, end, enhancer]
    return "\t".join(map(str, [*fields, "chr7", tss - up, tss + down, promoter])) + "\n"


def test_bengis_rows_as_they_are_published(tmp_path):
    rows = bengi(1, 5_000, 90_000) + bengi(0, 95_000, 90_000, "-")
    table = read_bengi(written(tmp_path / "a.tsv", rows))
    assert table[COLUMNS].to_numpy().tolist() == [
        ["chr7", 4_850, 5_150, 88_500, 90_500, 1],
        ["chr7", 94_850, 95_150, 89_500, 91_500, 0],
    ]
    assert table.distance.tolist() == [85_000, 5_000] and set(table.line) == {"K562"}
    assert table.row.tolist() == [1, 2]
    assert table.promoter_name[1] == "chr7:89999-90000|K562|ENSG1.2|ENST1.1|-"


def test_bengis_table_is_a_pair_table_of_a_dataset(tmp_path):
    path = written(tmp_path / "a.tsv", bengi(1, 5_000, 90_000) + bengi(1, 5_000, 90_000))
    own = ("chr7", 4_850, 5_150, "chr7", 88_500, 90_500, 1)
    same = read_pairs(written(tmp_path / "b.tsv", generic(own)))
    assert is_bengi(path) and read_pairs(path)[COLUMNS].equals(same[COLUMNS])
    assert not is_bengi(tmp_path / "b.tsv"), "a table with a header is none"


@pytest.mark.parametrize(("distance", "good"), [(83_500, 1), (85_500, 1), (83_499, 0), (85_501, 0)])
def test_a_distance_ends_inside_the_promoter(tmp_path, distance, good):
    row = bengi(1, 5_000, 90_000).replace("\t85000.0\t", f"\t{distance}.0\t")
    path = written(tmp_path / "a.tsv", row)
    if good:
        assert read_bengi(path).distance.tolist() == [distance]
    else:
        says(
            refusal(read_bengi, path), f"{path}:1: the distance is '{distance}.0'", "83500 to 85500"
        )


def listed(*rows: tuple) -> str:
    """A generic table whose last column names the line."""
    head = "\t".join([*GENERIC_COLUMNS, LINE])
    return "\n".join([head, *("\t".join(map(str, row)) for row in rows)]) + "\n"


PAIR = ("chr1", 10, 20, "chr1", 50, 60)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_table_is_the_same_whatever_is_read_at_once(tmp_path, monkeypatch, rows):
    """Chromosomes that a later block names first, and repeats of a row of an earlier block."""
    other = ("chr1", 10, 20, "chr1", 50, 61)
    table = [(*PAIR, 1), ("chrX", 5, 9, "chrX", 70, 80, 0), (*other, 0), (*PAIR, 1), (*other, 0)]
    path = written(tmp_path / "a.tsv", generic(*table))
    whole = read_pairs(path)
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", rows)
    found = read_pairs(path)
    assert found.to_numpy().tolist() == whole.to_numpy().tolist() and found.row.tolist() == [
        2,
        3,
        4,
    ]
    assert (found.dtypes.drop("chrom") == whole.dtypes.drop("chrom")).all()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([(*PAIR, 1, "A"), ("chr2", *PAIR[1:3], "chr2", 1, 2, 0, "A"), (*PAIR, 0, "A")], ":4: "),
        ([(*PAIR, 1, "A"), ("chr2", *PAIR[1:3], "chr2", 1, 2, 0, "B")], "lines: A, B"),
        ([("chr1", 5, 5, "chr1", 1, 2, 0, "A"), (*PAIR, 0, "B"), (*PAIR, 0, "A")], ":3: "),
        ([("chr1", 5, 5, "chr1", 1, 2, 0, "A"), (*PAIR, "x", "A")], "label is x"),
    ],
)
def test_mistakes_that_lie_in_different_blocks_are_told_as_those_of_one(
    tmp_path, monkeypatch, table, told
):
    path = written(tmp_path / "a.tsv", listed(*table))
    whole = refusal(read_pairs, path)
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", 1)
    assert refusal(read_pairs, path) == whole
    says(whole, told)


def test_pairs_take_little_memory_and_large_coordinates_keep_their_room(tmp_path):
    """Midpoints are sums of two coordinates, which int32 would not hold."""
    small = read_pairs(written(tmp_path / "a.tsv", generic((*PAIR, 1))))
    assert small.memory_usage(index=False).drop("chrom").sum() == 4 * 4 + 1 + 4
    far = 2**31 - 5
    large = read_pairs(written(tmp_path / "b.tsv", generic(("1", far, far + 9, "1", 5, 9, 0))))
    assert midpoints(large).enhancer_mid.tolist() == [far + 4]
    between = ("1", 2**30 - 3, 2**30 - 1, "1", 2**30 - 9, 2**30 - 5, 0)
    middles = midpoints(read_pairs(written(tmp_path / "c.tsv", generic(between))))
    assert middles[["enhancer_mid", "promoter_mid"]].to_numpy().tolist() == [[2**30 - 2, 2**30 - 7]]
