"""Which questions the diagnostics ask: every representation about the line, z about the label, on
both tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.config import Config
from ..data.panel import Panel
from ..statistics.permutation import Exchangeable, codes
from .probe_rows import Table
from .probe_runner import Question
from .representations import Encoded, line_states, locus_subsets, of_dna, of_environment, of_inputs

# What DNA determines: on the crossed panel it cannot know the line.
OF_DNA = ("z", "U", "gc", "kmers")


@dataclass(frozen=True)
class Networks:
    """The trained model, and an untrained one of the same seed: the floor."""

    trained: Encoded
    untrained: Encoded

    def __iter__(self) -> Iterator[Encoded]:
        return iter((self.trained, self.untrained))


def subset_questions(
    networks: Networks, panel: Panel, tables: list[Table], lines: list[int], config: Config
) -> list[Question]:
    """z, U and g, by linear probes."""
    (table,) = tables
    trained, floor = (of_dna(network, panel, table) for network in networks)
    asked = about_line(table, trained, floor, {"linear": config.diagnose.permutations})
    return (
        asked
        + about_z(table, trained["z"], floor["z"], config)
        + about_g(networks, panel, lines, config)
    )


def full_questions(
    networks: Networks, panel: Panel, tables: list[Table], lines: list[int], config: Config
) -> list[Question]:
    """Everything, by both probes, on each table; about the label on the first one."""
    asked, permutations = (
        [],
        {"linear": config.diagnose.permutations, "boosted": config.diagnose.boosted_permutations},
    )
    for table in tables:
        trained, floor = (
            of_dna(network, panel, table) | of_environment(network, panel, table)
            for network in networks
        )
        asked += about_line(table, trained | of_inputs(panel, table), floor, permutations)
        asked += about_z(table, trained["z"], floor["z"], config) if table is tables[0] else []
    return asked + about_g(networks, panel, lines, config)


def about_line(
    table: Table,
    found: dict[str, np.ndarray],
    floor: dict[str, np.ndarray],
    permutations: dict[str, int],
) -> list[Question]:
    """Each representation about the line by each probe; on the panel what DNA determines needs no
    null.
    """
    asked = []
    for representation, x in found.items():
        for probe, count in permutations.items():
            label = (representation, table.name, probe, "line", "")
            needed = 0 if table.name == "panel" and representation in OF_DNA else count
            asked.append(
                Question(
                    named(label),
                    label,
                    x,
                    floor.get(representation),
                    table.line,
                    table.chrom,
                    table.units,
                    permutations=needed,
                )
            )
    return asked


def about_z(table: Table, z: np.ndarray, floor: np.ndarray, config: Config) -> list[Question]:
    """z about the line given the label, where prevalence plays no part; and about the label given
    the line: is it collapsed?
    """
    of_line = ("z", table.name, "linear", "line", "label")
    blocks = Exchangeable(codes(table.units.blocks, table.label), codes(table.chrom, table.label))
    of_label = ("z", table.name, "linear", "label", "line")
    return [
        Question(
            named(of_line),
            of_line,
            z,
            floor,
            table.line,
            table.chrom,
            blocks,
            table.label,
            config.diagnose.permutations,
        ),
        Question(
            named(of_label), of_label, z, floor, table.label, table.chrom, table.units, table.line
        ),
    ]


def about_g(networks: Networks, panel: Panel, lines: list[int], config: Config) -> list[Question]:
    """g on random locus subsets about the line; fitted and tested on disjoint loci, which are no
    groups to resample.
    """
    loci, half = locus_subsets(panel, config)
    line, halves, asked = np.repeat(lines, len(loci)), np.tile(half, len(lines)), []
    for name, scrub in (("raw", False), ("scrubbed", True)):
        g, floor = (line_states(network.model, panel, lines, loci, scrub) for network in networks)
        label = (f"g {name}", "reference loci", "linear", "line", "")
        asked.append(
            Question(
                named(label),
                label,
                g,
                floor,
                line,
                halves,
                Exchangeable(line, halves),
                resampled=False,
            )
        )
    return asked


def named(label: tuple[str, str, str, str, str]) -> str:
    """Key of an answer in metrics.json: z_line_linear, e_raw_line_boosted_panel,
    z_label_given_line, g_line_raw.
    """
    representation, table, probe, about, given = label
    if representation.startswith("g "):
        return f"g_line_{representation.removeprefix('g ')}"
    start = f"{representation.replace('U', 'potential').replace(' ', '_')}_{about}_"
    return start + (f"given_{given}" if given else probe) + ("_panel" if table == "panel" else "")
