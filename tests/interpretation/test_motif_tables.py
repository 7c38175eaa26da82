import numpy as np
import pandas as pd
import pytest

from epidecouple.files.motifs import Motif
from epidecouple.interpretation.motif_scan import background_of
from epidecouple.interpretation.motif_tables import (
    insertion_tables,
    leakage_metrics,
    match_table,
    orientation_metrics,
    strongest_called,
)
from toy_panel import toy_config, toy_panel
from toy_words import WORD, motif_of, word_pairs

BACKGROUND = np.full(4, 0.25)
LONG = WORD + "TTGC"
OTHERS = [
    motif_of(text, f"other_{k}", 0.97)
    for k, text in enumerate(("CATGCATTGGAC", "GGGTATATCCAT", "TTGACCCATAGA"))
]


def test_seqlets_are_matched_on_either_strand_and_noise_is_not():
    seqlets = pd.DataFrame(
        {
            "bases": [
                "TTTTT" + LONG + "CCCCC",
                "CCCCC" + "GCAATGAACCGT" + "AAAAA",
                "NNNNN" + "ACACACTCTCTC" + "GAGAG",
            ]
        }
    )
    found = match_table(seqlets, [*OTHERS, motif_of(LONG, "word", 0.97)], BACKGROUND)
    assert found.motif.tolist()[:2] == ["word", "word"] and found.matched.tolist() == [1, 1, 0]
    assert found.p[:2].max() < 1e-4 and found.p[2] > 0.05 and (found.q >= found.p).all()


def test_a_motif_longer_than_a_seqlet_matches_nothing():
    seqlets = pd.DataFrame({"bases": ["TTTTT" + LONG + "CCCCC"]})
    assert match_table(seqlets, [motif_of(4 * WORD)], BACKGROUND).p[0] == 1


def test_the_word_that_the_model_reads_is_called_and_no_other():
    pairs = word_pairs(enhancer=2.0, promoter=0.0)
    motifs = [*OTHERS, motif_of(WORD, "word")]
    effects, interactions = insertion_tables(pairs, motifs, toy_config(motifs={"shuffles": 200}))
    assert effects[effects.called == 1][["motif", "end"]].values.tolist() == [["word", "enhancer"]]
    assert interactions.empty


def test_the_strongest_called_motifs_are_kept_by_end():
    effects = pd.DataFrame(
        {
            "motif": ["a", "b", "a", "b"],
            "end": ["enhancer", "enhancer", "promoter", "promoter"],
            "called": [1, 1, 0, 1],
            "beyond_shuffled": [0.1, -0.5, 3, 0.2],
        }
    )
    found = {
        "enhancer": ["a at enhancer", "b at enhancer"],
        "promoter": ["a at promoter", "b at promoter"],
    }
    kept = strongest_called(effects, found)
    assert list(kept["enhancer"].items()) == [("b", "b at enhancer"), ("a", "a at enhancer")]
    assert kept["promoter"] == {"b": "b at promoter"}


@pytest.mark.parametrize("name", ["CTCF", "ctcf"])
def test_ctcf_is_found_by_name_and_its_absence_is_said(name):
    pairs, first = word_pairs(), np.full(40, True)
    assert orientation_metrics(pairs, first, OTHERS) == {"ctcf_motifs": 0}
    named = Motif("MA0139.2", name, OTHERS[0].probabilities)
    assert {"ctcf_motifs", "flip_pairs", "flip_change"} <= set(
        orientation_metrics(pairs, first, [named])
    )


def test_lineage_motifs_are_those_of_the_configuration():
    panel, config = toy_panel(), toy_config(motifs={"lineage": ["other_1", "GATA1"]})
    potential = np.random.default_rng(0).normal(size=120)
    found = leakage_metrics(potential, panel, np.arange(120), OTHERS, config)
    assert found["lineage_motifs"] == 1 and 0 < found["leakage_index"] < 0.5
    assert leakage_metrics(potential, panel, np.arange(120), OTHERS[:1], config) == {
        "lineage_motifs": 0
    }
    assert background_of(panel.codes).sum() == pytest.approx(1)
