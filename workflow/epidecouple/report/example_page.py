"""The page of the target example: one picture per locus, how well each score does, and the elements
that are regulated or predicted.
"""

from pathlib import Path
from typing import Any

from .pages import data_uri, page_templates, table_rows

# Columns of the table of elements: what the page calls them, and how their numbers are written.
ELEMENT_COLUMNS = {
    "gene": ("gene", ""),
    "distance_bp": ("distance, bp", ",.0f"),
    "with a head": ("score with a head, logit", "+.2f"),
    "share x exp(-R_way)": ("zero-shot score, logit", "+.2f"),
    "potential": ("U(distance)", "+.2f"),
    "activity": ("activity", "+.2f"),
    "competition": ("competition", "+.2f"),
    "resistance_of_way": ("R of the way", "+.2f"),
    "effect": ("measured change", "+.0%"),
}
YES = "True"
OURS = "with a head"
# Figures of a score, each with its interval.
FIGURES = ("ap", "gain")


def render(folder: Path) -> str:
    """The page of a folder of results as HTML."""
    pairs, loci = table_rows(folder / "pairs.tsv"), table_rows(folder / "loci.tsv")
    genes = list(dict.fromkeys(row["gene"] for row in pairs))
    return (
        page_templates()
        .get_template("example.html.j2")
        .render(
            pictures=[picture(folder, gene) for gene in genes],
            sentence=sentence(loci),
            ahead=ahead(loci),
            loci=by_gene(loci),
            columns=[name for name, _ in ELEMENT_COLUMNS.values()],
            elements=[element(row) for row in pairs if YES in (row["regulated"], row["predicted"])],
            tested=len(pairs),
        )
    )


def picture(folder: Path, gene: str) -> dict[str, str]:
    """A locus' picture for its page."""
    name = f"{gene}.svg"
    return {"gene": gene, "svg": name, "uri": data_uri(folder / name)}


def by_gene(loci: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Per gene, and all genes, its counts and its scores."""
    genes: dict[str, dict[str, Any]] = {}
    for row in loci:
        gene = genes.setdefault(row["gene"], {**row, "scores": []})
        gene["scores"].append({**row, "cells": [with_interval(row, name) for name in FIGURES]})
    return list(genes.values())


def sentence(loci: list[dict[str, str]]) -> str:
    """What the page shows, in one sentence with its numbers."""
    *genes, everything = (row for row in loci if row["score"] == OURS)
    found = [f"{row['found']} of {row['regulated']} for {row['gene']}" for row in genes]
    return (
        f"Found among as many best-scored elements as change the gene: {', '.join(found)}."
        f" Average precision of all {everything['pairs']} pairs"
        f" {with_interval(everything, 'ap')}, {with_interval(everything, 'gain')} above distance"
        " alone."
    )


def ahead(loci: list[dict[str, str]]) -> list[str]:
    """A sentence for every gene where a score without a head has the higher average precision."""
    sentences = []
    for gene in by_gene(loci):
        ours, *others = gene["scores"]
        best = max(others, key=lambda row: float(row["ap"]))
        if float(best["ap"]) > float(ours["ap"]):
            sentences.append(
                f"{gene['gene']}: {best['score']} finds {best['found']} of {best['regulated']},"
                f" average precision {with_interval(best, 'ap')}; ours {with_interval(ours, 'ap')}"
            )
    return sentences


def with_interval(row: dict[str, str], name: str) -> str:
    """A figure of a score with its interval over rows."""
    value, lower, upper = (float(row[f"{name}{end}"]) for end in ("", "_lower", "_upper"))
    return f"{value:.2f} ({lower:.2f} to {upper:.2f})"


def element(row: dict[str, str]) -> dict[str, Any]:
    """An element's place, cells, and whether it is regulated and predicted."""
    cells = [
        format(float(row[name]), form) if form else row[name]
        for name, (_, form) in ELEMENT_COLUMNS.items()
    ]
    place = f"{row['chrom']}:{int(row['element_mid']):,}"
    return {
        "place": place,
        "cells": cells,
        "regulated": row["regulated"] == YES,
        "predicted": row["predicted"] == YES,
    }
