"""Elements and genes as users bring them, scored by the regulation model of the repository."""

import pandas as pd
import pytest

from epidecouple.core.paths import EXAMPLE, ROOT
from epidecouple.core.sections import CrisprConfig
from epidecouple.evaluation.crispr_scores import ZERO_SHOT
from epidecouple.experiments.excerpt import Excerpt
from epidecouple.prediction.regulation_model import load_regulation
from epidecouple.prediction.request import request_of
from epidecouple.regulation.score import PARTS
from epidecouple.stages.example import HEAD, scored_pairs
from epidecouple.stages.score_elements import score_elements

FOLDER = ROOT / CrisprConfig().model
PAIRS = EXAMPLE / "pairs.bed"


def predicted(folder, **request):
    """Predictions of a request, and what was counted."""
    request = request_of({"model": str(FOLDER), "pairs": str(PAIRS), **request})
    measured = score_elements(request, folder)
    table = pd.read_csv(folder / "predictions.tsv", sep="\t", keep_default_na=False)
    return table, measured.metrics


@pytest.fixture(scope="module")
def of_excerpt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("predicted")
    return folder, *predicted(folder)


@pytest.fixture(scope="module")
def example():
    return scored_pairs(Excerpt(EXAMPLE), load_regulation(FOLDER))


def test_the_scores_are_those_of_the_example(of_excerpt, example):
    _, table, counts = of_excerpt
    assert counts["scored"] == len(example) == 442 and list(table.gene) == list(example.gene)
    columns = {"zero_shot": ZERO_SHOT, "head": HEAD} | {name: name for name in PARTS}
    for ours, theirs in columns.items():
        found = pd.to_numeric(table[ours]).to_numpy()
        assert found == pytest.approx(example[theirs].to_numpy(), rel=1e-4, abs=1e-4), ours
