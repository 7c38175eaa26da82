import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from epidecouple.diagnose import (
    NaturalRows,
    beside_floor,
    diagnose,
    g_on_line,
    information_of_z,
    line_states,
    natural_rows,
    null_of_line,
    scrubbed_reference,
    z_and_e,
)
from epidecouple.scoring import score_resistance
from epidecouple.train import new_model, start_prototypes
from toy_panel import N_REFERENCE, toy_config, toy_panel

CONFIG = toy_config()
CHROMOSOMES = np.array([f"chr{k}" for k in range(1, 9)])


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()


def with_reference(panel, change):
    """The panel with `change(reference, line)` for the reference signal of every line."""
    shards = [dataclasses.replace(s, reference=change(s.reference.astype(np.float32), c)) for c, s in enumerate(panel.shards)]
    return dataclasses.replace(panel, shards=shards)


def test_natural_rows_are_published_rows_of_the_lines(panel):
    lines = [2, 0]
    rows = natural_rows(panel, lines, CONFIG)
    assert set(rows.line) == {0, 2}
    np.testing.assert_array_equal(rows.label, panel.published[rows.pair, rows.line])
    np.testing.assert_array_equal(rows.chrom, panel.chrom[rows.pair])
    assert rows.label.min() == 0
    assert len(rows.pair) == (panel.published[:, lines] >= 0).sum() == len(set(zip(rows.pair, rows.line, strict=True)))


def test_natural_rows_are_drawn_when_there_are_too_many(panel):
    few = dataclasses.replace(CONFIG, diagnose=dataclasses.replace(CONFIG.diagnose, rows=50))
    rows, again = natural_rows(panel, [0, 1, 2], few), natural_rows(panel, [0, 1, 2], few)
    assert len(set(zip(rows.pair, rows.line, strict=True))) == 50
    np.testing.assert_array_equal(rows.pair, again.pair)


def planted(n=1200, line_gap=0.0, label_gap=0.0, seed=0):
    """Natural rows and a z of four dimensions that says as much about line and label as asked."""
    rng = np.random.default_rng(seed)
    line, label, chrom = rng.integers(0, 3, n), rng.integers(0, 2, n), rng.choice(CHROMOSOMES, n)
    z = rng.normal(size=(n, 4))
    z[:, 0] += line_gap * (line == 1)
    z[:, 1] += label_gap * label
    return z, NaturalRows(np.arange(n), line, label, chrom)


def test_what_z_was_given_is_what_is_found():
    found = {name: information_of_z(*planted(**gaps), CONFIG, boosted=True) for name, gaps in
             {"nothing": {}, "line": {"line_gap": 3}, "label": {"label_gap": 3}}.items()}  # fmt: skip
    names = {"z_line_linear", "z_line_given_label", "z_label_given_line", "z_line_boosted"}
    about_line = names - {"z_label_given_line"}
    for name in names:
        assert found["nothing"][name].fraction < 0.01
        assert (found["line"][name].fraction > 0.2) == (name in about_line)
        assert (found["label"][name].fraction > 0.2) == (name not in about_line)
    assert "z_line_boosted" not in information_of_z(*planted(), CONFIG, boosted=False)


def test_change_is_trained_minus_floor_on_the_same_rows():
    (z, rows), (floor, _) = planted(line_gap=3), planted(line_gap=0)
    trained, untrained = (information_of_z(x, rows, CONFIG, boosted=False) for x in (z, floor))
    metrics = beside_floor(trained, untrained, rows.chrom, CONFIG)
    assert metrics["z_line_linear"] - metrics["z_line_linear_floor"] == pytest.approx(metrics["z_line_linear_change"])
    assert 0.2 < metrics["z_line_linear_change_lower"] < metrics["z_line_linear_change"] < metrics["z_line_linear_change_upper"]
    same = beside_floor(trained, trained, rows.chrom, CONFIG)
    assert same["z_line_linear_change"] == same["z_line_linear_change_upper"] == 0


def test_the_null_has_no_information_however_much_z_has():
    z, rows = planted(line_gap=5)
    assert null_of_line(z, rows, CONFIG) < 0.01 < 0.3 < information_of_z(z, rows, CONFIG, boosted=False)["z_line_linear"].fraction


def test_scrubbing_takes_offset_and_scale_and_leaves_ranks(panel):
    altered = with_reference(panel, lambda reference, c: (2 + c) * reference + 5 * c)
    for line in range(4):
        found = scrubbed_reference(panel, line)
        torch.testing.assert_close(scrubbed_reference(altered, line), found, atol=1e-5, rtol=0)
        expected = norm.ppf(rankdata(panel.shards[line].reference[:, 0]) / (N_REFERENCE + 1))
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-4)
    assert not torch.equal(panel.reference_tensor(2), altered.reference_tensor(2))


def test_scrubbing_leaves_a_missing_mark_missing(panel):
    found = scrubbed_reference(panel, 1)
    assert (found[:, [3, 7]] == 0).all()
    assert found[:, 2].std() > 0.5


