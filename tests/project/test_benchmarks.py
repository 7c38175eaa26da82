"""The benchmarks that need no peer, on small sizes: they run, compare like with like, and ours is
the arm of ratio 1.
"""

import importlib
import sys

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.sections.data import SimulationConfig
from epidecouple.model.scoring import score_resistance
from pipeline import ROOT

SMALL = {
    "training": {"PAIRS": 1500, "ELEMENTS": 200, "STEPS": 1, "LENGTH": 100, "BATCH": 64},
    "scoring": {"PAIRS": 1500, "ELEMENTS": 100, "FEW": 600, "LENGTH": 100},
    "limits": {"WINDOWS": 9000, "LENGTH": 100, "BATCH": 8, "SIDE": 64},
}


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield
    for name in (*SMALL, "scaling", "growth", "world", "timing"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_runs_and_ours_is_the_arm_of_ratio_1(name, monkeypatch):
    module = importlib.import_module(name)
    for constant, value in SMALL[name].items():
        monkeypatch.setattr(module, constant, value)
    rows = module.rows()
    assert {row.ratio for row in rows if row.arm == "epidecouple"} == {1.0}
    assert all(
        row.seconds > 0 and row.per_second == pytest.approx(row.items / row.seconds) for row in rows
    )


def test_ratios_are_of_things_per_second(monkeypatch):
    timing = importlib.import_module("timing")
    clock = iter([0, 2, 10, 11])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    ours, other = timing.compare(
        "b", "s", {"epidecouple": timing.Arm(int, 100), "other": timing.Arm(int, 5)}, repeats=1
    )
    assert (ours.per_second, other.per_second, other.ratio) == (50, 5, 10)


def test_scoring_by_either_way_gives_the_same_numbers():
    scoring, world = importlib.import_module("scoring"), importlib.import_module("world")
    config = world.configuration(2, 2, windows={"sequence_bp": 100})
    data = world.panel(config, 600, 50)
    model = scoring.EnergyModel(config, config.reference.loci).eval()
    pairs = np.arange(len(data.enhancer))
    assert scoring.score_potential(model, data, pairs) == pytest.approx(
        scoring.pair_by_pair(model, data, pairs), abs=1e-4
    )
    assert np.isfinite(score_resistance(model, data, pairs, [0, 1])).all()


def test_scaling_shards_and_scores_what_it_was_asked():
    found = importlib.import_module("scaling").measured(300, 2)
    assert (
        0 < found["pairs"] <= 300
        and found["lines"] == 2
        and found["shard"] > 0
        and found["score"] > 0
        and found["memory_mb"] > 50
    )


def test_growth_reads_the_last_line_of_a_log_and_fits_tables_of_several_blocks(tmp_path):
    growth = importlib.import_module("growth")
    (tmp_path / "a.log").write_text("# peak 1 MB\nscored\n# peak 612 MB, 3.5 s\n")
    assert growth.end_of(tmp_path / "a.log") == (612, 3.5)
    pairs = np.array([10_000, 200_000, 1_000_000])
    line = pd.DataFrame({"what": "predict", "stage": "s", "pairs": pairs}).assign(
        peak_mb=np.where(pairs < growth.FITTED_FROM["predict"], 1, 600 + 50 * pairs / 1e6),
        seconds=4 + 60 * pairs / 1e6,
    )
    fit = growth.fits(line).iloc[0, 2:].astype(float).tolist()
    assert fit == pytest.approx([600, 50, 4, 60, (64_000 - 600) / 50 * 1e6])


def test_growth_adds_pairs_to_a_world_and_nothing_else(monkeypatch):
    growth = importlib.import_module("growth")
    chromosomes = growth.FIXED_CHROMOSOMES
    config = SimulationConfig(pairs=120, chromosomes=chromosomes, enhancers=120, promoters=60)
    world = growth.simulate(config, growth.FIXED_LINES, [], seed=1)
    pairs = growth.more_pairs(world, 600)
    ends = [*zip(pairs.enhancer, pairs.promoter, strict=True)]
    assert len(set(ends)) == len(pairs) == 600 and set(pairs.line) == {0, 1, 2}
    label = {
        (*ends, line): labels[line]
        for *ends, labels in zip(
            world.pairs.enhancer, world.pairs.promoter, world.labels, strict=True
        )
        for line in range(3)
    }
    known = [label.get((*pair, line), 0) for pair, line in zip(ends, pairs.line, strict=True)]
    assert pairs.label.tolist() == known and sum(known) > 3
    table = growth.listed(world, pairs[:1], growth.FIXED_LINES[1])
    first = world.loci.iloc[pairs.enhancer[0]]
    assert table.enhancer_name[0] == f"LineB|{first.chrom}:{first.mid - 170}-{first.mid + 170}"
