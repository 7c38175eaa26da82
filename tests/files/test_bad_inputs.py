"""What a wrong or unusual input is told: the rows of docs/tables/bad_inputs.md."""

from collections import Counter

import pytest
from bad_inputs import READ, READERS, REFUSED, outcome

from toy import says


def label(case) -> str:
    return f"{case.reader}: {case.what}"


@pytest.mark.parametrize("case", REFUSED, ids=label)
def test_a_wrong_input_is_refused_with_its_reason(case, tmp_path):
    refused, message = outcome(case, tmp_path)
    assert refused, message
    says(message, case.told)


@pytest.mark.parametrize("case", READ, ids=label)
def test_an_unusual_input_is_read(case, tmp_path):
    refused, read = outcome(case, tmp_path)
    assert not refused and case.told in read, read


def test_the_page_has_many_inputs_of_every_reader():
    counts = Counter(case.reader for case in REFUSED)
    assert len(REFUSED) >= 60 and set(counts) == set(READERS)
