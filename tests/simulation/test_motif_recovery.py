import pandas as pd
import pytest

from epidecouple.simulation.motif_recovery import motif_recovery, role

NAMES = ["grammar_1", "grammar_2", "grammar_3", "lineage_1", "decoy_1"]


def effects(*called: tuple[str, str]) -> pd.DataFrame:
    rows = [
        (name, end, int((name, end) in called))
        for end in ("enhancer", "promoter")
        for name in NAMES
    ]
    return pd.DataFrame(rows, columns=["motif", "end", "called"])


MATCHES = pd.DataFrame(
    {"motif": ["grammar_1", "grammar_1", "decoy_1", "lineage_1"], "matched": [1, 1, 1, 0]}
)


def test_a_motif_counts_once_whatever_the_end():
    found = motif_recovery(
        effects(("grammar_1", "enhancer"), ("grammar_1", "promoter"), ("decoy_1", "promoter")),
        MATCHES,
    )
    assert found["motif_recall"] == pytest.approx(1 / 3) and found[
        "motif_precision"
    ] == pytest.approx(1 / 2)
    assert (
        found["lineage_motifs_called"],
        found["decoy_motifs_called"],
        found["planted_motifs"],
    ) == (0, 1, 5)
    assert found["seqlets_grammar_share"] == pytest.approx(2 / 3), (
        "of the seqlets that match a motif"
    )


def test_a_called_lineage_motif_is_counted():
    found = motif_recovery(effects(*((name, "enhancer") for name in NAMES)), MATCHES)
    assert (
        found["lineage_motifs_called"] == 1
        and found["motif_recall"] == 1
        and found["motif_precision"] == pytest.approx(3 / 5)
    )


def test_nothing_called_is_no_recall_and_no_false_call():
    found = motif_recovery(effects(), MATCHES)
    assert (found["motif_recall"], found["motif_precision"]) == (0, 1)


def test_roles_are_told_by_names():
    assert [role(name) for name in ("grammar_12", "lineage_1", "decoy_2")] == [
        "grammar",
        "lineage",
        "decoy",
    ]
