"""The cards of the models trained on real data, the regulation score and R of loops: what they are,
what they were trained on, how well they do, limits.

Nothing is measured here: all numbers come from the metrics of the targets crispr and resistance.
"""

from typing import Any

from ..core.metrics import label
from ..core.sections.targets import CrisprConfig
from ..files.manifest import Source
from ..statistics.operating_points import RECALL
from .loop_model import TENSORS, LoopModel
from .loop_record import LOOP_RECORD
from .regulation_model import ALL_CHROMOSOMES, HEADS, POINTS, SPREAD, WAY, RegulationModel

CARD = "README.md"
MEASURED = (
    "zero_shot_auprc",
    "zero_shot_ap",
    "zero_shot_gain_over_share",
    "zero_shot_gain_over_distance",
    "head_auprc",
    "head_ap",
    "head_gain_over_zero_shot",
    "head_gain_over_boosting",
)
MEASURED_LOOPS = (
    "loop_auc",
    "loop_auc_unseen",
    "loop_null",
    "loop_identity_null",
    "loop_gain_over_boosting",
    "loop_gain_over_h3k27ac",
)
LOOP_LIMITS = (
    "It compares cell lines at one pair of anchors. It does not compare pairs: R was fitted on"
    " which of two lines has the loop, so a level that all lines share is not learned.",
    "It says nothing about regulation. At loops' ends R reads CTCF above all; as a score of which"
    " elements regulate which genes it was worse than distance (docs/crispr.md). For that there is"
    " models/regulation.",
    "Labels are loop calls. A line without a call may have the loop in the cell and not on its"
    " map.",
    "The network was fitted on all chromosomes and in all six lines: in these lines its R may know"
    " the loops. The figures above are of networks that saw neither the chromosome nor, where it"
    " says so, the line.",
    "What is above 0.5 in the null's row may come from recognising lines, in R as well.",
)
FIGURE_HEAD = "| figure, 95 % interval over chromosomes | value |\n|---|---|\n"
LIMITS = (
    "The heads were fitted in one cell line, K562. Outside of it nothing is proven; the zero-shot"
    " score and R_way need no labels of the line that is scored.",
    "It ranks element-gene pairs. The logit of a head is no probability in another line, and a"
    " threshold set on one table did not transfer to another.",
    "Beyond 250 kb it finds little, as every other score here.",
    "The flag says that a gene is expressed everywhere. No list of such genes comes with the model:"
    " the heads with it need the flag of the user, those without it do not.",
    "Peaks are read as quantiles of their own file. Lists of H3K27me3 and H4K20me1 differ between"
    " laboratories: inputs are clipped, and rows with many clipped inputs deserve doubt.",
)


def regulation_card(
    model: RegulationModel,
    config: CrisprConfig,
    metrics: dict[str, Any],
    sources: list[Source],
    run_command: str,
) -> str:
    """The card as Markdown.

    sources : rows of the manifest that it was made from; run_command : what makes it again
    """
    parts = [
        "# Does this element regulate this gene?\n",
        "`logit = U(distance) + activity - competition - R_way`, hg19 peaks, no DNA."
        " R_way was learned from loops, the heads from CRISPR interference"
        f" ({metrics['crispr_regulated']:,} regulated of {metrics['crispr_rows']:,} pairs).\n",
        _files(model),
        _measured(metrics),
        "## Limits\n\n" + "".join(f"- {text}\n" for text in LIMITS),
        _inputs(model, config),
        _sources(sources),
        f"## Make it again\n\n```bash\n{run_command}\n```\n",
    ]
    return "\n".join(parts)


def _files(model: RegulationModel) -> str:
    left_out = [name for name in next(iter(model.heads.values())) if name != ALL_CHROMOSOMES]
    return (
        "## Files\n\n"
        f"- `{WAY}`: R_way by the line that it was learned without: {', '.join(model.ways)}\n"
        f"- `{HEADS}`: {len(model.heads)} heads ({'; '.join(model.heads)}), each fitted on all"
        f" chromosomes, and without {', '.join(left_out)}\n"
        f"- `{POINTS}`: per score the threshold that finds {RECALL:.0%} of the regulated pairs,"
        " with its precision, also screen by screen\n"
        f"- `{SPREAD}`: the heads fitted without each chromosome: what the spread of a score is"
        " made from\n"
        f"- `{CARD}`: this card\n- `SHA256SUMS`: checksums, `sha256sum -c SHA256SUMS`\n"
    )


