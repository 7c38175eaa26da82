"""A regulation model trained on real data, as a folder to hand on."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..core.provenance import read_json, read_metrics
from ..evaluation.crispr_scores import ZERO_SHOT as SHARE_AND_WAY
from ..evaluation.crispr_scores import narrowed, rows_of
from ..experiments.crispr_catalog import crispr_catalog
from ..files.manifest import download_path, load_sources
from ..pretrained.cards import CARD, regulation_card
from ..pretrained.checksums import write_checksums
from ..pretrained.regulation_model import (
    ALL_CHROMOSOMES,
    ZERO_SHOT,
    RegulationModel,
    save_regulation,
)
from ..regulation.head import Head, Rows, fit_head, refits, tiers
from ..regulation.resistance_of_way import WayResistance
from ..statistics.operating_points import OperatingPoint, operating_point
from .runner import run

log = logging.getLogger(__name__)

COMMAND = "snakemake --cores 2 real_model --config mirror=<folder or http base>"


def real_model(
    config: Config,
    way: Path,
    training: Path,
    tested: Path,
    scores: Path,
    measured: Path,
    folder: Path,
) -> None:
    """Write the folder. Without a mirror the files are downloaded.

    scores : every score of the rows of `tested`, each by a fit without its chromosome
    """
    rows = rows_of(pd.read_parquet(intact(training)))
    left_out = [name for name in config.crispr.left_out if name in set(rows.chrom)]
    rows_by_tier = {tier: narrowed(rows, tier) for tier in tiers()}
    heads = {tier.name: fits(of_tier, left_out) for tier, of_tier in rows_by_tier.items()}
    pairs, scored = (pd.read_parquet(intact(path)) for path in (tested, scores))
    model = RegulationModel(
        ways={name: WayResistance(**of) for name, of in read_json(way).items()},
        heads=heads,
        points=operating_points(pairs, scored, config),
        refits={
            tier.name: refits(heads[tier.name][ALL_CHROMOSOMES], of_tier)
            for tier, of_tier in rows_by_tier.items()
            if not tier.elsewhere
        },
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_regulation(model, folder)
    used = set(crispr_catalog(config.crispr).learned_from(config.crispr))
    sources = [source for source in load_sources() if download_path(source) in used]
    card = regulation_card(model, config.crispr, read_metrics(measured), sources, COMMAND)
    (folder / CARD).write_text(card)
    write_checksums(folder)
    log.info("%d heads of %d fits each", len(heads), 1 + len(left_out))


def operating_points(
    pairs: pd.DataFrame, scores: pd.DataFrame, config: Config
) -> dict[str, OperatingPoint]:
    """A threshold for the score without labels and for every head."""
    columns = {ZERO_SHOT: SHARE_AND_WAY, **{tier.name: tier.name for tier in tiers()}}
    return {
        name: operating_point(
            pairs, scores[column].to_numpy(), config.crispr.bootstrap, config.seed
        )
        for name, column in columns.items()
    }


def fits(rows: Rows, left_out: list[str]) -> dict[str, Head]:
    """A head fitted on all rows, and one without each of some chromosomes."""
    fitted = {name: rows.chrom != name for name in left_out}
    fitted = {ALL_CHROMOSOMES: np.ones(len(rows.labels), bool)} | fitted
    return {name: fit_head(rows.inputs[of], rows.labels[of]) for name, of in fitted.items()}


if __name__ == "__main__":
    run(real_model)
