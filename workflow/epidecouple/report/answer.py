"""What a run says to the question of its page, in sentences without names of the program."""

from typing import Any

Metrics = dict[str, Any]


def answer(of_stages: dict[str, Metrics], settings: Metrics) -> list[str]:
    """Sentences for the first screen: what the data are, and what the run measured on them.

    of_stages : stage -> its metrics; settings : sections of the configuration. A sentence whose
    numbers were not measured is left out.
    """
    every = [item for metrics in of_stages.values() for item in metrics.items()]
    numbers = {name: value for name, value in every if value is not None}
    sentences = [data_sentence(numbers, settings)]
    told = (which_line, resistance_recovered, which_pair, potential_recovered, separation)
    for sentence in (*told, which_line_loops, which_unseen_line_loops):
        try:
            sentences.append(sentence(numbers))
        except KeyError:
            continue
    return [sentence for sentence in sentences if sentence]


def is_simulated(settings: Metrics) -> bool:
    """Whether the settings of a run say that its data are simulated."""
    dataset = settings.get("dataset")
    return isinstance(dataset, dict) and dataset.get("kind") == "simulated"


def data_sentence(numbers: Metrics, settings: Metrics) -> str:
    """What the data are; that they are simulated is said first."""
    count = ""
    if isinstance(numbers.get("panel_pairs"), int | float) and "panel_lines" in numbers:
        count = f"{numbers['panel_pairs']:,.0f} pairs in {numbers['panel_lines']:.0f} cell lines"
    if is_simulated(settings):
        made = "Simulated data: a program made DNA, loops and marks, so the true energies are known"
        return f"{made} ({count})." if count else f"{made}."
    return f"Data: {count}." if count else ""


def which_line(numbers: Metrics) -> str:
    """Of a cell line with the loop and one without it: how often R finds the right one."""
    rivals = f"H3K27ac at both ends {percent(numbers['balanced_auc_activity'])}, chance 50 %"
    if "balanced_auc_oracle" in numbers:
        rivals = f"the true resistance {percent(numbers['balanced_auc_oracle'])}, {rivals}"
    right = percent(numbers["balanced_auc"])
    return (
        "Of two cell lines, one where a pair loops and one where it does not, the chromatin"
        f" resistance R picks the right one in {right} of cases ({rivals})."
    )


def resistance_recovered(numbers: Metrics) -> str:
    """How well R follows the true one between the lines of a pair."""
    r = numbers["resistance_within_pair_corr"]
    return f"Between the cell lines of a pair, R follows the true resistance with r = {r:.2f}."


def which_pair(numbers: Metrics) -> str:
    """How well pairs are ranked in cell lines and on chromosomes that training never used."""
    aupr = numbers["aupr_unseen_line_unseen_chromosome"]
    base = numbers["base_rate_unseen_line_unseen_chromosome"]
    others = {
        "the labels of the pair in other lines, which the model does not read,": numbers.get(
            "aupr_mean_label_unseen_line_unseen_chromosome"
        ),
        "at best, from what DNA and marks can show,": numbers.get("aupr_unseen_dna_oracle"),
    }
    compared = [f"random order {base:.2f}"]
    compared += [f"{name} {value:.2f}" for name, value in others.items() if value is not None]
    return (
        "In cell lines and on chromosomes that were not used in training, pairs that loop are"
        f" ranked first with an area under the precision-recall curve of {aupr:.2f}"
        f" ({'; '.join(compared)})."
    )


def potential_recovered(numbers: Metrics) -> str:
    """How well U follows what DNA can show of the true one."""
    r = numbers["potential_dna_corr"]
    return f"U follows the part of the true potential that DNA determines with r = {r:.2f}."


def separation(numbers: Metrics) -> str:
    """How much of the cell line the DNA representation holds."""
    share, floor = numbers["z_line_linear"], numbers["z_line_linear_floor"]
    return (
        "Of the information that names the cell line of a pair, the DNA part of the model holds"
        f" {percent(max(share, 0))} (before training {percent(max(floor, 0))})."
    )


def which_line_loops(numbers: Metrics) -> str:
    """At loci that nobody chose: how often R finds the line with the loop, beside its rivals and
    what the identity of the line gives.
    """
    others = {
        "gradient boosting": numbers["loops: gradient boosting"],
        "H3K27ac at both ends": numbers["loops: H3K27ac at both ends"],
        "knowing the lines, without marks": numbers["loop_identity_null"],
        "R from the marks of another locus": numbers["loop_null"],
    }
    compared = ", ".join(f"{name} {percent(value)}" for name, value in others.items())
    return (
        f"At {numbers['loop_loci']:,.0f} loci that loop in some cell lines and not in others, the"
        " chromatin resistance R finds the line with the loop, of one with it and one without, in"
        f" {percent(numbers['loop_auc'])} of cases ({compared})."
    )


def which_unseen_line_loops(numbers: Metrics) -> str:
    """The same where one of the two lines was not used in training."""
    boosting = percent(numbers["loops, unseen line: gradient boosting"])
    return (
        "Where one of the two lines was never used in training, it does so in"
        f" {percent(numbers['loop_auc_unseen'])} of cases (gradient boosting {boosting})."
    )


def percent(share: float) -> str:
    """A share as whole per cent."""
    return f"{100 * share:.0f} %"
