"""What is the same in every run: all bytes for one configuration, whatever the cores; energies to
a tolerance where the number of threads differs.
"""

import numpy as np
import pandas as pd
import pytest

from tiny_runs import RUN, TinyRun, differing

pytestmark = pytest.mark.slow
ENERGIES = "evaluate/energies.parquet"
# Logits, of a tiny run whose training has 1 or 2 threads; sums in another order differ in the last
# bit, and training carries that on. docs/safety.md names the measured difference.
TOLERANCE = 1e-4


def energies(run: TinyRun) -> pd.DataFrame:
    """U and R of every pair in every line."""
    return pd.read_parquet(run.run / ENERGIES).filter(regex="^(potential|resistance)")


def test_two_cores_write_the_same_files_as_one(whole, tmp_path, counted):
    run = TinyRun(tmp_path / "two")
    run.configure()
    run.done(cores=2)
    assert differing(whole.contents(), run.contents()) == []
    counted["files equal with one core and two"] += len(whole.contents())


def test_another_number_of_threads_changes_energies_by_less_than_the_tolerance(
    copy, whole, counted
):
    copy.configure(threads=2)
    copy.done(f"{RUN}/{ENERGIES}")
    one, two = energies(whole), energies(copy)
    assert list(one) == list(two) and len(one) == len(two)
    difference = np.abs(one.to_numpy() - two.to_numpy()).max()
    assert difference < TOLERANCE
    counted["largest change of an energy with two threads, in 1e-9 logits"] += round(
        difference * 1e9
    )


def test_what_may_differ_is_times_and_logs(whole):
    """`contents` leaves out no results."""
    every = [path for path in (whole.folder / "results").rglob("*") if path.is_file()]
    compared = set(whole.contents())
    left_out = [p for p in every if str(p.relative_to(whole.folder)) not in compared]
    outside_logs = {path for path in left_out if "logs" not in path.parts}
    assert {path.name for path in outside_logs if path.suffix == ".json"} == {"timing.json"}
    assert {path.suffix for path in left_out} == {".json", ".log", ".tsv"}
    assert not [p for p in left_out if p.suffix == ".tsv" and "benchmarks" not in p.parts]
    assert len(compared) > 3 * len(left_out) / 2
