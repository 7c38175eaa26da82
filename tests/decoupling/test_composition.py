import dataclasses
from itertools import product

import numpy as np
import pytest

from epidecouple.decoupling.composition import canonical_kinds, composition, kmer_frequencies
from toy_panel import toy_panel

LETTERS = "ACGT"


def reverse_complement(word):
    return word[::-1].translate(str.maketrans(LETTERS, LETTERS[::-1]))


def encoded(*words):
    return np.array([["ACGTN".index(letter) for letter in word] for word in words], dtype=np.uint8)


@pytest.mark.parametrize(("k", "count"), [(1, 2), (2, 10), (3, 32), (6, 2080)])
def test_a_kmer_and_its_reverse_complement_are_of_one_kind(k, count):
    words, kinds = ["".join(letters) for letters in product(LETTERS, repeat=k)], canonical_kinds(k)
    assert kinds.max() + 1 == count == len({min(word, reverse_complement(word)) for word in words})
    kind = dict(zip(words, kinds, strict=True))
    assert all(kind[word] == kind[reverse_complement(word)] for word in words)


def test_shares_are_counted_on_either_strand():
    word = "ACGGTTACA"
    forward, backward = kmer_frequencies(encoded(word, reverse_complement(word)), k=3)
    np.testing.assert_allclose(forward, backward)
    assert forward.sum() == pytest.approx(1)
    repeat = kmer_frequencies(encoded("AAAAAA"), k=3)[0]
    assert repeat.max() == 1 and (repeat > 0).sum() == 1


def test_kmers_with_an_unknown_letter_are_not_counted():
    with_n, without = kmer_frequencies(encoded("ACGTNAAAA", "ACGTACGTA"), k=4)
    assert (with_n > 0).sum() == 2 and with_n.max() == pytest.approx(0.5)
    assert (
        kmer_frequencies(encoded("NNNNNNN"), k=4) == 0
    ).all() and without.sum() == pytest.approx(1)


def test_features_are_of_both_windows():
    panel = toy_panel()
    pairs = np.array([3, 3, 70])
    found = composition(panel, pairs)
    codes = panel.codes[panel.promoter[pairs]]
    np.testing.assert_allclose(found["gc"][:, 1], ((codes == 1) | (codes == 2)).mean(1))
    assert found["kmers"].shape[0] == 3 and found["kmers"].shape[1] % 2 == 0
    np.testing.assert_array_equal(found["kmers"][0], found["kmers"][1])
    assert not np.allclose(found["kmers"][0], found["kmers"][2])


def test_components_depend_on_training_windows_only():
    panel = toy_panel()
    train = panel.rows("train")
    known = np.concatenate([panel.enhancer[train], panel.promoter[train]])
    codes = panel.codes.copy()
    others = np.setdiff1d(np.arange(len(codes)), known)
    codes[others] = 3 - codes[others]
    altered = dataclasses.replace(panel, codes=codes)
    np.testing.assert_allclose(
        composition(altered, train)["kmers"], composition(panel, train)["kmers"]
    )
