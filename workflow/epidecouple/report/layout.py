"""What the page of a run shows and in which order: sections, their figures with captions, and their
rows.
"""

from typing import NamedTuple


class Figure(NamedTuple):
    """A figure: the table it is drawn from, relative to the run's folder, and what it can and
    cannot show.
    """

    table: str
    caption: str


class Row(NamedTuple):
    """A number worth a row: its metric, and the metrics to compare it with.

    Labels come from the registry of metrics. The interval is taken from `<metric>_lower` and
    `<metric>_upper` where a stage wrote them.
    """

    metric: str
    references: tuple[str, ...] = ()


class Section(NamedTuple):
    """A stage's section: title, question that it answers, figures, and rows of its table."""

    title: str
    question: str
    figures: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


LEARNING_CURVE = (
    "Early stopping keeps the marked epoch. Below: the share of the cell line's entropy that a"
    " quick linear probe reads from z and from raw e, minus that for permuted lines, and the"
    " correlation of z and e within lines. The curves show a direction only; nonlinear probes and"
    " intervals are in the section on decoupling."
)
FIGURES = {
    "splits": Figure(
        "data/splits.tsv",
        "Each cell is a chromosome in a line: what it was used for, and its positives. Whole"
        " chromosomes are held out, so no element is in two splits; copies of a sequence elsewhere"
        " in the genome could still be.",
    ),
    "funnel": Figure(
        "panel/funnel.tsv",
        "A filter that leaves nothing stops the run. Only label-discordant pairs teach R.",
    ),
    "learning_curve_subset": Figure("train_subset/history.tsv", LEARNING_CURVE),
    "learning_curve": Figure("train_full/history.tsv", LEARNING_CURVE),
    "resistance": Figure(
        "resistance/arms.tsv",
        "Blue: the R of the model. The lines' tables chose the pairs, so the left side favours any"
        " score that recognises the line whose table lists the pair.",
    ),
    "recovery": Figure(
        "recovery/points.tsv",
        "Points on the diagonal are energies recovered exactly. R is compared within pairs: its"
        " level is not identified.",
    ),
    "information": Figure(
        "diagnose/information.tsv",
        "Left, the published table: its DNA differs between lines by composition, so z could learn"
        " the line. Right, the crossed panel: every pair is in every line, so DNA holds nothing"
        " about the line. Ranks only: each mark is replaced by its rank in the line, which removes"
        " technical offsets. A probe gives a lower bound: a value of 0 does not prove that nothing"
        " is there.",
    ),
    "correlation": Figure(
        "diagnose/correlation.tsv",
        "Shared structure would show as rows or columns of one colour. It shows linear dependence"
        " only; distance correlation and its p are among the numbers.",
    ),
    "states": Figure(
        "biology/states.tsv",
        "Each row is a chromatin state that all lines share; what it adds to R can be read off. "
        "It cannot show which state acts: states are summaries of marks, and marks come together.",
    ),
    "signs": Figure(
        "biology/signs.tsv",
        "A point is a line with its chromosome-bootstrap interval, GC and distance regressed out;"
        " hollow: R was not shown the mark; grey: the expected side. A sign is a check, not a"
        " result: the other marks predict even a mark that is left out.",
    ),
    "prototypes": Figure(
        "biology/mantel.tsv",
        "Exact tests over all permutations of the lines; the row of loops and all marks is the one"
        " primary test. What an untrained encoder reaches is in the marks and not learned, and"
        " similarity over a few lines says nothing about causes.",
    ),
    "trees": Figure(
        "biology/trees.tsv",
        "Average-linkage trees; r is how well the heights stand for the distances, and lines of one"
        " colour were grouped beforehand. A tree forces nested groups on any distances, so mixtures"
        " of lineages have no right place in it.",
    ),
    "logos": Figure(
        "mutagenesis/contributions.tsv",
        "The stretches of the strongest test pairs whose bases do most to U, with flanks. They show"
        " what this model reads where U is high; bases it reads only in pairs of low U, or only two"
        " at a time, are not seen.",
    ),
    "motif_effects": Figure(
        "motifs/effects.tsv",
        "Mean change of U when a motif is written into test windows, against shuffled motifs (grey:"
        " two of their sd). It shows what the model responds to, not what the cell does, and a"
        " motif that needs a partner or a place may show nothing.",
    ),
    "interactions": Figure(
        "motifs/interactions.tsv",
        "Change of U by two motifs beyond the sum of each alone, for the motifs that are called. It"
        " can show that U is not additive, but not why: a response that saturates looks like"
        " interaction too.",
    ),
    "comparison": Figure(
        "comparison/table.tsv",
        "A dot per seed; the bars are the thresholds of the gates. An AUC within pairs also rewards"
        " knowing which lines loop more, which raw marks can tell; the correlation with the true R"
        " does not. It shows what these arms do in this world, not on real data.",
    ),
}
# Figures of runs whose data or configuration has what they need; and those of targets of their own.
OF_SIMULATION, OF_MOTIFS, OF_OTHER_TARGETS = (
    ("recovery",),
    ("motif_effects", "interactions"),
    ("resistance", "comparison"),
)

