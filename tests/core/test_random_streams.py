import numpy as np

from epidecouple.core.random_streams import Stream, rng_for
from epidecouple.statistics.jackknife import STREAM


def test_a_stream_is_its_seed_its_name_and_its_part():
    first = rng_for(1, Stream.BATCHES, 2).random(5)
    np.testing.assert_array_equal(first, rng_for(1, Stream.BATCHES, 2).random(5))
    others = [
        rng_for(2, Stream.BATCHES, 2),
        rng_for(1, Stream.SUBSET_PAIRS, 2),
        rng_for(1, Stream.BATCHES, 3),
    ]
    assert all((rng.random(5) != first).any() for rng in others)


def test_no_stream_has_the_number_of_the_intervals():
    assert STREAM not in list(Stream)
