"""What the page of a run shows and in which order: sections, their figures with captions, and their
rows.
"""

from itertools import chain
from typing import NamedTuple


class Figure(NamedTuple):
    """A figure: the table it is drawn from, relative to the run's folder, and what it can and
    cannot show.
    """

    table: str
    caption: str


class Row(NamedTuple):
    """A number worth a row: its metric, and the metrics to compare it with.

    oracle : metric of the stage `recovery`, what the true energies of a simulation reach

    Labels come from the registry of metrics. The interval is taken from `<metric>_lower` and
    `<metric>_upper` where a stage wrote them.
    """

    metric: str
    references: tuple[str, ...] = ()
    oracle: str = ""


class Section(NamedTuple):
    """A stage's section: title, question that it answers, figures, and rows of its table."""

    title: str
    question: str
    figures: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


LEARNING_CURVE = (
    "Top: training and validation in each phase; early stopping keeps the marked epoch. Bottom: how"
    " much a quick linear probe reads about the cell line from z and from e, beyond what it reads"
    " when lines are permuted, and how strongly z and e correlate within lines. The curves show a"
    " direction only; nonlinear probes and intervals are in the section “Decoupling”."
)
ABLATION_CAPTION = (
    "A dot is the mean of an arm over seeds, in the first world; larger dots recover U better. To"
    " the left U holds nothing of the line, or R nothing of U. Above the dotted line an arm has"
    " learned from marks what all lines share. The grey line joins the soft losses at rising"
    " weight."
)
FIGURES = {
    "splits": Figure(
        "data/splits.tsv",
        "A cell is one chromosome in one cell line. Colour: what it was used for. Number: its pairs"
        " that loop. Whole chromosomes are held out, so no element is in two splits; a near-copy of"
        " its sequence elsewhere in the genome still can be.",
    ),
    "funnel": Figure(
        "panel/funnel.tsv",
        "A filter that leaves nothing stops the run. The model learns R only from the pairs of the"
        " last row: those that loop in some training lines and not in others.",
    ),
    "learning_curve_subset": Figure("train_subset/history.tsv", LEARNING_CURVE),
    "learning_curve": Figure("train_full/history.tsv", LEARNING_CURVE),
    "loops": Figure(
        "loops/arms.tsv",
        "Blue: R of the model, with its interval; black: a variant; grey: rivals; orange: nulls."
        " Filled: as it is; hollow: with each line's mean score removed. A cross is the null of the"
        " arm, the same model on marks of another locus: what lies between 0.5 and the cross comes"
        " from recognising the line. The figure shows where loops are called, not what makes them.",
    ),
    "loop_strata": Figure(
        "loops/strata.tsv",
        "The same figure for parts of the panel. A line without the loop may lack it in the cell or"
        " only on its map: shallow maps miss loops, and a loop just beside the locus counts as"
        " none. Lines without the loop stand in the order of their numbers of loops; where one line"
        " is that throughout, a rival that recognises lines is far off on either side.",
    ),
    "resistance": Figure(
        "resistance/arms.tsv",
        "Blue: R of the model. Black: variants of R. Grey: rivals. The pairs come from the lines'"
        " own published tables, so on the left any score does well that recognises the line whose"
        " table lists the pair. The right side compares only lines of which neither lists it.",
    ),
    "recovery": Figure(
        "recovery/points.tsv",
        "On the diagonal the estimated energy equals the true one. R is shown minus its mean over"
        " the lines of the pair: the data say how R differs between lines, not how high it is.",
    ),
    "information": Figure(
        "diagnose/information.tsv",
        "Share of the cell line's entropy H that a probe reads from each representation. A probe is"
        " a classifier, tested on rows that it was not fitted on. Left, the published tables: each"
        " line lists pairs of its own, so DNA composition differs between lines, and z could learn"
        " the line from it. Right, the crossed panel: every pair is in every line, so DNA holds"
        " nothing about the line. Ranks only: each mark is replaced by its rank in the line, which"
        " removes technical offsets. A probe gives a lower bound: a value of 0 does not prove that"
        " nothing is there.",
    ),
    "correlation": Figure(
        "diagnose/correlation.tsv",
        "Correlation of each dimension of z with each dimension of e, within lines. A dimension"
        " that is shared shows as a row or column of one colour. The figure shows linear dependence"
        " only; the distance correlation and its p are in the table above.",
    ),
    "states": Figure(
        "biology/states.tsv",
        "A row is a chromatin state; all lines share the states. Left: what the state adds to R at"
        " each position. Middle: its mean marks. Right: how many of each line's reference loci are"
        " in it. The figure cannot show which mark is the cause: a state sums up marks, and marks"
        " come together. A locus belongs to several states at once, so what one of them adds is"
        " known less well than what a state resists, which the table of known states has.",
    ),
    "signs": Figure(
        "biology/signs.tsv",
        "A point is the rank correlation of R with a mark in one line, GC content and distance"
        " regressed out, with its interval. Hollow: R did not read the mark. Grey: the"
        " side that is expected. The sign is a check, not a result: the other marks predict even a"
        " mark that is left out.",
    ),
    "prototypes": Figure(
        "biology/mantel.tsv",
        "Each row compares distances between the lines' prototypes with distances between the lines"
        " in loops or marks. p is exact, over all permutations of the lines; “loops and all marks”"
        " is the one primary test. What an untrained encoder reaches comes from the marks and is"
        " not learned. Similarity of a few lines says nothing about causes.",
    ),
    "trees": Figure(
        "biology/trees.tsv",
        "Average-linkage trees of the lines. r: how well the heights in the tree stand for the"
        " distances. Lines of one colour are a group of the configuration. A tree makes nested"
        " groups of any distances, so a line of mixed lineage has no right place in it.",
    ),
    "logos": Figure(
        "mutagenesis/contributions.tsv",
        "The stretches whose bases matter most to U in the test pairs with the highest U, with"
        " flanks. Stretches that are alike, shifted or on the other strand, share a logo, that of"
        " the strongest. A letter is as high as what the base adds to U. Not seen: bases that the"
        " model reads only where U is low, or that count only two at a time.",
    ),
    "motif_effects": Figure(
        "motifs/effects.tsv",
        "Mean change of U when a motif is inserted into test windows, minus that of shuffled motifs"
        " (grey: two of their sd to either side). It shows what the model responds to, not what the"
        " cell does; a motif that needs a partner or a certain place may show nothing.",
    ),
    "interactions": Figure(
        "motifs/interactions.tsv",
        "Change of U by two motifs together, minus the sum of their single effects, for the motifs"
        " that are called. It can show that U is not additive, but not why: a response that"
        " saturates looks like interaction too.",
    ),
    "ablation": Figure("ablation/runs.tsv", ABLATION_CAPTION),
    "ablation_quick": Figure("ablation_quick/runs.tsv", ABLATION_CAPTION),
    "comparison": Figure(
        "comparison/table.tsv",
        "A dot is a seed, a black bar the threshold of a gate. The AUC is balanced over couples of"
        " lines, so that a model gains nothing by knowing which lines have more loops. The figure"
        " shows what the arms do in this simulation, not on real data.",
    ),
    "crispr_curves": Figure(
        "crispr/curves.tsv",
        "Precision and recall of the regulated pairs, rows weighted by how likely a negative effect"
        " is direct; bands: 95 % intervals over rows. The zero-shot score never saw a CRISPR label;"
        " the head was fitted on the other chromosomes. Points to the left of the first few pairs"
        " found say little.",
    ),
    "crispr_scores": Figure(
        "crispr/table.tsv",
        "Weighted area below the precision-recall curve on the same rows, with 95 % intervals over"
        " chromosomes. Blue: this package; grey: rivals. The two panels answer different"
        " questions: what can be said of a line without any CRISPR experiment, and what with one.",
    ),
}
# Figures of runs whose data or configuration has what they need; and those of targets of their own.
OF_SIMULATION, OF_MOTIFS = ("recovery",), ("motif_effects", "interactions")
OF_OTHER_TARGETS = {
    "resistance": ("loops", "loop_strata", "resistance"),
    "comparison": ("comparison",),
    "ablation": ("ablation",),
    "ablation_quick": ("ablation_quick",),
    "crispr": ("crispr_curves", "crispr_scores"),
}

