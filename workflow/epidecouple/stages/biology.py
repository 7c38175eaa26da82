"""Biology checks: do the lines' prototypes mirror their epigenomes and loops, does R follow the
marks as it should, and which chromatin states have a resistance that the pairs determine?
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..core.provenance import Measured
from ..data.panel import Panel
from ..interpretation.known_states import compared_states, known_states
from ..interpretation.line_similarity import compare_lines, groups_of, targets
from ..interpretation.mark_signs import (
    GATED_MARKS,
    resistance_against_marks,
    resistance_without_marks,
    sign_failures,
)
from ..interpretation.states import state_table
from ..model.initialise import new_model, start_prototypes
from ..model.scoring import residual_share
from ..model.weights import model_and_panel
from ..statistics.jackknife import (
    independent_units,
    resampling_units,
    unit_metrics,
    units_seen,
    weights_without_each,
)
from .runner import run

log = logging.getLogger(__name__)


def biology(
    config: Config,
    model: Path,
    elements: Path,
    shards: Path,
    energies: Path,
    mantel: Path,
    trees: Path,
    signs: Path,
    states: Path,
    known: Path,
) -> Measured:
    """Hold prototypes against epigenome and loops, R against marks; write the tables of states."""
    network, panel = model_and_panel(model, elements, shards, config)
    untrained = start_prototypes(new_model(config, panel), panel, panel.training, config).eval()
    pairs = panel.rows("test")
    scored = pd.read_parquet(intact(energies))
    units = _units(panel, scored, pairs)
    without_each = weights_without_each(units)
    groups = groups_of(config.biology.groups, panel.lines)
    modalities = targets(panel, pairs, units, config.marks)
    metrics, mantel_table, tree_table = compare_lines(
        network, untrained, panel, modalities, without_each, groups
    )
    resistance = scored[[f"resistance_{line}" for line in panel.lines]].to_numpy()
    without = resistance_without_marks(network, panel, pairs)
    sign_table = resistance_against_marks(
        resistance[pairs],
        without,
        panel,
        pairs,
        config.marks,
        units,
        without_each,
        config.windows.bins,
    )
    metrics |= sign_failures(sign_table) | {"lines": len(panel.lines), "groups": len(groups)}
    metrics |= {f"marks_{mark}": int(mark in config.marks) for mark in GATED_MARKS}
    metrics |= _left_out(units, without_each, panel, scored, pairs)
    metrics["residual_share"] = residual_share(network, panel, pairs)
    mid = scored.enhancer_mid.to_numpy()
    known_table, of_known = known_states(compared_states(network, panel, resistance, mid))
    metrics |= of_known
    mantel_table.to_csv(mantel, sep="\t", index=False, float_format="%.6f")
    tree_table.to_csv(trees, sep="\t", index=False, float_format="%.4f")
    sign_table.to_csv(signs, sep="\t", index=False, float_format="%.4f")
    state_table(network, panel, config).to_csv(states, sep="\t", float_format="%.4f")
    known_table.to_csv(known, sep="\t", index=False, float_format="%.4f")
    log.info(
        "joint Mantel test: rho %.2f, p %.4f",
        metrics["mantel_rho_joint_trained"],
        metrics["mantel_p_joint_trained"],
    )
    return Measured(metrics, [model, energies])


def _units(panel: Panel, scored: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """What intervals leave out as a whole, numbered: int (len(pairs),)."""
    names = resampling_units(panel.chrom[pairs], scored.enhancer_mid.to_numpy()[pairs])
    return np.unique(names, return_inverse=True)[1]


def _left_out(
    units: np.ndarray, without: np.ndarray, panel: Panel, scored: pd.DataFrame, pairs: np.ndarray
) -> dict[str, float]:
    """How many units the intervals leave out, from the units (n,) and how often each stays when
    each is left out (G, G).
    """
    seen = units_seen(of_unit[units] for of_unit in without)
    mid = scored.enhancer_mid.to_numpy()[pairs]
    return unit_metrics(seen, independent_units(panel.chrom[pairs], mid))


if __name__ == "__main__":
    run(biology)
