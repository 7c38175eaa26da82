import numpy as np
import pandas as pd

from epidecouple.bengi.published import published_scores
from toy import refusal, says, written

NAMES = [("e1", "p1"), ("e1", "p2"), ("e2", "p1")]
PAIRS = pd.DataFrame(NAMES, columns=["enhancer_name", "promoter_name"])


def scores_of(names: list[tuple[str, str]]) -> str:
    """A file of scores 0.1, 0.2, ... of some pairs."""
    return "#true\tpred\n" + "".join(
        f"0\t{(k + 1) / 10}\tchr1\t{enhancer}\t{promoter}\n"
        for k, (enhancer, promoter) in enumerate(names)
    )


def test_scores_come_by_name_and_not_by_order(tmp_path):
    path = written(tmp_path / "r.txt", scores_of(NAMES[::-1]))
    assert np.allclose(published_scores(PAIRS, path), [0.3, 0.2, 0.1])


def test_a_pair_without_score_is_refused(tmp_path):
    path = written(tmp_path / "r.txt", scores_of(NAMES[:2]))
    message = refusal(lambda path: published_scores(PAIRS, path), path)
    says(message, "1 pairs have no score, the first e2, p1", "bengi.published")
