"""Elements and genes placed on the genome: middle of the element and TSS in the assembly of the
peaks, or the reason why a row has no place. Coordinates are 0-based, in bp.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..experiments.assemblies import sizes_of
from ..experiments.chains import Lift
from ..experiments.crispr import lifted, truth
from ..experiments.excerpt import Excerpt
from ..experiments.genes import is_date
from ..files.elements_to_score import PROMOTER
from ..files.pairs_to_score import Reasons, whole_numbers
from ..regulation.competition import REACH_BP

# How far a promoter may lie from one that the excerpt was cut around and still have all that
# competes for it.
EXCERPT_MARGIN_BP = 20_000


@dataclass(frozen=True)
class Genome:
    """Where things lie: genes (gene, chrom, tss), the assembly of the rows, their chain where it is
    another than the genes', and the excerpt that peaks come from.
    """

    genes: pd.DataFrame
    assembly: str
    lift: Lift | None = None
    excerpt: Excerpt | None = None


def place_elements(table: pd.DataFrame, genome: Genome) -> tuple[pd.DataFrame, pd.Series]:
    """The rows of `read_elements` that have a place, and the reason of every row, empty for those.

    Of the first: chrom, start, end, gene, element_mid, tss, ubiquitous (1, 0 or NaN), with the
    index of the table.
    """
    reasons = Reasons(table.reason)
    nothing = ~named(table) & (table.promoter_start == "")
    reasons.add(nothing, lambda row: "neither a gene nor a promoter is named")
    pairs = intervals(table, reasons)
    explain_beyond(pairs, genome.assembly, reasons)
    pairs = pairs.assign(element_mid=middles(pairs, reasons, genome.lift))
    pairs = pairs.assign(tss=np.where(named(table), tss_of_genes(pairs, genome.genes), np.nan))
    of_promoter = promoter_middles(table, reasons, genome.lift)
    pairs = pairs.assign(tss=pairs.tss.where(named(table), of_promoter))
    explain_missing(pairs, named(table), genome.genes, reasons)
    if genome.excerpt is not None:
        explain_outside(pairs, genome.excerpt, reasons)
    usable = reasons.text == ""
    return pairs[usable].astype({"element_mid": np.int64, "tss": np.int64}), reasons.text


def named(table: pd.DataFrame) -> pd.Series:
    """Whether rows name a gene; where they do not, the promoter has coordinates."""
    return table.gene.str.strip() != ""


def intervals(table: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    """chrom, start, end, gene, ubiquitous; adds the reasons of rows that are no interval."""
    start, end = (whole_numbers(table[name], reasons) for name in ("start", "end"))
    place = table.chrom + ":" + table.start + "-" + table.end
    reasons.add(
        (start < 0) | (start >= end),
        lambda row: f"element {place[row]} is not an interval (0-based, half-open)",
    )
    columns = {"chrom": table.chrom, "start": start, "end": end, "gene": table.gene.str.strip()}
    whole = pd.DataFrame(columns).astype({"start": np.int64, "end": np.int64})
    return whole.assign(ubiquitous=truth(table.ubiquitous))


def explain_beyond(pairs: pd.DataFrame, assembly: str, reasons: Reasons) -> None:
    """Add the reasons of elements that end beyond their chromosome: most often of another
    assembly.
    """
    size = pairs.chrom.map(sizes_of(assembly)).astype(float)
    reasons.add(
        pairs.end > size,
        lambda row: (
            f"the element ends at {pairs.end[row]}, beyond {pairs.chrom[row]} of"
            f" {int(size[row])} bp in {assembly}"
        ),
    )


def middles(pairs: pd.DataFrame, reasons: Reasons, lift: Lift | None) -> pd.Series:
    """Middle of each interval in the assembly of the peaks, NaN where it has none there."""
    if lift is None:
        return ((pairs.start + pairs.end) // 2).astype(float)
    usable = reasons.text == ""
    middle = lifted(pairs[usable], lift).element_mid.reindex(pairs.index)
    place = pairs.chrom + ":" + pairs.start.astype(str) + "-" + pairs.end.astype(str)
    reasons.add(middle.isna(), lambda row: f"the chain holds no place for {place[row]}")
    return middle


def tss_of_genes(pairs: pd.DataFrame, genes: pd.DataFrame) -> pd.Series:
    """TSS of each gene by symbol, NaN for an unknown one or one on another chromosome."""
    known = genes.set_index("gene")
    return pairs.gene.map(known.tss).where(pairs.gene.map(known.chrom) == pairs.chrom)


def promoter_middles(table: pd.DataFrame, reasons: Reasons, lift: Lift | None) -> pd.Series:
    """Middle of each promoter that is given by coordinates, NaN for the other rows."""
    rows = table[~named(table) & (reasons.text == "")]
    ends = rows[PROMOTER].set_axis(["chrom", "start", "end"], axis=1)
    own = Reasons(pd.Series("", index=rows.index, dtype=object))
    promoters = intervals(rows.assign(**ends), own)
    own.add(rows.chrom != rows.promoter_chrom, lambda row: "the promoter is on another chromosome")
    middle = middles(promoters, own, lift)
    reasons.add(
        own.text.reindex(table.index, fill_value="") != "",
        lambda row: f"promoter: {own.text[row]}",
    )
    return middle.reindex(table.index)


def explain_missing(
    pairs: pd.DataFrame, by_name: pd.Series, genes: pd.DataFrame, reasons: Reasons
) -> None:
    """Add the reasons of rows whose gene has no TSS."""
    chrom = pairs.gene.map(genes.set_index("gene").chrom)
    reasons.add(
        by_name & is_date(pairs.gene),
        lambda row: f"gene {pairs.gene[row]} is a date, as a spreadsheet writes MARCH1 or SEPT2",
    )
    reasons.add(
        by_name & chrom.isna(),
        lambda row: f"gene {pairs.gene[row]} is not in the table of TSS",
    )
    reasons.add(
        by_name & (chrom != pairs.chrom),
        lambda row: (
            f"gene {pairs.gene[row]} lies on {chrom[row]}, the element on {pairs.chrom[row]}"
        ),
    )


def explain_outside(pairs: pd.DataFrame, excerpt: Excerpt, reasons: Reasons) -> None:
    """Add the reasons of rows of which the excerpt does not hold all that the score reads."""
    whole = pd.Series(False, pairs.index)
    for centre in excerpt.read_tested()[["chrom", "tss"]].drop_duplicates().itertuples():
        close = (pairs.tss - centre.tss).abs() <= EXCERPT_MARGIN_BP
        within = (pairs.element_mid - pairs.tss).abs() <= REACH_BP - EXCERPT_MARGIN_BP
        whole |= (pairs.chrom == centre.chrom) & close & within
    reasons.add(
        ~whole, lambda row: "the excerpt does not hold this promoter's surroundings: give peaks"
    )
