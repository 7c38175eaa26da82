import pandas as pd
import pytest

from epidecouple.files.pairs_to_score import (
    COORDINATES,
    as_scorable,
    check_rows,
    read_scorable,
    scorable_blocks,
)
from toy import cut_short, frame, refusal, says, written

HEAD = "\t".join(COORDINATES)
SIZES = {"chr1": 1000, "chr2": 300}
GOOD = ("chr1", "100", "201", "chr1", "600", "700")


def checked(*rows: tuple, window_bp: int = 100):
    return check_rows(as_scorable(frame(" ".join(COORDINATES), *rows)), SIZES, window_bp)


def reason(*row: object) -> str:
    """Why a row cannot be scored; the good row before it can."""
    usable, reasons = checked(GOOD, row)
    assert usable.index.tolist() == [0] and reasons[0] == ""
    return reasons[1]


def test_a_good_row_is_placed_by_its_midpoints():
    usable, reasons = checked(GOOD)
    assert reasons.tolist() == [""]
    assert (
        usable.loc[0, ["enhancer_mid", "promoter_mid", "enhancer_end"]].tolist() == [150, 650, 201]
        and usable.chrom[0] == "chr1"
    )
    assert usable.enhancer_mid.dtype == "int64"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("chr1", "x", "200", "chr1", "600", "700"), "enhancer_start is 'x', not a whole number"),
        (
            ("chr1", "100", "200.5", "chr1", "600", "700"),
            "enhancer_end is '200.5', not a whole number",
        ),
        (("chr1", "100", "", "chr1", "600", "700"), "enhancer_end is '', not a whole number"),
        (
            ("chr1", "100", "1e99", "chr1", "600", "700"),
            "enhancer_end is '1e99', not a whole number",
        ),
        (("chr1", "100", "inf", "chr1", "600", "700"), "enhancer_end is 'inf', not a whole number"),
        (
            ("chr1", "201", "200", "chr1", "600", "700"),
            "enhancer chr1:201-200 is not an interval (0-based, half-open)",
        ),
        (
            ("chr1", "100", "200", "chr1", "-1", "700"),
            "promoter chr1:-1-700 is not an interval (0-based, half-open)",
        ),
        (
            ("chr1", "100", "200", "chr2", "100", "200"),
            "enhancer on chr1, promoter on chr2: one chromosome is needed",
        ),
        (
            ("chrZ", "100", "200", "chrZ", "600", "700"),
            "chromosome chrZ is not in the genome, which has chr1, chr2",
        ),
        (("", "100", "200", "", "600", "700"), "enhancer_chrom is empty"),
        (
            ("chr1", "100", "200", "chr1", "600", "1001"),
            "the promoter ends at 1001, beyond chr1 of 1000 bp",
        ),
        (
            ("chr1", "0", "98", "chr1", "600", "700"),
            "the enhancer's window of 100 bp around 49 runs off chr1 of 1000 bp",
        ),
        (
            ("chr1", "100", "200", "chr1", "910", "992"),
            "the promoter's window of 100 bp around 951 runs off chr1 of 1000 bp",
        ),
    ],
)
def test_a_row_that_cannot_be_scored_says_why(row, told):
    assert reason(*row) == told


def test_windows_may_touch_both_ends_of_a_chromosome():
    usable, reasons = checked(("chr1", "0", "100", "chr1", "900", "1000"))
    assert reasons.tolist() == [""] and len(usable) == 1


def test_a_point_is_scored_at_itself():
    """ABC and ENCODE-rE2G write the TSS as an interval of length 0."""
    usable, reasons = checked(("chr1", "100", "201", "chr1", "600", "600"))
    assert reasons.tolist() == [""] and usable.promoter_mid.tolist() == [600]


def test_the_first_reason_is_told():
    assert reason("chrZ", "x", "200", "chr2", "600", "700").startswith("enhancer_start is 'x'")