def test_line_states_are_mixtures_per_module_with_lines_in_the_outer_order(model, panel):
    everything, half = np.arange(N_REFERENCE), np.arange(0, N_REFERENCE, 2)
    found = line_states(model, panel, [2, 0], [everything, half], scrub=False)
    n_modules = model.resistance.n_modules
    assert found.shape == (4, n_modules * CONFIG.model.states)
    np.testing.assert_allclose(found[0].reshape(n_modules, -1).sum(1), 1, rtol=1e-5)
    assigned = model.resistance.prototypes.assign(model.resistance.encoder(panel.reference_tensor(0))).detach().numpy()
    modules = model.resistance.locus_modules.numpy()
    assert n_modules == modules.max() + 1
    chosen = half[modules[half] == 1]
    np.testing.assert_allclose(found[3].reshape(n_modules, -1)[1], assigned[chosen].mean(0), rtol=1e-4)


def many_loci(panel, pattern):
    """600 reference loci that all lines share but for noise and a pattern per line; every line has mean 0 and sd 1 per mark."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(600, 4))

    def signal(_, c):
        raw = common + rng.normal(0, 0.2, (600, 4)) + rng.normal(0, pattern, (600, 4))
        return ((raw - raw.mean(0)) / raw.std(0)).astype(np.float16)

    return dataclasses.replace(with_reference(panel, signal), present=np.ones_like(panel.present))


def g_raw_and_scrubbed(panel):
    network = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()
    return [g_on_line(network, panel, [0, 1, 2], CONFIG, scrub) for scrub in (False, True)]


def test_g_knows_the_line_by_offsets_only_until_they_are_scrubbed(panel):
    same = many_loci(panel, pattern=0)
    assert max(g_raw_and_scrubbed(same)) < 0
    raw, scrubbed = g_raw_and_scrubbed(with_reference(same, lambda reference, c: reference + 1.5 * c))
    assert raw > 0.8 and scrubbed < 0


def test_g_knows_the_line_by_its_pattern_also_when_scrubbed(panel):
    patterned = many_loci(panel, pattern=2)
    _, scrubbed = g_raw_and_scrubbed(with_reference(patterned, lambda reference, c: reference + 1.5 * c))
    assert scrubbed > 0.2


def test_z_and_e_share_what_was_planted(model, panel, monkeypatch):
    """z is replaced by e of one line, or by noise."""
    pairs = np.arange(120)
    e = model.resistance.parts(panel.signal_tensor(pairs, 0)).e.detach()
    noise = torch.from_numpy(np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32))
    found = {}
    for name, z in (("shared", e[:, :3]), ("independent", noise)):
        monkeypatch.setattr("epidecouple.diagnose.embed", lambda *_, z=z: z)
        found[name], matrix = z_and_e(model, panel, pairs, [0])
        assert matrix.shape == (3, e.shape[1])
    assert found["shared"]["z_e_cca"] > 0.9 > 0.5 > abs(found["independent"]["z_e_cca"])
    assert found["shared"]["z_e_excess_rms"] > 0.3 > 0.1 > found["independent"]["z_e_excess_rms"]


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_model_beside_itself_has_no_change(model, panel):
    config = dataclasses.replace(CONFIG, diagnose=dataclasses.replace(CONFIG.diagnose, folds=2))
    metrics, matrix = diagnose(model, model, panel, [0, 1, 2], config, boosted=False)
    changes = {name: value for name, value in metrics.items() if "_change" in name}
    assert {"z_line_linear_change", "g_line_scrubbed_change", "z_e_cca_change"} <= set(changes)
    assert set(changes.values()) == {0}
    assert metrics["z_rank"] == metrics["z_rank_floor"] > 1
    assert metrics["natural_rows"] == (panel.published[:, :3] >= 0).sum()
    assert 1.5 < metrics["line_entropy_bits"] <= np.log2(3)
    assert matrix.shape == (CONFIG.model.z_size, 3 * CONFIG.model.locus_size)


def test_an_unseen_line_works_from_its_epigenome_alone(model, panel):
    """No label of the held-out line, and no parameter of its own, plays a part in its resistance and state."""
    unseen = len(panel.training)
    blind = dataclasses.replace(panel, labels=panel.labels.copy(), published=panel.published.copy())
    blind.labels[:, unseen], blind.published[:, unseen] = 1 - blind.labels[:, unseen], -1
    pairs, loci = panel.rows("test"), [np.arange(N_REFERENCE)]
    resistance = [score_resistance(model, which, pairs, [unseen]) for which in (panel, blind)]
    states = [line_states(model, which, [unseen], loci, scrub=False) for which in (panel, blind)]
    np.testing.assert_array_equal(*resistance)
    np.testing.assert_array_equal(*states)
    assert resistance[0].std() > 0 and np.isclose(states[0].sum(), 4, atol=1e-4), "4 modules of shares that sum to 1"
    assert len(model.resistance.line_offset) == len(model.resistance.line_prototypes.prototypes) == unseen
