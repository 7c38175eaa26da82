"""Diagnostics: does z know the cell line, does the environment know it, do the two share anything,
is z collapsed?
"""

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.initialise import equal_parameters
from ..statistics.dependence import rank_me
from ..statistics.jackknife import unit_metrics
from ..statistics.probes import knn_information
from .dependence_of_z_e import CouplingRows, coupling_rows, pairwise, z_and_e, z_and_marks
from .probe_rows import CROSSED, Table, crossed_table, natural_table, unseen_table
from .probe_runner import information_table, start_probes, table_metrics
from .probe_tasks import OF_DNA, Networks, full_questions, subset_questions
from .representations import Encoded

# Nearest neighbours are slow and only to look at.
KNN_ROWS = 3000


@torch.no_grad()
def diagnose(
    model: EnergyModel,
    untrained: EnergyModel,
    panel: Panel,
    lines: list[int],
    config: Config,
    full: bool,
) -> tuple[dict[str, float], pd.DataFrame, np.ndarray]:
    """All diagnostics of a model beside those of an untrained one: metrics, table of information,
    z-e cross-correlation (d_z, d_e).
    """
    limit = config.diagnose.rows
    tables = [
        of_table(panel, lines, limit, config.seed) for of_table in (natural_table, unseen_table)
    ]
    if full:
        tables.append(crossed_table(panel, lines, limit // 2, config.seed))
    rows = coupling_rows(panel, config.seed)
    pairs = np.concatenate([*(table.pair for table in tables), rows.some, rows.disjoint])
    networks = Networks(*(Encoded(network, panel, pairs) for network in (model, untrained)))
    of_scope = full_questions if full else subset_questions
    questions = of_scope(networks, panel, tables, lines, config)
    answers = start_probes(questions, config.diagnose, config.seed)
    shared, matrix = coupling(networks, panel, rows, lines, config)
    shared |= of_z(networks, tables[0], config)
    information = information_table(answers(), config.diagnose, config.seed)
    metrics = table_metrics(information) | shared | of_tables(information)
    metrics |= resampled_units(information, panel, tables)
    metrics["floor_equal_parameters"] = equal_parameters(*(n.model for n in networks))
    return metrics, information, matrix


def coupling(
    networks: Networks, panel: Panel, rows: CouplingRows, lines: list[int], config: Config
) -> tuple[dict[str, float], np.ndarray]:
    """What z and e share beside what those of the untrained model share, and the trained
    cross-correlation (d_z, d_e).
    """
    (shared, matrix), (floor, _) = (
        z_and_e(network, panel, rows.some, lines, config.seed) for network in networks
    )
    shared |= pairwise(
        networks.trained, panel, rows.disjoint, lines, config.seed, config.diagnose.permutations
    )
    floor |= pairwise(networks.untrained, panel, rows.disjoint, lines, config.seed, 0)
    evidence = {
        name: float(np.max([figures.pop(name) for figures in (shared, floor)]))
        for name in ("z_e_shared_rows", "z_e_cca_optimism")
    }
    beside = {f"{name}_floor": value for name, value in floor.items()}
    changes = {f"{name}_change": shared[name] - value for name, value in floor.items()}
    marks = z_and_marks(networks.trained, networks.untrained, panel, rows.some, lines)
    changes |= {"z_e_cca_marks": marks, "z_e_cca_excess": shared["z_e_cca"] - marks}
    return shared | beside | changes | evidence, matrix


def of_tables(table: pd.DataFrame) -> dict[str, float]:
    """What concerns whole tables: rows, H(c), the largest permuted fraction of z, and of what DNA
    determines on the panel.
    """
    z = table.set_index("name").loc["z_line_linear"]
    of_dna = table[(table.table == CROSSED) & table.representation.isin(OF_DNA)]
    metrics = {
        "probe_rows": int(z.rows),
        "line_entropy_bits": z.entropy,
        "z_line_null": z.get("null_largest", np.nan),
    }
    if len(of_dna):
        metrics["dna_line_panel_largest"] = of_dna.fraction.abs().max()
    return metrics


def resampled_units(
    information: pd.DataFrame, panel: Panel, tables: list[Table]
) -> dict[str, float]:
    """How many units the intervals of the table of information leave out, in all and per
    chromosome of their rows; of the question in which that is farthest from 1.
    """
    chromosomes = {table.name: len(np.unique(panel.chrom[table.pair])) for table in tables}
    drawn = information.dropna(subset="units")
    each = [unit_metrics(int(row.units), chromosomes[str(row.table)]) for row in drawn.itertuples()]
    return max(each, key=lambda units: abs(units["interval_units_per_chromosome"] - 1))


def of_z(networks: Networks, table: Table, config: Config) -> dict[str, float]:
    """Effective rank of z, and nearest-neighbour information about the line, biased upwards; each
    beside the untrained encoder's.
    """
    order = rng_for(config.seed, Stream.NEIGHBOUR_ROWS).permutation(len(table.pair))
    some = order[:KNN_ROWS]
    metrics: dict[str, float] = {}
    for suffix, network in zip(("", "_floor"), networks, strict=True):
        z = network.z(table.pair)
        bits = knn_information(z[some], table.line[some])
        metrics |= {
            f"z_rank{suffix}": rank_me(z),
            f"z_line_knn_largest_biased{suffix}": bits.max(),
            f"z_line_knn_sum_biased{suffix}": bits.sum(),
        }
    return metrics