def test_every_row_of_a_file_is_kept_in_order_with_its_line_number(tmp_path):
    lines = [
        HEAD,
        "\t".join(GOOD),
        "",
        "\t".join(("chr1", *GOOD[1:3])),
        "\t".join((*GOOD, "more")),
        "\t".join(GOOD),
    ]
    table = read_scorable(written(tmp_path / "my.tsv", "\r\n".join(lines) + "\r\n"))
    assert table.row.tolist() == [2, 4, 5, 6]
    assert table.reason.tolist() == [
        "",
        "3 fields where 6 are needed",
        "7 fields where 6 are needed",
        "",
    ]
    assert check_rows(table, SIZES, 100)[0].index.tolist() == [0, 3]


def test_columns_may_stand_in_any_order_beside_others(tmp_path):
    columns, row = ["note", "cell_line", *reversed(COORDINATES)], ["a b", "LineA", *reversed(GOOD)]
    table = read_scorable(
        written(tmp_path / "my.tsv.gz", "\t".join(columns) + "\n" + "\t".join(row) + "\n")
    )
    assert table[COORDINATES].iloc[0].tolist() == list(GOOD) and table.cell_line.tolist() == [
        "LineA"
    ]
    assert list(table.columns) == [*COORDINATES, "cell_line", "row", "reason"]


def test_targetfinder_names(tmp_path):
    rows = ["1,K562|chr1:100-201,K562|chr1:600-700", "0,K562|chr1:1-2,nonsense"]
    text = "\n".join(["label,enhancer_name,promoter_name", *rows, ""])
    table = read_scorable(written(tmp_path / "pairs.csv", text))
    assert table[COORDINATES].iloc[0].tolist() == list(GOOD)
    assert table.reason.tolist() == ["", "'nonsense' is not a name like K562|chr1:10-20"]


def test_bedpe_has_no_header_and_may_have_more_columns(tmp_path):
    text = (
        "# comment\ntrack name=x\n"
        + "\t".join((*GOOD, "name", "5"))
        + "\n"
        + "\t".join(GOOD[:5])
        + "\n"
    )
    table = read_scorable(written(tmp_path / "my.bedpe", text))
    assert table[COORDINATES].iloc[0].tolist() == list(GOOD) and table.row.tolist() == [3, 4]
    assert table.reason.tolist() == ["", "5 fields where 6 are needed"]


@pytest.mark.parametrize("name", ["my.tsv", "my.bedpe", "my.csv"])
def test_a_table_without_rows_is_no_mistake(tmp_path, name):
    text = (
        ""
        if name.endswith("bedpe")
        else HEAD.replace("\t", "," if name.endswith("csv") else "\t") + "\n"
    )
    table = read_scorable(written(tmp_path / name, text))
    assert table.empty
    usable, reasons = check_rows(table, SIZES, 100)
    assert usable.empty and reasons.empty


def test_files_that_cannot_be_read_are_refused(tmp_path, monkeypatch):
    says(
        refusal(read_scorable, tmp_path / "none.tsv"), f"{tmp_path / 'none.tsv'}: ", "no such file"
    )
    wrong = written(tmp_path / "wrong.tsv", "\nchrom\tstart\nchr1\t5\n")
    says(refusal(read_scorable, wrong), f"{wrong}:2: ", "['chrom', 'start']", "enhancer_chrom")
    says(refusal(read_scorable, written(tmp_path / "empty.tsv", "")), "enhancer_chrom")
    cut = cut_short(
        written(
            tmp_path / "cut.tsv.gz",
            HEAD + "\n" + "".join("\t".join(GOOD) + f"{i}\n" for i in range(40_000)),
        )
    )
    says(refusal(read_scorable, cut), f"{cut}: ", "cut short")
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", 100)
    blocks = scorable_blocks(cut)
    assert len(next(blocks)) == 100, "read before the end of the file"
    says(refusal(list, blocks), f"{cut}: ", "cut short")
    says(refusal(as_scorable, pd.DataFrame({"chrom": []})), "['chrom']", "enhancer_chrom")


def test_rows_of_a_table_in_memory_count_from_1_or_keep_their_number():
    table = frame(" ".join(COORDINATES), GOOD, GOOD)
    assert as_scorable(table).row.tolist() == [1, 2]
    assert as_scorable(table.assign(row=[7, 3])).row.tolist() == [7, 3]
