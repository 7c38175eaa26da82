import numpy as np
import pytest
import torch

from epidecouple.decoupling.dependence_of_z_e import coupling_rows, pairwise, z_and_e
from epidecouple.decoupling.representations import Encoded
from epidecouple.model.initialise import new_model, start_prototypes
from toy_panel import toy_config, toy_panel

CONFIG = toy_config()
PAIRS = np.arange(120)


@pytest.fixture
def panel():
    return toy_panel()


def networks(panel):
    """The same model with z replaced by three dimensions of e in the first line, and by noise."""
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()
    shared, independent = Encoded(model, panel, PAIRS), Encoded(model, panel, PAIRS)
    shared.values = model.resistance.parts(panel.signal_tensor(PAIRS, 0)).e.detach()[:, :3]
    independent.values = torch.from_numpy(
        np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
    )
    return shared, independent


def test_z_and_e_share_what_was_planted(panel):
    found = []
    for network in networks(panel):
        metrics, matrix = z_and_e(network, panel, PAIRS, [0], 0)
        assert matrix.shape == (3, 3 * CONFIG.model.locus_size)
        found.append(metrics)
    shared, independent = found
    assert shared["z_e_cca"] > 0.9 > 0.5 > abs(independent["z_e_cca"])
    assert shared["z_e_excess_rms"] > 0.3 > 0.1 > independent["z_e_excess_rms"]
    assert shared["z_dead_dimensions"] == 0 < shared["z_smallest_spread"] <= 1 < shared["e_rank"]


def test_pairwise_measures_tell_shared_from_independent(panel):
    shared, independent = (
        pairwise(network, panel, PAIRS, [0], 0, 19) for network in networks(panel)
    )
    for name, floor in (("z_e_largest", 0.9), ("z_e_dcor", 0.3)):
        assert shared[name] > floor > 3 * shared[f"{name}_null"]
        assert shared[f"{name}_p"] == 0.05 < independent[f"{name}_p"]
        assert independent[name] < floor / 2
    assert shared["z_e_cka"] > 0.3 > 0.1 > independent["z_e_cka"]
    assert "z_e_dcor_p" not in pairwise(networks(panel)[0], panel, PAIRS, [0], 0, 0)


def test_rows_of_the_coupling_are_drawn_once_per_seed(panel):
    rows, again = coupling_rows(panel, 1), coupling_rows(panel, 1)
    np.testing.assert_array_equal(rows.some, again.some)
    np.testing.assert_array_equal(rows.some, PAIRS)
    assert set(rows.disjoint) < set(PAIRS)