SECTIONS = {
    "data": Section(
        "Data",
        "What are the training data, and could a leak make up the skill?",
        ("splits", "funnel"),
        (
            Row("panel_pairs", ("panel_lines",)),
            Row("discordant_pairs", ("discordant_training_pairs",)),
            Row("element_lookup_lift"),
            Row("elements_in_two_splits"),
            Row("marks_missing"),
        ),
    ),
    "train_subset": Section(
        "Subset training",
        "Does the design work on a few lines and chromosomes before the full training is paid for?",
        ("learning_curve_subset",),
        (
            Row("train_aupr", ("validation_aupr",)),
            Row("within_pair_sd_resistance"),
            Row("design_violations"),
        ),
    ),
    "train_full": Section(
        "Full training",
        "Does the model learn, and does training stop in time?",
        ("learning_curve",),
        (
            Row("train_aupr", ("validation_aupr",)),
            Row("within_pair_sd_resistance"),
            Row("design_violations"),
        ),
    ),
    "evaluate": Section(
        "Skill on held-out chromosomes and lines",
        "How well does the model rank pairs on chromosomes and in lines that training never used?",
        (),
        (
            Row(
                "aupr_seen_line_unseen_chromosome",
                (
                    "base_rate_seen_line_unseen_chromosome",
                    "aupr_baseline_distance",
                    "aupr_baseline_degree",
                ),
            ),
            Row("aupr_unseen_line_unseen_chromosome", ("base_rate_unseen_line_unseen_chromosome",)),
            Row(
                "aupr_unseen_line_seen_chromosome",
                (
                    "base_rate_unseen_line_seen_chromosome",
                    "aupr_mean_label_unseen_line_seen_chromosome",
                ),
            ),
            Row("within_pair_auc", ("within_pair_auc_activity",)),
        ),
    ),
    "resistance": Section(
        "In which line does a pair loop? R alone, without DNA",
        "How well do the marks alone predict in which lines a pair loops?",
        ("resistance",),
        (
            Row(
                "crossfit_auc",
                (
                    "crossfit_auc: gradient boosting",
                    "crossfit_auc: H3K27ac at both ends",
                    "crossfit_auc: line offsets",
                ),
            ),
            Row("gain_over_boosting"),
            Row("unseen line: R", ("unseen line: gradient boosting",)),
            Row("crossfit_auc_unlisted"),
        ),
    ),
    "recovery": Section(
        "Recovery of the known energies",
        "The simulated energies are known: do U and R agree with them?",
        ("recovery",),
        (
            Row("potential_corr"),
            Row("resistance_within_pair_corr"),
            Row("aupr_unseen", ("aupr_unseen_oracle", "aupr_unseen_potential_oracle")),
            Row("lineage_leak", ("lineage_leak_of_truth",)),
        ),
    ),
    "diagnose": Section(
        "Decoupling",
        "Is U free of the cell line, and R free of the sequence?",
        ("information", "correlation"),
        (
            Row("z_line_linear", ("z_line_linear_floor",)),
            Row("z_line_boosted", ("z_line_boosted_floor",)),
            Row("z_label_given_line", ("z_label_given_line_floor",)),
            Row("potential_line_linear", ("potential_line_linear_floor",)),
            Row("z_e_dcor", ("z_e_dcor_null", "z_e_dcor_p")),
            Row("z_e_largest", ("z_e_largest_null", "z_e_largest_p")),
        ),
    ),
    "biology": Section(
        "Biology",
        "Do prototypes and R agree with what is known of cell lines and marks?",
        ("states", "signs", "prototypes", "trees"),
        (
            Row(
                "mantel_rho_joint_trained",
                (
                    "mantel_p_joint_trained",
                    "mantel_rho_joint_untrained",
                    "mantel_rho_joint_offsets",
                ),
            ),
            Row("residual_share"),
        ),
    ),
    "mutagenesis": Section(
        "What U reads: bases",
        "Which bases determine U in the pairs of the highest U?",
        ("logos",),
        (Row("seqlets", ("seqlets_raising",)),),
    ),
    "motifs": Section(
        "What U reads: motifs",
        "Which motifs change U, and is any of them of a lineage factor?",
        ("motif_effects", "interactions"),
        (
            Row("motifs_called", ("motifs",)),
            Row("leakage_index", ("leakage_index_null", "leakage_index_p")),
        ),
    ),
    "motif_recovery": Section(
        "Recovery of the planted motifs",
        "The simulated grammar is known: does U read its motifs and no others?",
        (),
        (
            Row("motif_recall", ("motif_precision",)),
            Row("lineage_motifs_called", ("decoy_motifs_called",)),
        ),
    ),
}
# The figure of the first screen is the first of these that was drawn.
HEROES = (
    "recovery",
    "resistance",
    "states",
    "signs",
    "learning_curve",
    "learning_curve_subset",
    "splits",
    "funnel",
)
# Numbers of the first screen and of the index, each the row of a section.
HEADLINES = (
    ("evaluate", "aupr_seen_line_unseen_chromosome"),
    ("evaluate", "aupr_unseen_line_unseen_chromosome"),
    ("evaluate", "within_pair_auc"),
    ("resistance", "crossfit_auc"),
    ("recovery", "potential_corr"),
    ("recovery", "resistance_within_pair_corr"),
    ("diagnose", "z_line_linear"),
)
# The check of each gate on the first screen as long as none has failed.
LEADING = {
    "download": "files_missing",
    "data": "element_lookup_lift",
    "subset": "z_label_given_line_lower",
    "fit": "skill_lift_lower",
    "recovery": "resistance_within_pair_corr",
    "resistance": "within_pair_gain_lower",
    "decoupling": "z_line_boosted_change",
    "biology": "wrong_sign_H3K27ac",
}


def headline_rows() -> list[tuple[str, Row]]:
    """Stage and row of every headline."""
    return [
        (stage, row)
        for stage, metric in HEADLINES
        for row in SECTIONS[stage].rows
        if row.metric == metric
    ]


def drawn_figures(simulated: bool, motifs: bool) -> list[str]:
    """The figures of a run: those of simulations and of motifs only where it has them."""
    absent = {
        *OF_OTHER_TARGETS,
        *(() if simulated else OF_SIMULATION),
        *(() if motifs else OF_MOTIFS),
    }
    return [name for name in FIGURES if name not in absent]