def loop_card(
    model: LoopModel, metrics: dict[str, Any], sources: list[Source], run_command: str
) -> str:
    """The card of R of loops as Markdown.

    sources : rows of the manifest that it was made from; run_command : what makes it again
    """
    low, high = model.usual_distance
    parts = [
        "# In which cell line does this pair loop?\n",
        "R >= 0 of two anchors in a cell line, in logit units, lower where it loops more readily:"
        " chromatin states at 19 positions and a residual, fitted by pairs of lines on the"
        f" {metrics['loop_loci']:,} loci that loop in some of {', '.join(model.record.lines)} and"
        " not in others. hg19 peaks, no DNA.\n",
        f"## Files\n\n- `{LOOP_RECORD}`: lines, marks, their files, and where marks are read\n"
        f"- `{TENSORS}`: {model.parameters:,} parameters, each line's scale, and the loci that"
        " another line is standardised on\n"
        f"- `{CARD}`: this card\n- `SHA256SUMS`: checksums, `sha256sum -c SHA256SUMS`\n",
        f"## Measured\n\n{FIGURE_HEAD}{_rows(metrics, MEASURED_LOOPS)}"
        "\nEvery chromosome by a network fitted on the others; intervals leave out each chromosome"
        " once. AUC is balanced over ordered pairs of lines.\n",
        "## Limits\n\n" + "".join(f"- {text}\n" for text in LOOP_LIMITS),
        f"## What it reads\n\n{', '.join(model.record.marks)}, each peak by its quantile in its"
        " file, in the six lines and in a line of your own. Anchors of the panel lie"
        f" {low / 1000:.0f} to {high / 1000:.0f} kb apart (98 % of them).\n",
        _sources(sources),
        f"## Make it again\n\n```bash\n{run_command}\n```\n",
    ]
    return "\n".join(parts)


def _rows(metrics: dict[str, Any], names: tuple[str, ...]) -> str:
    """A row per figure that was measured, with its interval."""
    return "".join(
        f"| {label(name)} | {metrics[name]:.3f} ({metrics[f'{name}_lower']:.3f} to"
        f" {metrics[f'{name}_upper']:.3f}) |\n"
        for name in names
        if name in metrics
    )


def _measured(metrics: dict[str, Any]) -> str:
    rows = [
        f"| {label(name)} | {value:.3f} |\n"
        for name, value in metrics.items()
        if name.startswith("published_auprc_")
    ]
    every = [
        f"| {label(name)} | {value:.3f} |\n"
        for name, value in metrics.items()
        if name.startswith("crispr_auprc: ")
    ]
    note = (
        "\nThe zero-shot score never saw a CRISPR label, nor loops of the line that it scores. With"
        " a head every chromosome is scored by a fit without it.\n"
    )
    shown = _rows(metrics, MEASURED)
    return f"## Measured\n\n{FIGURE_HEAD}{shown}{''.join(rows)}{''.join(every)}{note}"


def _inputs(model: RegulationModel, config: CrisprConfig) -> str:
    rows = [
        f"| {tier} | {len(heads[ALL_CHROMOSOMES].inputs)} |\n"
        for tier, heads in model.heads.items()
    ]
    return (
        "## What it reads\n\n"
        f"R_way: {', '.join(config.way_marks)}. The score: DNase and H3K27ac besides.\n\n"
        f"| head | inputs |\n|---|---|\n{''.join(rows)}"
    )


def _sources(sources: list[Source]) -> str:
    licences: dict[tuple[str, str], int] = {}
    for source in sources:
        key = (source.citation, source.licence)
        licences[key] = licences.get(key, 0) + 1
    rows = [f"| {who} | {licence} | {n} |\n" for (who, licence), n in sorted(licences.items())]
    return f"## Sources\n\n| source | licence | files |\n|---|---|---|\n{''.join(rows)}"
