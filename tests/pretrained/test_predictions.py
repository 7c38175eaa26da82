"""What is counted of predictions while they are written."""

import logging

import pandas as pd

from epidecouple.pretrained.predictions import Counted


def test_reasons_that_differ_by_numbers_are_one_kind_with_its_first_row(caplog):
    """So memory does not grow with rows that lie in wrong places, each at another one."""
    caplog.set_level(logging.INFO)
    reasons = [f"the element ends at {row}, beyond chr1 of 9 bp" for row in range(7)]
    table = pd.DataFrame({"row": range(2, 10), "reason": [*reasons, ""]})
    counted = Counted()
    blocks = [table.iloc[:3], table.iloc[3:]]
    assert pd.concat(counted.of(blocks)).equals(table)
    counted.log()
    assert counted.counts == {"rows": 8, "scored": 1, "not_scored": 7}
    assert [record.getMessage() for record in caplog.records] == [
        "1 of 8 rows scored",
        f"not scored: 7 rows, like row 2: {reasons[0]}",
    ]
