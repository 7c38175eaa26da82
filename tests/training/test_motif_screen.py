import dataclasses

import numpy as np
import pytest
from scipy.optimize import minimize

from epidecouple.model.motif_encoder import MATCHED, least_score
from epidecouple.training import motif_screen
from epidecouple.training.motif_screen import (
    RIDGE,
    SIGNIFICANT,
    ScreenedPairs,
    _logistic,
    screen_motifs,
)

ENHANCERS, PROMOTERS, PAIRS, LINES, WINDOW_BP, PLACE, WIDTH = 300, 200, 1500, 3, 100, 16, 13
# Few letters, so that hundreds of 8-mers stand in windows enough to be tested.
BACKGROUND = (0.4, 0.1, 0.1, 0.4)
MOTIFS = np.random.default_rng(0).integers(0, 4, (2, 12))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def turned(codes):
    return np.where(codes < 4, 3 - codes.astype(int), 4)[..., ::-1].astype(np.uint8)


def planted_windows(rng):
    """Windows with motifs on either strand, and how often each stands in each."""
    codes = rng.choice(4, (ENHANCERS + PROMOTERS, WINDOW_BP), p=BACKGROUND).astype(np.uint8)
    counts = rng.poisson(0.4, (len(codes), len(MOTIFS)))
    for window, count in zip(codes, counts, strict=True):
        which = rng.permutation(np.repeat(np.arange(len(MOTIFS)), count))[: WINDOW_BP // PLACE]
        count[:] = np.bincount(which, minlength=len(MOTIFS))
        for motif, place in zip(which, rng.permutation(WINDOW_BP // PLACE), strict=False):
            instance = MOTIFS[motif] if rng.random() < 0.5 else turned(MOTIFS[motif])
            window[place * PLACE + 2 : place * PLACE + 2 + 12] = instance
    return codes, counts


@dataclasses.dataclass(frozen=True)
class Planted:
    """Pairs whose loops the motifs raise (the first) and lower (the second) at both ends; effect :
    float (n,), what the motifs add.
    """

    codes: np.ndarray
    counts: np.ndarray
    effect: np.ndarray
    pairs: ScreenedPairs

    def screen(self, most=6, codes=None, **changes):
        pairs = dataclasses.replace(self.pairs, **changes)
        codes = self.codes if codes is None else codes
        return screen_motifs(codes, pairs, most, WIDTH, np.random.default_rng(1))


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(1)
    codes, counts = planted_windows(rng)
    enhancer = rng.integers(0, ENHANCERS, PAIRS)
    promoter = rng.integers(ENHANCERS, ENHANCERS + PROMOTERS, PAIRS)
    effect = 1.5 * np.log1p(counts) @ [1, -1]
    effect = effect[enhancer] + effect[promoter]
    offset, far = rng.normal(-1, 1, (PAIRS, LINES)), rng.normal(size=PAIRS)
    logit = effect[:, None] + offset - far[:, None]
    labels = (rng.random(logit.shape) < sigmoid(logit)).astype(float)
    covariates = np.column_stack([far, far**2])
    return Planted(
        codes, counts, effect, ScreenedPairs(enhancer, promoter, covariates, offset, labels)
    )


@pytest.fixture(scope="module")
def found(planted):
    return planted.screen()


def best_agreement(log_odds, motif):
    """The most letters of a motif that a matrix has as its best, in any place and on any strand."""
    letters = log_odds.argmax(1)
    shifts = range(1 - len(motif), len(letters))
    agreeing = [
        sum(
            letters[shift + k] == letter
            for k, letter in enumerate(strand)
            if 0 <= shift + k < len(letters)
        )
        for strand in (motif, turned(motif))
        for shift in shifts
    ]
    return max(agreeing)


def same(left, right):
    assert len(left) == len(right) > 0
    for one, other in zip(left, right, strict=True):
        np.testing.assert_allclose(one.log_odds, other.log_odds, atol=1e-12)
        assert one.z == pytest.approx(other.z, rel=1e-6) and one.matches == other.matches


def test_planted_motifs_are_found_and_nothing_else(planted, found):
    assert len(found) == 2 and min(motif.z for motif in found) > SIGNIFICANT
    agreement = np.array(
        [[best_agreement(motif.log_odds, consensus) for consensus in MOTIFS] for motif in found]
    )
    assert agreement.max(0).tolist() == agreement.max(1).tolist() == [12, 12]
    assert agreement.min() < 9, "each is one of them"


def test_a_motif_matches_where_it_was_planted(planted, found):
    for motif in found:
        own = int(np.argmax([best_agreement(motif.log_odds, consensus) for consensus in MOTIFS]))
        assert motif.log_odds.shape == (WIDTH, 4)
        assert motif.matches == pytest.approx(planted.counts[:, own].sum(), rel=0.15)


def test_a_sequence_matches_from_a_share_of_the_best_score_on(found):
    for motif in found:
        best = sum(motif.log_odds[k, base] for k, base in enumerate(motif.log_odds.argmax(1)))
        assert least_score(motif.log_odds) == pytest.approx(MATCHED * best) and best > 0


def test_a_motif_that_only_stands_beside_another_is_not_taken(planted):
    """Where both stand in the same windows, by what the first one explains."""
    rng = np.random.default_rng(6)
    codes = rng.choice(4, planted.codes.shape, p=BACKGROUND).astype(np.uint8)
    first, beside = rng.random((2, len(codes))) < [[0.5], [0.9]]
    codes[first, 10:22] = MOTIFS[0]
    codes[first & beside, 50:62] = MOTIFS[1]
    effect = 2.0 * first[planted.pairs.enhancer] + 2.0 * first[planted.pairs.promoter]
    labels = sigmoid(effect[:, None] + planted.pairs.offset - 2) > rng.random((PAIRS, LINES))
    found = planted.screen(codes=codes, labels=labels.astype(float))
    assert len(found) == 1 and best_agreement(found[0].log_odds, MOTIFS[0]) == 12


def test_a_motif_is_taken_once_whatever_the_shape_of_its_effect(planted):
    """Also where the logarithm of its count does not explain all of it."""
    rng = np.random.default_rng(7)
    effect = 1.5 * (planted.counts[:, 0] == 1)
    effect = effect[planted.pairs.enhancer] + effect[planted.pairs.promoter]
    labels = sigmoid(effect[:, None] + planted.pairs.offset - 1) > rng.random((PAIRS, LINES))
    found = planted.screen(labels=labels.astype(float))
    assert len(found) == 1 and best_agreement(found[0].log_odds, MOTIFS[0]) == 12


def test_no_more_motifs_than_asked_for_and_the_most_telling_first(planted, found):
    same(planted.screen(most=1), found[:1])
    assert planted.screen(most=0) == []


@pytest.mark.parametrize("seed", range(6))
def test_labels_that_have_nothing_to_do_with_dna_give_no_motif(planted, seed):
    """Shuffled between pairs; and where elements differ in how often they loop, whatever their
    DNA.
    """
    rng = np.random.default_rng(seed)
    shuffled = planted.pairs.labels[rng.permutation(PAIRS)]
    assert planted.screen(labels=shuffled) == []
    hub = rng.normal(0, 1.5, len(planted.codes))
    logit = hub[planted.pairs.enhancer] + hub[planted.pairs.promoter]
    of_hubs = sigmoid(logit[:, None] + planted.pairs.offset)
    labels = (rng.random(of_hubs.shape) < of_hubs).astype(float)
    assert planted.screen(labels=labels) == []


def test_what_the_offset_explains_in_all_lines_or_in_one_is_not_taken(planted):
    """Such as lineage motifs, whose effect R explains."""
    rng = np.random.default_rng(2)
    for lines in ([1, 1, 1], [0, 3, 0]):
        offset = planted.pairs.offset + planted.effect[:, None] * lines
        labels = (rng.random(offset.shape) < sigmoid(offset)).astype(float)
        assert planted.screen(labels=labels, offset=offset) == []
        assert planted.screen(labels=labels), "without that offset they are taken"


def test_what_the_covariates_explain_is_not_taken(planted):
    covariates = np.column_stack([planted.pairs.covariates, planted.effect])
    assert planted.screen(covariates=covariates) == []


def test_the_order_of_pairs_and_windows_does_not_matter(planted, found):
    rng = np.random.default_rng(3)
    rows = rng.permutation(PAIRS)
    place = rng.permutation(len(planted.codes))
    codes = np.empty_like(planted.codes)
    codes[place] = planted.codes
    moved = planted.pairs.take(rows)
    again = planted.screen(
        codes=codes,
        **vars(
            dataclasses.replace(
                moved, enhancer=place[moved.enhancer], promoter=place[moved.promoter]
            )
        ),
    )
    same(again, found)


def test_the_strand_of_a_window_does_not_matter(planted, found):
    codes = planted.codes.copy()
    codes[::3] = turned(codes[::3])
    same(planted.screen(codes=codes), found)


def test_names_of_the_ends_do_not_matter(planted, found):
    ends = {"enhancer": planted.pairs.promoter, "promoter": planted.pairs.enhancer}
    same(planted.screen(**ends), found)


def test_a_window_of_no_pair_is_not_read(planted, found):
    others = np.concatenate([np.tile(np.resize(MOTIFS, WINDOW_BP), (40, 1)), planted.codes])
    pairs = planted.pairs
    again = planted.screen(
        codes=others.astype(np.uint8), enhancer=pairs.enhancer + 40, promoter=pairs.promoter + 40
    )
    same(again, found)


def test_a_letter_that_is_no_base_is_part_of_no_motif(planted):
    codes = planted.codes.copy()
    codes[:, ::8] = 4
    assert planted.screen(codes=codes) == []


@pytest.mark.parametrize("width", [1, 3, 6, 20, 30])
def test_filters_of_any_width_are_grown(planted, width):
    motifs = screen_motifs(planted.codes, planted.pairs, 1, width, np.random.default_rng(1))
    assert len(motifs) == 1 and motifs[0].log_odds.shape == (width, 4)


class Read(Exception):
    """Ends a screen once it has read its windows."""


def windows_read(monkeypatch, codes, pairs, seed=0):
    """The windows that a screen takes in."""

    def stop(codes, width):
        raise Read(codes)

    monkeypatch.setattr(motif_screen, "_Windows", stop)
    with pytest.raises(Read) as caught:
        screen_motifs(codes, pairs, 1, WIDTH, np.random.default_rng(seed))
    return caught.value.args[0]


def test_long_windows_are_sampled_within_the_budget(monkeypatch):
    """Of 6000 windows of 2 kb those of a random part of the pairs, as many as fit."""
    codes = np.zeros((6000, 2000), np.uint8)
    codes[:, 0] = np.arange(6000) % 4
    enhancer = np.arange(3000)
    nothing = np.zeros((3000, 1))
    pairs = ScreenedPairs(enhancer, enhancer + 3000, nothing, nothing, nothing)
    read = windows_read(monkeypatch, codes, pairs)
    assert read.size == 8_000_000
    assert (np.bincount(read[:, 0]) > 900).all(), "from everywhere"


def test_short_windows_are_read_all(monkeypatch, planted):
    pairs = planted.pairs
    used = np.unique([*pairs.enhancer, *pairs.promoter])
    np.testing.assert_array_equal(
        windows_read(monkeypatch, planted.codes, pairs), planted.codes[used]
    )


def test_the_sample_depends_on_the_generator_only(monkeypatch):
    codes = np.arange(6000, dtype=np.uint16)[:, None] + np.zeros((1, 2000), np.uint16)
    enhancer = np.arange(3000)
    nothing = np.zeros((3000, 1))
    pairs = ScreenedPairs(enhancer, enhancer + 3000, nothing, nothing, nothing)
    first, again, other = (windows_read(monkeypatch, codes, pairs, seed) for seed in (1, 1, 2))
    assert (first == again).all() and not (first == other).all()


def fitted_by_scipy(design, offset, labels):
    lines = labels.shape[1]

    def loss(beta):
        logit = offset + beta[:lines] + (design @ beta[lines:])[:, None]
        slope = sigmoid(logit) - labels
        value = (np.logaddexp(0, logit) - labels * logit).sum() + RIDGE / 2 * (
            beta[lines:] ** 2
        ).sum()
        gradient = [slope.sum(0), design.T @ slope.sum(1) + RIDGE * beta[lines:]]
        return value, np.concatenate(gradient)

    start = np.zeros(lines + design.shape[1])
    return minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-8}).x


@pytest.mark.parametrize("scale", [0, 1, 6])
def test_the_regression_is_that_of_scipy(scale):
    """Also where the offset is far from what the labels say, and with weights known from before."""
    rng = np.random.default_rng(4)
    design, offset = rng.normal(size=(400, 3)), scale * rng.normal(size=(400, 2)) - scale
    logit = design @ [1, -0.5, 0] + offset.mean(1)
    labels = (rng.random((400, 2)) < sigmoid(logit)[:, None] * [1, 0.4]).astype(float)
    expected = fitted_by_scipy(design, offset, labels)
    for start in (np.zeros(2), expected[:4] + 0.3):
        beta, probability = _logistic(design, offset, labels, start)
        np.testing.assert_allclose(beta, expected, atol=2e-3)
        np.testing.assert_allclose(
            probability, sigmoid(offset + beta[:2] + (design @ beta[2:])[:, None])
        )
    assert np.abs(expected).max() > 0.3


def test_a_line_without_a_loop_and_a_perfect_predictor_stay_finite():
    rng = np.random.default_rng(5)
    design = rng.normal(size=(200, 1))
    labels = np.column_stack([np.zeros(200), design[:, 0] > 0]).astype(float)
    beta, probability = _logistic(design, np.zeros((200, 2)), labels, np.zeros(2))
    assert np.isfinite(beta).all() and np.isfinite(probability).all()
    assert beta[0] < -4 and beta[2] > 1
