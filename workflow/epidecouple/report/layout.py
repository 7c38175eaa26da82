"""What the page of a run shows and in which order: sections, the figures of each with their
captions, and the rows it leads with.
"""

from typing import NamedTuple


class Figure(NamedTuple):
    """A figure: the table it is drawn from, relative to the run's folder, and what it can and
    cannot show.
    """

    table: str
    caption: str


class Row(NamedTuple):
    """A number worth a row: what it is, its metric, and the metrics to hold it against, each (what
    it is, metric).

    Its interval is taken from `<metric>_lower` and `<metric>_upper` where a stage wrote them.
    """

    text: str
    metric: str
    beside: tuple[tuple[str, str], ...] = ()


class Section(NamedTuple):
    """A stage's section: its title, the question it answers, its figures and the rows it leads
    with.
    """

    title: str
    question: str
    figures: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


LEARNING_CURVE = (
    "Early stopping keeps the marked epoch. Below: what a quick linear probe reads about the line"
    " from z and from raw e, beyond permuted lines, and how much z and e correlate within lines. It"
    " shows the direction while training; nonlinear traces and error bars are in the section on"
    " decoupling."
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
        "Blue: the R of the model. The lines' tables chose the pairs, so the left side favours what"
        " tells the listing line.",
    ),
    "recovery": Figure(
        "recovery/points.tsv",
        "Points on the diagonal are energies recovered exactly. R is compared within pairs: its"
        " level is not identified.",
    ),
    "information": Figure(
        "diagnose/information.tsv",
        "Left, the published table: its DNA tells the line by composition, so z could learn it."
        " Right, the crossed panel: every pair is in every line, and DNA tells nothing, exactly."
        " Ranks only: each mark replaced by its rank in the line, which takes technical offsets"
        " away. It shows what these probes can read, a lower bound: a value at 0 does not prove"
        " that nothing is there.",
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
        " finding: even a mark left out is told by the others.",
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

BASE_RATE = "base rate"
UNTRAINED = "untrained encoder"
SECTIONS = {
    "data": Section(
        "Data",
        "What was it trained on, and could it win by a leak?",
        ("splits", "funnel"),
        (
            Row("Pairs, each in every line", "panel_pairs", (("lines", "panel_lines"),)),
            Row(
                "Pairs that loop in some lines and not in others",
                "discordant_pairs",
                (("for training", "discordant_training_pairs"),),
            ),
            Row(
                "Leak meter: AUPR lift of looking up the element (1 is no leak)",
                "element_lookup_lift",
            ),
            Row("Elements in two splits", "elements_in_two_splits"),
            Row("Marks that a training line lacks", "marks_missing"),
        ),
    ),
    "train_subset": Section(
        "Subset training",
        "Does the design work on a few lines and chromosomes before the full training is paid for?",
        ("learning_curve_subset",),
        (
            Row("AUPR, training rows", "train_aupr", (("validation", "validation_aupr"),)),
            Row("Spread of R within pairs (sd)", "within_pair_sd_resistance"),
            Row("Violations of the design", "design_violations"),
        ),
    ),
    "train_full": Section(
        "Full training",
        "Did it learn, and did it stop in time?",
        ("learning_curve",),
        (
            Row("AUPR, training rows", "train_aupr", (("validation", "validation_aupr"),)),
            Row("Spread of R within pairs (sd)", "within_pair_sd_resistance"),
            Row("Violations of the design", "design_violations"),
        ),
    ),
    "evaluate": Section(
        "Skill on held-out chromosomes and lines",
        "How well does it do where it never looked?",
        (),
        (
            Row(
                "AUPR, seen lines, unseen chromosomes",
                "aupr_seen_line_unseen_chromosome",
                (
                    (BASE_RATE, "base_rate_seen_line_unseen_chromosome"),
                    ("distance", "aupr_baseline_distance"),
                    ("element degree", "aupr_baseline_degree"),
                ),
            ),
            Row(
                "AUPR, unseen lines, unseen chromosomes",
                "aupr_unseen_line_unseen_chromosome",
                ((BASE_RATE, "base_rate_unseen_line_unseen_chromosome"),),
            ),
            Row(
                "AUPR, unseen lines, seen chromosomes",
                "aupr_unseen_line_seen_chromosome",
                (
                    (BASE_RATE, "base_rate_unseen_line_seen_chromosome"),
                    (
                        "mean label of the training lines",
                        "aupr_mean_label_unseen_line_seen_chromosome",
                    ),
                ),
            ),
            Row(
                "In which line does a pair loop? AUC of −R within pairs",
                "within_pair_auc",
                (("H3K27ac at both ends", "within_pair_auc_activity"),),
            ),
        ),
    ),
    "resistance": Section(
        "In which line does a pair loop? R alone, without DNA",
        "How far do the marks alone tell in which lines a pair loops?",
        ("resistance",),
        (
            Row(
                "AUC within pairs",
                "within_pair_auc",
                (
                    (
                        "gradient boosting on the same features",
                        "within_pair_auc: gradient boosting",
                    ),
                    ("H3K27ac at both ends", "within_pair_auc: H3K27ac at both ends"),
                    ("line offsets", "within_pair_auc: line offsets"),
                ),
            ),
            Row("Gain over gradient boosting", "gain_over_boosting"),
            Row(
                "AUC within pairs, a line left out of the training",
                "unseen line: R",
                (("gradient boosting", "unseen line: gradient boosting"),),
            ),
            Row("AUC within pairs where neither line lists the pair", "within_pair_auc_unlisted"),
        ),
    ),
    "recovery": Section(
        "Recovery of the known energies",
        "The simulated energies are known: did it find them?",
        ("recovery",),
        (
            Row("Correlation of U with the truth", "potential_corr"),
            Row("Within-pair correlation of R with the truth", "resistance_within_pair_corr"),
            Row(
                "AUPR, unseen lines",
                "aupr_unseen",
                (
                    ("true energies", "aupr_unseen_oracle"),
                    ("true U alone", "aupr_unseen_potential_oracle"),
                ),
            ),
            Row(
                "Largest correlation of U with a lineage motif",
                "lineage_leak",
                (("true U", "lineage_leak_of_truth"),),
            ),
        ),
    ),
    "diagnose": Section(
        "Decoupling",
        "Is the sequence part free of the line, and the chromatin part free of the sequence?",
        ("information", "correlation"),
        (
            Row(
                "What z tells of the line, linear probe (share of H)",
                "z_line_linear",
                ((UNTRAINED, "z_line_linear_floor"),),
            ),
            Row(
                "What z tells of the line, boosted trees",
                "z_line_boosted",
                ((UNTRAINED, "z_line_boosted_floor"),),
            ),
            Row(
                "What z tells of the label, the line known",
                "z_label_given_line",
                ((UNTRAINED, "z_label_given_line_floor"),),
            ),
            Row(
                "What U tells of the line, linear probe",
                "potential_line_linear",
                ((UNTRAINED, "potential_line_linear_floor"),),
            ),
            Row(
                "z with e: distance correlation",
                "z_e_dcor",
                (("permuted", "z_e_dcor_null"), ("p", "z_e_dcor_p")),
            ),
            Row(
                "z with e: largest |r|",
                "z_e_largest",
                (("permuted", "z_e_largest_null"), ("p", "z_e_largest_p")),
            ),
        ),
    ),
    "biology": Section(
        "Biology",
        "Do prototypes and R mirror what is known of the lines and marks?",
        ("states", "signs", "prototypes", "trees"),
        (
            Row(
                "Lines: prototypes against loops and all marks, Mantel correlation",
                "mantel_rho_joint_trained",
                (
                    ("p", "mantel_p_joint_trained"),
                    (UNTRAINED, "mantel_rho_joint_untrained"),
                    ("mark offsets alone", "mantel_rho_joint_offsets"),
                ),
            ),
            Row("Share of R's variance in the residual, not in the states", "residual_share"),
        ),
    ),
    "mutagenesis": Section(
        "What U reads: bases",
        "Which bases of the strongest pairs carry U?",
        ("logos",),
        (Row("Stretches found", "seqlets", (("of them raise U", "seqlets_raising"),)),),
    ),
    "motifs": Section(
        "What U reads: motifs",
        "Which motifs does U respond to, and are any of them a lineage's?",
        ("motif_effects", "interactions"),
        (
            Row("Motifs called", "motifs_called", (("asked", "motifs"),)),
            Row(
                "Leakage index: lineage motifs in U",
                "leakage_index",
                (("shuffled", "leakage_index_null"), ("p", "leakage_index_p")),
            ),
        ),
    ),
    "motif_recovery": Section(
        "Recovery of the planted motifs",
        "The simulated grammar is known: did U find its motifs and no others?",
        (),
        (
            Row("Recall of grammar motifs", "motif_recall", (("precision", "motif_precision"),)),
            Row(
                "Lineage motifs called",
                "lineage_motifs_called",
                (("decoys called", "decoy_motifs_called"),),
            ),
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
    ("resistance", "within_pair_auc"),
    ("recovery", "potential_corr"),
    ("recovery", "resistance_within_pair_corr"),
    ("diagnose", "z_line_linear"),
)
# The check a gate is told by on the first screen as long as none has failed.
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
