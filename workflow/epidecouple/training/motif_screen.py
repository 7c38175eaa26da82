"""A screen for motifs that tell looping pairs from others, by which the filters of U start.

k-mers are tested against what R, tau and distance leave unexplained; the most telling one is grown
into a matrix of log odds, its matches are explained away, and the next one is looked for. Only
training pairs are read, and no list of motifs: what stands in `motifs` of the configuration plays
no part here.
"""

from dataclasses import dataclass

import numpy as np
import torch

from ..core.batch_sizes import BASES_SCREENED
from ..core.dna import BASES
from ..model.motif_encoder import edge_bp, least_score
from ..model.sequence import both_strands, one_hot

K = 8
FEWEST_ELEMENTS = 15
# Two ends give a sum of two squares, chi-square with 2 degrees of freedom: 5.2 ** 2 is p < 0.05
# after Bonferroni over all 8-mers.
SIGNIFICANT = 5.2
# A mismatch costs a position at most this much, so that one changed base does not hide an instance.
LOWEST_LOG_ODDS = -1.5
REFINEMENTS = 3
NEWTON_STEPS, HALVINGS, RIDGE, CONVERGED = 20, 10, 1.0, 1e-3


@dataclass(frozen=True)
class ScreenedPairs:
    """What the screen reads of n training pairs in C lines.

    enhancer, promoter : int (n,), rows of the table of windows
    covariates : float (n, k), what is known to matter beside DNA, such as distance
    offset : float (n, C), the logit that R and tau give; labels : (n, C), 0 or 1
    """

    enhancer: np.ndarray
    promoter: np.ndarray
    covariates: np.ndarray
    offset: np.ndarray
    labels: np.ndarray

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the windows at both ends."""
        return self.enhancer, self.promoter

    def take(self, rows: np.ndarray) -> "ScreenedPairs":
        """Some of the pairs."""
        return ScreenedPairs(*(values[rows] for values in vars(self).values()))


@dataclass(frozen=True)
class ScreenedMotif:
    """log_odds : float (width, 4); z : how telling the k-mer was that it grew from; matches : how
    often it stands in the windows.
    """

    log_odds: np.ndarray
    z: float
    matches: int


def screen_motifs(
    codes: np.ndarray, pairs: ScreenedPairs, most: int, width: int, rng: np.random.Generator
) -> list[ScreenedMotif]:
    """Up to `most` motifs of `width` bp, in the order in which they were taken; none where no k-mer
    is significant.

    codes : uint8 (n_windows, L), both ends of all pairs
    Ridge logistic regression with an intercept per line gives what is expected of each pair; the
    surplus of loops of an element's pairs, summed over the elements with a k-mer, is its z at
    either end; z_E^2 + z_P^2 decides.
    """
    pairs = _within_budget(pairs, codes.shape[1], rng)
    used, inverse = np.unique(np.concatenate(pairs.ends), return_inverse=True)
    windows, ends = _Windows(codes[used], width), np.split(inverse, 2)
    design, weights = pairs.covariates.astype(float), np.zeros(pairs.labels.shape[1])
    motifs: list[ScreenedMotif] = []
    while len(motifs) < most:
        weights, expected = _logistic(design, pairs.offset, pairs.labels, weights)
        chi2 = windows.words.chi2(ends, (pairs.labels - expected).sum(1))
        word = int(chi2.argmax())
        if chi2[word] < SIGNIFICANT**2:
            break
        log_odds = windows.grow(word)
        hits = windows.explain(word, log_odds)
        count = np.log1p(hits)
        design = np.column_stack([design, count[ends[0]], count[ends[1]]])
        motifs.append(ScreenedMotif(log_odds, float(np.sqrt(chi2[word])), int(hits.sum())))
    return motifs


def _within_budget(pairs: ScreenedPairs, window_bp: int, rng: np.random.Generator) -> ScreenedPairs:
    """Pairs in random order, as many as stay within `BASES_SCREENED` of windows."""
    order = rng.permutation(len(pairs.enhancer))
    both = np.stack([pairs.enhancer[order], pairs.promoter[order]], axis=1).ravel()
    first = np.zeros(len(both), bool)
    first[np.unique(both, return_index=True)[1]] = True
    windows = np.cumsum(first)[1::2]
    return pairs.take(np.sort(order[windows * window_bp <= BASES_SCREENED]))


class _Words:
    """Which k-mers stand in which windows, the smaller of a k-mer and its reverse complement.

    remaining : how often each (window, k-mer) stands where no motif has been explained away yet
    """

    def __init__(self, codes: np.ndarray) -> None:
        words = _canonical_words(codes)
        keys = words + np.arange(len(words), dtype=np.int64)[:, None] * 4**K
        known = words >= 0
        unique, index = np.unique(keys[known], return_inverse=True)
        self.windows = len(words)
        self.window, self.word = unique >> (2 * K), unique & (4**K - 1)
        self.index: np.ndarray = np.full(words.shape, -1)
        self.index[known] = index
        self.remaining = np.bincount(index, minlength=len(unique))

    def remove(self, window: np.ndarray, start: np.ndarray) -> None:
        """Take k-mers out at some places: window and start (n,), outside a window ignored."""
        inside = (start >= 0) & (start < self.index.shape[1])
        window, start = np.unique(np.stack([window[inside], start[inside]]), axis=1)
        index = self.index[window, start]
        self.remaining -= np.bincount(index[index >= 0], minlength=len(self.remaining))
        self.index[window, start] = -1

    def forget(self, word: int) -> None:
        """Take a k-mer out wherever it stands."""
        self.remaining[self.word == word] = 0

    def chi2(self, ends: list[np.ndarray], surplus: np.ndarray) -> np.ndarray:
        """z_E^2 + z_P^2 (4^K,) of each k-mer; ends : windows (n,) of each pair; surplus : (n,).

        The variance of a sum is half its own and half the pooled one: its own alone is unsure with
        few windows. 0 where a k-mer stands in too few.
        """
        total = np.zeros(4**K)
        for end in ends:
            of_window = np.bincount(end, weights=surplus, minlength=self.windows)
            there = np.bincount(end, minlength=self.windows) > 0
            seen = (self.remaining > 0) & there[self.window]
            word, values = self.word[seen], of_window[self.window[seen]]
            count, summed, own = (
                np.bincount(word, weights=weights, minlength=4**K)
                for weights in (None, values, values**2)
            )
            variance = own / 2 + count * np.square(of_window[there]).mean() / 2
            z2 = summed**2 / np.maximum(variance, np.finfo(float).tiny)
            total += np.where(count >= FEWEST_ELEMENTS, z2, 0)
        return total


def _canonical_words(codes: np.ndarray) -> np.ndarray:
    """The k-mer at each position, int64 (n, L - K + 1): bases as digits; -1 where there is an N."""
    places = codes.shape[1] - K + 1
    forward, backward = np.zeros((2, len(codes), places), np.int64)
    known = np.ones((len(codes), places), bool)
    for j in range(K):
        base = codes[:, j : j + places].astype(np.int64)
        known &= base < len(BASES)
        forward, backward = forward * 4 + base, backward + ((3 - base) << (2 * j))
    return np.where(known, np.minimum(forward, backward), -1)


class _Windows:
    """Windows padded by N, in which motifs of a width are grown and found again."""

    def __init__(self, codes: np.ndarray, width: int) -> None:
        self.width, self.padding = width, edge_bp(width)
        self.codes = np.pad(codes, ((0, 0), (self.padding,) * 2), constant_values=len(BASES))
        self.hot = one_hot(torch.from_numpy(self.codes))
        bases = np.bincount(codes.ravel(), minlength=len(BASES) + 1)[: len(BASES)]
        self.background = (bases + bases[::-1]) / (2 * bases.sum())
        self.words = _Words(codes)

    def grow(self, word: int) -> np.ndarray:
        """Log odds (width, 4) of the sequences around a k-mer, collected anew a few times."""
        log_odds = self._log_odds(self._around(word))
        for _ in range(REFINEMENTS):
            window, strand, start = np.nonzero(self._matches(log_odds))
            turned = strand == 1
            counts = self._counts(window[~turned], start[~turned], self.width)
            counts += _turned(self._counts(window[turned], start[turned], self.width))
            log_odds = self._log_odds(counts)
        return log_odds

    def explain(self, word: int, log_odds: np.ndarray) -> np.ndarray:
        """Take a motif's matches out of the words; returns matches per window (n,)."""
        matches = self._matches(log_odds)
        window, _, start = np.nonzero(matches)
        overlapping = np.arange(1 - K, self.width)
        starts = (start - self.padding)[:, None] + overlapping
        self.words.remove(np.repeat(window, len(overlapping)), starts.ravel())
        self.words.forget(word)
        return matches.sum((1, 2))

    def _matches(self, log_odds: np.ndarray) -> np.ndarray:
        """Where a motif matches: bool (n, 2 strands, places), starts in the padded windows."""
        weight = both_strands(torch.from_numpy(log_odds.T[None].astype(np.float32)))
        scores = torch.nn.functional.conv1d(self.hot, weight)
        return (scores > least_score(log_odds)).numpy()

    def _around(self, word: int) -> np.ndarray:
        """Base counts (width, 4) around places within one mismatch of a k-mer, cut to where they
        say most.
        """
        letters = (word >> (2 * np.arange(K)[::-1])) & 3
        flank, wide = self.padding, K + 2 * self.padding
        counts = self._counts(*self._near(letters, flank), wide)
        counts += _turned(self._counts(*self._near(3 - letters[::-1], flank), wide))
        share = (counts + 1) / (counts + 1).sum(1, keepdims=True)
        information = (share * np.log2(4 * share)).sum(1)
        start = int(np.convolve(information, np.ones(self.width), "valid").argmax())
        return counts[start : start + self.width]

    def _near(self, letters: np.ndarray, flank: int) -> tuple[np.ndarray, np.ndarray]:
        """Windows and starts, `flank` before the k-mer, of places with at most one other base."""
        places = self.codes.shape[1] - K - 2 * flank + 1
        mismatches = np.zeros((len(self.codes), places), np.uint8)
        for j, letter in enumerate(letters):
            mismatches += self.codes[:, flank + j : flank + j + places] != letter
        window, start = np.nonzero(mismatches <= 1)
        return window, start

    def _counts(self, window: np.ndarray, start: np.ndarray, width: int) -> np.ndarray:
        """Base counts (width, 4) over sequences of the padded windows."""
        sequences = self.codes[window[:, None], start[:, None] + np.arange(width)]
        return np.stack([(sequences == base).sum(0) for base in range(len(BASES))], axis=1)

    def _log_odds(self, counts: np.ndarray) -> np.ndarray:
        share = (counts + 1) / (counts + 1).sum(1, keepdims=True)
        return np.maximum(np.log(share / self.background), LOWEST_LOG_ODDS)