SECTIONS = {
    "samples": Section(
        "Is every peak file what it claims to be?",
        "Does a file look like another mark or another line than the configuration says?",
        (),
        (
            Row("samples_in_doubt", ("samples", "samples_with_mark", "samples_with_line")),
            Row("sample_mark"),
            Row("sample_line"),
            Row("sample_stranger"),
            Row("sample_copy"),
        ),
    ),
    "data": Section(
        "Data",
        "What are the data, and could a leak between splits explain the skill of the model?",
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
        "Does a small training, on fewer lines and pairs, do what the design says?",
        ("learning_curve_subset",),
        (
            Row("train_aupr", ("validation_aupr",)),
            Row("within_pair_sd_resistance"),
            Row("design_violations"),
        ),
    ),
    "train_full": Section(
        "Full training",
        "Does the model learn, and does training stop before it overfits?",
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
            Row(
                "aupr_unseen_line_unseen_chromosome",
                (
                    "base_rate_unseen_line_unseen_chromosome",
                    "aupr_mean_label_unseen_line_unseen_chromosome",
                ),
            ),
            Row(
                "aupr_unseen_line_seen_chromosome",
                (
                    "base_rate_unseen_line_seen_chromosome",
                    "aupr_mean_label_unseen_line_seen_chromosome",
                ),
            ),
            Row(
                "balanced_auc",
                ("balanced_auc_activity", "balanced_auc_label_rate"),
                "balanced_auc_oracle",
            ),
            Row(
                "balanced_auc_levels_removed",
                ("balanced_auc_levels_removed_activity",),
                "balanced_auc_levels_removed_oracle",
            ),
            Row("balanced_gain"),
            Row(
                "within_pair_auc",
                ("within_pair_auc_label_rate", "within_pair_auc_activity"),
                "within_pair_auc_oracle",
            ),
        ),
    ),
    "loops": Section(
        "In which line does a locus loop? Loops that nobody chose",
        "Of two lines, one with a loop and one without it: can the marks alone say which is which?",
        ("loops", "loop_strata"),
        (
            Row("loop_auc", ("loops: gradient boosting", "loops: H3K27ac at both ends")),
            Row("loop_auc_centred"),
            Row(
                "loop_auc_unseen",
                (
                    "loops, unseen line: gradient boosting",
                    "loops, unseen line: H3K27ac at both ends",
                ),
            ),
            Row("loop_null", ("loops: gradient boosting: marks of another locus",)),
            Row("loop_identity_null"),
            Row("loop_gain_over_h3k27ac"),
            Row("loop_gain_over_boosting"),
            Row("loop_loci", ("loop_loci_of_all_kinds",)),
        ),
    ),
    "resistance": Section(
        "The same on the pairs of the published tables",
        "How well do the marks predict in which lines a pair loops that some line's table lists?",
        ("resistance",),
        (
            Row(
                "crossfit_balanced_auc",
                (
                    "crossfit_balanced_auc: gradient boosting",
                    "crossfit_balanced_auc: H3K27ac at both ends",
                    "crossfit_balanced_auc: line offsets",
                ),
            ),
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
            Row("crossfit_auc_disagree", ("crossfit_auc_disagree: gradient boosting",)),
        ),
    ),
    "recovery": Section(
        "Recovery of the known energies",
        "The true energies of a simulation are known: do U and R agree with them?",
        ("recovery",),
        (
            Row("potential_dna_corr", ("potential_corr",)),
            Row("resistance_within_pair_corr"),
            Row(
                "aupr_unseen",
                ("aupr_unseen_dna_oracle", "aupr_unseen_oracle", "aupr_unseen_potential_oracle"),
            ),
            Row("lineage_leak", ("lineage_leak_of_truth",)),
        ),
    ),
    "diagnose": Section(
        "Decoupling",
        "Does U hold anything about the cell line, and do U and R share anything?",
        ("information", "correlation"),
        (
            Row(
                "z_line_linear", ("z_line_linear_floor", "kmers_line_linear"), "lineage_line_linear"
            ),
            Row("z_line_boosted", ("z_line_boosted_floor", "kmers_line_boosted")),
            Row("z_label_given_line_unseen", ("z_label_given_line_unseen_floor",)),
            Row("z_label_given_line", ("z_label_given_line_floor",)),
            Row("potential_line_linear", ("potential_line_linear_floor",)),
            Row("z_e_dcor", ("z_e_dcor_null", "z_e_dcor_p")),
            Row("z_e_largest", ("z_e_largest_null", "z_e_largest_p")),
        ),
    ),
    "biology": Section(
        "Biology",
        "Do the lines' prototypes and R agree with what is known about cell lines and marks?",
        ("states", "signs", "prototypes", "trees"),
        (
            Row(
                "mantel_rho_joint_trained",
                (
                    "lines",
                    "mantel_p_joint_trained",
                    "mantel_rho_joint_untrained",
                    "mantel_rho_joint_offsets",
                ),
            ),
            Row("residual_share"),
            Row("states_known", ("states_frequent", "states_known_share")),
            Row("state_information_smallest", ("state_components", "state_strong_components")),
            Row("state_resistance_agreement", ("state_error_inflation",)),
        ),
    ),
    "mutagenesis": Section(
        "Bases that U reads",
        "Which bases matter to U in the pairs with the highest U?",
        ("logos",),
        (Row("seqlets", ("seqlets_raising",)),),
    ),
    "motifs": Section(
        "Motifs that U reads",
        "Which motifs change U, and does U follow motifs of lineage factors?",
        ("motif_effects", "interactions"),
        (
            Row("motifs_called", ("motifs",)),
            Row("leakage_index", ("leakage_index_null", "leakage_index_p")),
        ),
    ),
    "motif_recovery": Section(
        "Recovery of the planted motifs",
        "The motifs that make U in a simulation are known: does U read them and no others?",
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
    "loops",
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
    ("evaluate", "balanced_auc"),
    ("loops", "loop_auc"),
    ("loops", "loop_auc_unseen"),
    ("loops", "loop_null"),
    ("recovery", "potential_dna_corr"),
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
    "resistance": "balanced_gain_lower",
    "decoupling": "z_line_boosted_change",
    "biology": "wrong_sign_H3K27ac",
    "loops": "loop_null",
    "crispr": "zero_shot_gain_over_share_lower",
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
        *chain(*OF_OTHER_TARGETS.values()),
        *(() if simulated else OF_SIMULATION),
        *(() if motifs else OF_MOTIFS),
    }
    return [name for name in FIGURES if name not in absent]
