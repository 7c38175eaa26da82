"""The questions of the diagnostics: every representation about the line, z about the label, on both
tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.config import Config
from ..data.panel import Panel
from ..statistics.permutation import Exchangeable, codes
from .probe_rows import CROSSED, UNSEEN, Table
from .probe_runner import BOOSTED, LINEAR, Question, Topic
from .representations import (
    Encoded,
    line_states,
    locus_subsets,
    of_dna,
    of_environment,
    of_inputs,
    signal_of,
)

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
    """z, U and g, by linear probes.

    tables : the published one, and its rows on unseen chromosomes
    """
    table, unseen = tables
    trained, floor = (of_dna(network, panel, table) for network in networks)
    return [
        *about_line(table, trained, floor, {LINEAR: config.diagnose.permutations}),
        *about_z(table, trained["z"], floor["z"], config),
        about_label(unseen, *(network.z(unseen.pair) for network in networks)),
        *about_g(networks, panel, lines, config),
    ]


def full_questions(
    networks: Networks, panel: Panel, tables: list[Table], lines: list[int], config: Config
) -> list[Question]:
    """Everything, by both probes, on the published and on the crossed table; about the label on the
    published one and on unseen chromosomes.

    tables : the published one, its rows on unseen chromosomes, and the crossed one
    """
    natural, unseen, crossed = tables
    permutations = {
        LINEAR: config.diagnose.permutations,
        BOOSTED: config.diagnose.boosted_permutations,
    }
    questions = [about_label(unseen, *(network.z(unseen.pair) for network in networks))]
    for table in (natural, crossed):
        signal = signal_of(panel, table)
        trained, floor = (
            of_dna(network, panel, table) | of_environment(network, signal) for network in networks
        )
        inputs = of_inputs(panel, table, signal)
        questions += about_line(table, trained | inputs, floor, permutations)
        questions += about_z(table, trained["z"], floor["z"], config) if table is natural else []
    return questions + about_g(networks, panel, lines, config)


def about_line(
    table: Table,
    representations: dict[str, np.ndarray],
    floor: dict[str, np.ndarray],
    permutations: dict[str, int],
) -> list[Question]:
    """Each representation (n, d) about the line by each probe.

    On the panel what DNA determines needs no null.
    """
    questions = []
    for representation, x in representations.items():
        for probe, count in permutations.items():
            topic = Topic(representation, table.name, probe, "line")
            needs_null = table.name != CROSSED or representation not in OF_DNA
            questions.append(
                Question(
                    metric_name(topic),
                    topic,
                    x,
                    floor.get(representation),
                    table.line,
                    table.chrom,
                    table.units,
                    permutations=count if needs_null else 0,
                )
            )
    return questions


def about_z(table: Table, z: np.ndarray, floor: np.ndarray, config: Config) -> list[Question]:
    """z (n, d_z) about the line given the label, where prevalence plays no part; and about the
    label given the line: is z collapsed?
    """
    of_line = Topic("z", table.name, LINEAR, "line", condition="label")
    blocks = codes(table.units.blocks, table.label)
    strata = codes(table.chrom, table.label)
    return [
        Question(
            metric_name(of_line),
            of_line,
            z,
            floor,
            table.line,
            table.chrom,
            Exchangeable(blocks, strata),
            condition=table.label,
            permutations=config.diagnose.permutations,
        ),
        about_label(table, z, floor),
    ]


def about_label(table: Table, z: np.ndarray, floor: np.ndarray) -> Question:
    """z (n, d_z) about the label given the line: is z collapsed, and, on unseen chromosomes, does
    it know more than the labels it was trained on?
    """
    topic = Topic("z", table.name, LINEAR, "label", condition="line")
    return Question(
        metric_name(topic),
        topic,
        z,
        floor,
        table.label,
        table.chrom,
        table.units,
        condition=table.line,
    )


def about_g(networks: Networks, panel: Panel, lines: list[int], config: Config) -> list[Question]:
    """g on random locus subsets about the line; fitted and tested on disjoint loci, which are no
    groups to resample.
    """
    loci, half = locus_subsets(panel, config)
    line = np.repeat(lines, len(loci))
    halves = np.tile(half, len(lines))
    questions = []
    for signal, scrub in (("raw", False), ("scrubbed", True)):
        g, floor = (line_states(network.model, panel, lines, loci, scrub) for network in networks)
        questions.append(
            Question(
                f"g_line_{signal}",
                Topic(f"g {signal}", "reference loci", LINEAR, "line"),
                g,
                floor,
                line,
                halves,
                Exchangeable(line, halves),
                resampled=False,
            )
        )
    return questions


def metric_name(topic: Topic) -> str:
    """Key of an answer in metrics.json: z_line_linear, e_raw_line_boosted_panel,
    z_label_given_line_unseen.
    """
    subject = topic.representation.replace("U", "potential").replace(" ", "_")
    how = f"given_{topic.condition}" if topic.condition else topic.probe
    suffix = f"_{topic.table}" if topic.table in (CROSSED, UNSEEN) else ""
    return f"{subject}_{topic.about}_{how}{suffix}"