def _turned(counts: np.ndarray) -> np.ndarray:
    """Counts of the reverse complement."""
    return counts[::-1, ::-1]


def _logistic(
    design: np.ndarray, offset: np.ndarray, labels: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ridge logistic regression with an intercept per line, by Newton steps that never lose
    likelihood.

    design : (n, k); start : intercepts (C,), then the weights known so far. Returns intercepts and
    weights (C + k,), and probabilities (n, C). A cold start with whole steps diverges.
    """
    lines, size = labels.shape[1], design.shape[1]
    beta = np.concatenate([start, np.zeros(lines + size - len(start))])

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        logit = offset + at[:lines] + (design @ at[lines:])[:, None]
        fit = (np.logaddexp(0, logit) - labels * logit).sum()
        return float(fit + RIDGE / 2 * (at[lines:] ** 2).sum()), 1 / (1 + np.exp(-logit))

    value, expected = loss(beta)
    for _ in range(NEWTON_STEPS):
        step = _newton_step(design, labels, expected, beta[lines:])
        for _ in range(HALVINGS):
            next_value, next_expected = loss(beta + step)
            if next_value <= value:
                break
            step = step / 2
        else:
            break
        gain, beta, value, expected = value - next_value, beta + step, next_value, next_expected
        if gain < CONVERGED:
            break
    return beta, expected


def _newton_step(
    design: np.ndarray, labels: np.ndarray, expected: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    slope, curve = labels - expected, expected * (1 - expected)
    across = curve.T @ design
    within = (design * curve.sum(1)[:, None]).T @ design + RIDGE * np.eye(design.shape[1])
    hessian = np.block([[np.diag(curve.sum(0) + 1e-6), across], [across.T, within]])
    gradient = np.concatenate([slope.sum(0), design.T @ slope.sum(1) - RIDGE * weights])
    return np.linalg.solve(hessian, gradient)
