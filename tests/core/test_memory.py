import dataclasses

import pytest

from epidecouple.core import memory
from epidecouple.core.memory import Files
from toy_panel import toy_config

DEFAULT = toy_config(
    cell_lines=[f"Line{c}" for c in "ABCDEF"],
    held_out_lines=["MixG", "MixH"],
    marks=[f"mark{m}" for m in range(7)],
    diagnose={"processes": 2},
    windows={"sequence_bp": 168, "bins": 8},
    model={"cnn_filters": 64},
    potential={"batch_pairs": 512},
    fine_tuning={"batch_pairs": 512},
)
REAL = toy_config(
    cell_lines=[f"Line{c}" for c in "ABCDEF"],
    held_out_lines=[],
    marks=[f"mark{m}" for m in range(12)],
    windows={"sequence_bp": 2000, "bins": 8, "scales": [100, 200, 300, 400]},
)
DEMO = Files(inputs=1.0, signal=8 * 3.36, windows=1.32)

# Peaks (max_rss, MB) of the default run of 24,000 pairs and of R alone on 207,238 pairs of six cell
# lines.
MEASURED = [
    (memory.training, DEFAULT, DEMO, 739),
    (memory.scoring, DEFAULT, DEMO, 607),
    (memory.probing, DEFAULT, DEMO, 1234),
    (memory.panel, DEFAULT, DEMO, 554),
    (memory.editing, DEFAULT, DEMO, 555),
    (memory.genome, DEFAULT, Files(inputs=5.0, panel=0.79), 200),
    (memory.shard, DEFAULT, Files(inputs=2.0, panel=0.79), 216),
    (memory.shard, REAL, Files(inputs=30.0, panel=6.5), 600),
    (memory.tables, REAL, Files(inputs=13.4), 253),
    (memory.tables, REAL, Files(inputs=104.0), 1827),
    (memory.crossfitting, REAL, Files(inputs=1.0, signal=6 * 89.5), 1358),
    (memory.loop_fitting, REAL, Files(inputs=57.7), 1516),
]


@pytest.mark.parametrize(("formula", "config", "files", "peak"), MEASURED)
def test_formulas_cover_the_peaks_that_were_measured_and_not_much_more(
    formula, config, files, peak
):
    assert peak <= formula(config, files) <= 2.5 * peak


def test_a_prediction_takes_what_its_other_files_do():
    """853 MB were measured for 50,000 rows in eight lines, 723 for a million in one."""
    assert 853 <= memory.prediction(1.0) <= 2.5 * 853
    assert memory.prediction(101.0) - memory.prediction(1.0) == pytest.approx(2000)


def test_scoring_is_bounded_in_the_windows_and_the_panel_grows_by_what_it_maps():
    few, many = (Files(inputs=1.0, windows=windows) for windows in (600, 6000))
    assert memory.scoring(DEFAULT, many) - memory.scoring(DEFAULT, few) == pytest.approx(6000 - 600)
    longer = dataclasses.replace(few, signal=700)
    assert 700 < memory.scoring(DEFAULT, longer) - memory.scoring(DEFAULT, few) < 1400


def test_a_wider_encoder_larger_batches_and_the_deep_encoder_need_more():
    files = Files(inputs=1.0, windows=100)
    wide = toy_config(model={"cnn_filters": 128}, windows={"sequence_bp": 168})
    large = toy_config(potential={"batch_pairs": 4096}, windows={"sequence_bp": 168})
    deep = toy_config(model={"encoder": "deep"}, windows={"sequence_bp": 168})
    small = toy_config(windows={"sequence_bp": 168})
    assert memory.training(small, files) < memory.training(large, files)
    assert memory.scoring(small, files) < memory.scoring(wide, files) < memory.scoring(deep, files)


def test_an_encoder_of_motifs_needs_the_screen_and_room_for_the_one_that_may_replace_it():
    cnn, motifs, wide = (
        toy_config(model=model, windows={"sequence_bp": 2000})
        for model in (
            {"encoder": "cnn", "cnn_filters": 64, "filters": 16},
            {"encoder": "motifs", "cnn_filters": 64, "filters": 16},
            {"encoder": "motifs", "cnn_filters": 64, "filters": 128},
        )
    )
    few, many, most = (Files(inputs=1.0, windows=windows) for windows in (0.1, 8, 80))
    assert memory.scoring(cnn, many) == memory.scoring(motifs, many) < memory.scoring(wide, many)
    assert memory.training(cnn, few) == memory.training(motifs, few)
    assert 900 < memory.training(motifs, many) - memory.panel(motifs, many) < 1800
    screens = [memory.training(motifs, size) - memory.panel(motifs, size) for size in (many, most)]
    assert screens[0] == screens[1] > memory.training(cnn, most) - memory.panel(cnn, most)


def test_densities_of_the_way_take_room_in_a_shard():
    without, with_way = (toy_config(windows={"way": way}) for way in (False, True))
    files = Files(inputs=1.0, panel=6.0)
    assert memory.shard(with_way, files) > memory.shard(without, files) + 8 * 0.2 * 8


def test_human_chromosomes_fit_whatever_the_size_of_the_fasta():
    assert memory.genome(REAL, Files(inputs=3100.0)) == memory.genome(REAL, Files(inputs=900.0))
