"""Three loci whose elements were silenced one by one: scores by a model that did not see their
chromosomes, beside what the experiment measured. Reads the repository alone.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..data.signal import Track
from ..evaluation.crispr_rivals import DISTANCE_ALONE, SHARE, rules
from ..evaluation.crispr_scores import ZERO_SHOT
from ..evaluation.loci import best, locus_table
from ..experiments.excerpt import Excerpt
from ..experiments.genes import read_tss, tss_by_chromosome
from ..files.peaks import read_peaks
from ..pretrained.regulation_model import RegulationModel, load_regulation
from ..regulation.candidates import candidates
from ..regulation.head import LOGIT
from ..regulation.inputs import Line, head_inputs
from ..regulation.score import PARTS
from .runner import run

log = logging.getLogger(__name__)

HEAD, ABC = "with a head", "ABC, as published"
SEED = 1


def example(excerpt: Path, model: Path, pairs: Path, loci: Path) -> None:
    """Write the scored pairs and how well each score does at each locus."""
    scored = scored_pairs(Excerpt(excerpt), load_regulation(model))
    scored.to_csv(pairs, sep="\t", index=False, float_format="%.5g")
    table = locus_table(scored, [HEAD, ZERO_SHOT, SHARE, ABC, DISTANCE_ALONE], SEED)
    table.to_csv(loci, sep="\t", index=False, float_format="%.4g")
    for row in table.itertuples():
        log.info("%s, %s: %d of %d found", row.gene, row.score, row.found, row.regulated)


def scored_pairs(excerpt: Excerpt, model: RegulationModel) -> pd.DataFrame:
    """The tested pairs with every score, the parts of ours, and whether ours has them among the
    best of the gene.
    """
    pairs = excerpt.read_tested()
    inputs = head_inputs(pairs, line_of(excerpt, model, str(pairs.line[0])))
    of_rule = rules(inputs)
    scored = pairs.assign(
        distance_bp=(pairs.element_mid - pairs.tss).abs(),
        **inputs[list(PARTS)],
        **{
            HEAD: unseen_logit(model, inputs, pairs.chrom.to_numpy(dtype=str)),
            ZERO_SHOT: inputs[LOGIT],
            SHARE: of_rule[SHARE],
            ABC: pairs.abc,
            DISTANCE_ALONE: of_rule[DISTANCE_ALONE],
        },
    ).drop(columns="abc")
    return scored.assign(predicted=best(scored, HEAD))


def line_of(excerpt: Excerpt, model: RegulationModel, name: str) -> Line:
    """What scoring in the line needs; raises `InputError` where R_way was learned from it."""
    resistance = model.way(name)
    if name in resistance.lines:
        raise InputError(
            f"the resistance of the way was learned from {name}",
            "Name the line in crispr.scored_lines when the model is made",
            excerpt.folder,
        )
    tracks = {mark: Track(peaks) for mark, peaks in excerpt.read_peaks().items()}
    competing = candidates(tracks, read_peaks(excerpt.candidates))
    return Line(tracks, competing, [], tss_by_chromosome(read_tss(excerpt.genes)), resistance)


def unseen_logit(model: RegulationModel, inputs: pd.DataFrame, chrom: np.ndarray) -> np.ndarray:
    """Logit (n,) of the largest head that the inputs allow, each row by the fit that did not see
    its chromosome; raises `InputError` where there is none.
    """
    tier = model.best_tier(inputs)
    if tier is None:
        raise InputError("no head can read these inputs", "Copy the excerpt again")
    for name in np.unique(chrom):
        if name not in model.heads[tier.name]:
            raise InputError(
                f"the model has no head that was fitted without {name}",
                "Name the chromosome in crispr.left_out when the model is made",
            )
    log.info("%s", tier.name)
    return model.logit(tier, inputs, chrom)


if __name__ == "__main__":
    run(example)
