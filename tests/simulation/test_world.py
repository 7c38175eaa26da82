import numpy as np
import pytest

from epidecouple.simulation.chromatin import LOADINGS
from epidecouple.simulation.world import KINDS, MOTIF_LENGTH, motif_probabilities, simulate
from toy import same_records, toy_config

CONFIG = toy_config().simulation
LINES, HELD_OUT = ["A", "B", "C", "D"], ["E"]


def world_of(seed: int = 1, **simulation):
    return simulate(toy_config(simulation=simulation).simulation, LINES, HELD_OUT, seed)


@pytest.fixture(scope="module")
def world():
    return world_of()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_shapes(world):
    n, lines, loci = len(world.pairs), 5, len(world.loci)
    assert world.resistance.shape == world.labels.shape == (
        n,
        lines,
    ) and world.potential.shape == world.origin.shape == (n,)
    assert world.strength.shape == (loci, lines, len(LOADINGS)) and world.barriers.shape == (
        loci,
        lines,
    )
    assert world.codes.shape == (world.loci.element.sum(), 168) and world.codes.max() == 3
    assert world.loci.kind.value_counts()[list(KINDS)].tolist() == [220, 110, 55, 55]


def test_same_seed_same_world_and_another_seed_another(world):
    assert same_records(world, world_of())
    assert not same_records(world, world_of(seed=2))


def test_pairs_are_distinct_and_join_an_enhancer_and_a_promoter_of_one_chromosome(world):
    ends = [
        world.loci.loc[world.pairs[kind]].reset_index(drop=True)
        for kind in ("enhancer", "promoter")
    ]
    assert not world.pairs.duplicated().any() and len(world.pairs) == 594
    assert (ends[0].kind == "enhancer").all() and (ends[1].kind == "promoter").all()
    assert (ends[0].chrom == ends[1].chrom).all()


def test_pairs_are_not_farther_apart_than_allowed():
    world = world_of(max_distance_bp=20_000)
    mid = world.loci.mid.to_numpy()
    far = np.abs(mid[world.pairs.enhancer] - mid[world.pairs.promoter])
    assert 10_000 < far.max() <= 20_000


def test_loci_do_not_touch(world):
    gaps = world.loci.groupby("chrom").mid.diff().dropna()
    assert gaps.min() >= 2000 - 400


def test_resistance_is_never_negative_and_differs_between_lines(world):
    assert world.resistance.min() >= 0 and world.resistance.std(1).mean() > 0.2


def test_offsets_give_the_base_rates():
    world = world_of(pairs=2200, prevalence_shift=0, base_rate=0.2)
    energy = world.potential[:, None] - world.resistance - world.offset
    assert sigmoid(energy).mean(0) == pytest.approx(0.2, abs=1e-6)
    assert world.labels.mean(0) == pytest.approx(0.2, abs=0.04)


def test_labels_follow_the_energies():
    world = world_of(pairs=2200)
    probability = sigmoid(world.potential[:, None] - world.resistance - world.offset)
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)):
        cell = (probability >= low) & (probability < high)
        assert world.labels[cell].mean() == pytest.approx(
            probability[cell].mean(), abs=4 * (0.25 / cell.sum()) ** 0.5
        )


def test_spread_of_the_potential_is_the_configured_one():
    assert world_of(potential_sd=3, hub_sd=0).potential.std() == pytest.approx(3)
    assert world_of(potential_sd=0, hub_sd=0).potential.std() == 0


def test_without_barriers_everything_stays_finite():
    world = world_of(barriers=0)
    assert np.isfinite(world.resistance).all() and world.labels.any()


def test_barriers_between_the_ends_raise_the_resistance(world):
    """R grows with the number of active barriers between the two ends, counted here locus by
    locus.
    """
    counted = [
        world.barriers[min(pair) : max(pair)].sum(0) / (max(pair) - min(pair))
        for pair in world.pairs.to_numpy()
    ]
    within = [
        array - array.mean(1, keepdims=True) for array in (np.array(counted), world.resistance)
    ]
    assert np.corrcoef(within[0].ravel(), within[1].ravel())[0, 1] > 0.1
    assert not world.barriers[world.loci.kind != "barrier"].any()


def test_composition_decides_in_which_table_a_pair_is_listed():
    """Without it the lines list the same share of the pairs, up to chance; with it some list far
    more.
    """
    even, uneven = (
        np.bincount(world_of(pairs=2200, composition=kappa).origin, minlength=5) / 2200
        for kappa in (0, 6)
    )
    assert abs(even - 0.2).max() < 0.035 < abs(uneven - 0.2).max()
    assert even.sum() == uneven.sum() == 1


def test_windows_hold_planted_motifs(world):
    """Aligned 12-mers recur far more often than they would by chance in windows without motifs."""
    blocks = world.codes.reshape(-1, MOTIF_LENGTH)
    _, counts = np.unique(blocks, axis=0, return_counts=True)
    assert counts.max() > 30
    shuffled = np.random.default_rng(0).permuted(blocks, axis=1)
    assert np.unique(shuffled, axis=0, return_counts=True)[1].max() < 10


def test_a_biological_offset_moves_marks_and_resistance_of_a_line_together():
    plain, shifted = (world_of(pairs=2200, barriers=0, biological_offset=size) for size in (0, 1.5))
    dnase = list(LOADINGS).index("DNase")
    moved = (shifted.strength - plain.strength)[:, :, dnase]
    np.testing.assert_allclose(moved - moved.mean(0), 0, atol=1e-9)
    assert np.ptp(moved.mean(0)) > 1
    raised = (shifted.resistance - plain.resistance).mean(0)
    assert np.argsort(moved.mean(0)).tolist() == np.argsort(-raised).tolist(), (
        "open lines resist less"
    )
    np.testing.assert_array_equal(plain.potential, shifted.potential)


def test_lineage_motifs_are_no_part_of_the_potential():
    world = world_of(pairs=2200)
    assert world.lineage.shape == (2200, 4) and world.lineage.min() >= 0
    assert max(abs(np.corrcoef(world.potential, motif)[0, 1]) for motif in world.lineage.T) < 0.15


def test_a_prevalence_shift_is_that_of_training_lines_and_never_makes_everything_positive():
    rates = world_of(pairs=2200, prevalence_shift=1.5, base_rate=0.2).labels.mean(0)
    assert np.ptp(rates[:4]) > 0.15 and rates.max() < 0.55
    assert rates[4] == pytest.approx(0.2, abs=0.04)


def test_the_motifs_of_a_world_are_those_planted_in_its_windows(world):
    """Windows hold each consensus, on both strands, far more often than a random word."""
    config = toy_config(simulation={}).simulation
    kinds = {"grammar": config.grammar_motifs, "lineage": len(LINES), "decoy": config.decoy_motifs}
    assert list(world.motifs) == [
        f"{kind}_{k + 1}" for kind, size in kinds.items() for k in range(size)
    ]
    windows = np.lib.stride_tricks.sliding_window_view(world.codes, MOTIF_LENGTH, axis=1)
    for consensus in world.motifs.values():
        for word in (consensus, 3 - consensus[::-1]):
            assert (windows == word).all(2).sum() > 10


def test_probabilities_of_a_motif_are_those_of_its_instances():
    found = motif_probabilities(CONFIG, np.array([2, 0]))
    np.testing.assert_allclose(
        found, [[0.0125, 0.0125, 0.9625, 0.0125], [0.9625, 0.0125, 0.0125, 0.0125]]
    )
