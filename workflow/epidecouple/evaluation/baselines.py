"""What R has to beat: scores of the lines of a pair that a user would otherwise try, from the same
signal and the same pairs.

Every score is (n, C), higher where the pair is more likely to loop.
"""

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ..data.panel import Panel
from ..model.losses import conditional_nll
from .which_line import Fitting, activity

ACTIVITY = ("H3K27ac", "DNase", "CTCF")
# Few steps: a fit that has converged tells the lines of other chromosomes less well, whatever the
# shrinkage.
STEPS, SHRINKAGE = 15, 0.1
BOOSTING = "gradient boosting"


def ridge_classifier() -> Pipeline:
    """Logistic regression of two classes on standardised features, strongly shrunk: features of
    neighbouring widths are collinear.

    The probes' regression (statistics/multinomial.py) gives the same within 1e-4, but is made for
    many labellings: for one it takes three times as long, in double precision.
    """
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, solver="newton-cholesky", max_iter=50)
    )


def boosted_classifier(
    rounds: int, seed: int, leaves: int = 15, rows_in_leaf: int = 100
) -> HistGradientBoostingClassifier:
    """Gradient boosting of two classes, regularised for pairs that share loops: small trees, a
    third of the features a split.

    leaves : of a tree at most; rows_in_leaf : at least
    """
    return HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=0.06,
        max_leaf_nodes=leaves,
        min_samples_leaf=rows_in_leaf,
        l2_regularization=5,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )


def activity_product(panel: Panel, pairs: np.ndarray, mark: int) -> np.ndarray:
    """Product of a mark at enhancer and promoter, each above its lowest value in the line: both
    ends must be active.
    """
    ends = [shard.signal[pairs][:, :2, mark].astype(np.float32) for shard in panel.shards]
    return np.column_stack([(signal - signal.min(0)).prod(1) for signal in ends])


def listing(panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """1 in the lines whose published table lists the pair, else 0. No model: it shows how the
    panel's pairs were chosen.
    """
    return (panel.published[pairs] >= 0).astype(np.float32)


def untrained_rivals(panel: Panel, pairs: np.ndarray, marks: list[str]) -> dict[str, np.ndarray]:
    """Marks at both ends, and the product of H3K27ac there; a mark that is missing in a line is at
    its reference mean.
    """
    scores = {
        f"{mark} at both ends": activity(panel, pairs, marks.index(mark))
        for mark in ACTIVITY
        if mark in marks
    }
    if ACTIVITY[0] in marks:
        scores["H3K27ac product"] = activity_product(panel, pairs, marks.index(ACTIVITY[0]))
    return scores | {"listing of the pair": listing(panel, pairs)}


def trained_rivals(panel: Panel, task: Fitting, rounds: int, seed: int) -> dict[str, np.ndarray]:
    """Linear conditional likelihood, logistic regression and gradient boosting on what R reads; all
    lines are scored.
    """
    fitted = [features(panel, task.fitted, line) for line in task.lines]
    scored = np.stack(
        [features(panel, task.scored, line) for line in range(len(panel.lines))], axis=1
    )
    labels = panel.labels_of(task.fitted, task.lines)
    scores = {
        "linear conditional likelihood": linear_conditional(np.stack(fitted, 1), labels, scored)
    }
    rows = np.concatenate(fitted)
    classifiers = {
        "logistic regression": ridge_classifier(),
        BOOSTING: boosted_classifier(rounds, seed),
    }
    for name, classifier in classifiers.items():
        classifier.fit(rows, labels.T.ravel())
        margin = classifier.decision_function(scored.reshape(-1, scored.shape[2]))
        scores[name] = margin.reshape(scored.shape[:2])
    return scores


def features(panel: Panel, pairs: np.ndarray, line: int) -> np.ndarray:
    """Signal of all marks at every position that R reads: float32 (n, P * M)."""
    return panel.shards[line].signal[pairs].astype(np.float32).reshape(len(pairs), -1)


def linear_conditional(x: np.ndarray, labels: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """-R of a linear R (n, C) fitted by the penalised conditional likelihood on x (n, C, F), with a
    free offset per line.
    """
    weight = torch.zeros(x.shape[2], requires_grad=True)
    offset = torch.zeros(x.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, offset], max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe"
    )
    read = torch.from_numpy(x)
    y = torch.from_numpy(labels.astype(np.float32))

    def penalised() -> torch.Tensor:
        optimiser.zero_grad()
        loss = conditional_nll(read @ weight, offset, y) + SHRINKAGE * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(penalised)
    return -(torch.from_numpy(scored) @ weight).detach().numpy()
