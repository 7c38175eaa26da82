import dataclasses
import time

import numpy as np
import pytest

from epidecouple.decoupling.probe_runner import information_table, start_probes, table_metrics
from epidecouple.statistics.permutation import Exchangeable
from epidecouple.statistics.probes import LinearProbe, boosting_probe, v_information
from toy_panel import toy_config
from toy_probes import CONFIG, question


def test_answers_are_those_of_the_probes_in_the_order_asked():
    asked = [question("boosted", 2), question(), question(gap=0, permutations=0)]
    found = start_probes(asked, CONFIG, 0)()
    probes = (boosting_probe(CONFIG.boosting_rounds), LinearProbe, LinearProbe)
    for q, answer, probe in zip(asked, found, probes, strict=True):
        assert answer.question is q
        assert answer.observed.bits == v_information(q.x, q.c, q.groups, probe, CONFIG.folds).bits
        assert answer.floor.bits == v_information(q.floor, q.c, q.groups, probe, CONFIG.folds).bits
        assert len(answer.null) == q.permutations


def test_numbers_do_not_depend_on_how_the_work_is_shared_out():
    asked = [question(), question("boosted", 3)]
    shared = [CONFIG.model_copy(update={"processes": count}) for count in (1, 2)]
    one, two = (information_table(start_probes(asked, each, 0)(), each, 0) for each in shared)
    np.testing.assert_allclose(one.select_dtypes("number"), two.select_dtypes("number"), rtol=1e-9)


def test_rows_of_the_table_hold_intervals_floor_null_and_p():
    table = information_table(
        start_probes([question(), question(gap=0, name="nothing")], CONFIG, 0)(), CONFIG, 0
    )
    shifted, nothing = table.iloc[0], table.iloc[1]
    assert shifted.bits / shifted.entropy == pytest.approx(shifted.fraction)
    assert shifted.fraction_lower < shifted.fraction < shifted.fraction_upper
    assert shifted.change == pytest.approx(shifted.fraction - shifted.floor)
    assert shifted.p == 1 / 6 < nothing.p <= 1
    assert shifted.null_mean <= shifted.null_largest < 0.01 < shifted.fraction
    assert (shifted.rows, shifted.features, shifted.permutations) == (600, 4, 5)


def test_what_was_not_measured_is_no_metric():
    bare = question(floor=None, permutations=0, resampled=False, name="bare")
    table = information_table(start_probes([question(), bare], CONFIG, 0)(), CONFIG, 0)
    metrics = table_metrics(table)
    assert {name for name in metrics if name.startswith("bare")} == {"bare"}
    expected = {
        f"z_line_linear{part}{bound}"
        for part in ("", "_floor", "_change")
        for bound in ("", "_lower", "_upper")
    }
    assert {name for name in metrics if name.startswith("z_line")} == expected | {"z_line_linear_p"}
    assert metrics["z_line_linear_floor_upper"] == table.floor_upper[0]


def test_within_values_of_another_column_information_is_conditional():
    rng = np.random.default_rng(0)
    given = rng.integers(0, 2, 600)
    q = question(condition=given, permutations=0)
    explained = dataclasses.replace(
        q, c=given, x=given[:, None] + rng.normal(0, 0.1, (600, 1)), floor=None
    )
    conditional, gone = start_probes([q, explained], CONFIG, 0)()
    assert conditional.observed.fraction > 0.1 and np.isnan(gone.observed.entropy)


@pytest.mark.slow
def test_all_nulls_of_one_representation_take_less_than_three_minutes_on_two_cores():
    rng = np.random.default_rng(0)
    n, c, groups = 12_000, rng.integers(0, 6, 12_000), rng.integers(0, 22, 12_000)
    settings = toy_config(diagnose={"processes": 2, "folds": 4, "boosting_rounds": 15}).diagnose
    asked = [
        question(
            probe,
            count,
            x=rng.normal(size=(n, 64)),
            floor=None,
            c=c,
            groups=groups,
            units=Exchangeable(np.arange(n), groups),
        )
        for probe, count in (("linear", 200), ("boosted", 50))
    ]
    started = time.perf_counter()
    linear, boosted = start_probes(asked, settings, 0)()
    assert time.perf_counter() - started < 180
    assert (len(linear.null), len(boosted.null)) == (200, 50) and max(
        linear.null + boosted.null
    ) < 0.005
