"""R of the loop panel, fitted on all loci of all lines, as a folder to hand on."""

import logging
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.errors import InputError
from ..core.integrity import intact
from ..core.provenance import read_metrics
from ..data.labels import discordant
from ..data.loop_loci import ANCHORS, loop_labels
from ..data.loop_signal import Scale, centred_inputs, swapped
from ..files.catalog import catalog_of
from ..files.manifest import Source, download_path, load_sources
from ..model.loop_resistance import LoopResistance
from ..pretrained.cards import CARD, loop_card
from ..pretrained.checksums import write_checksums
from ..pretrained.loop_model import LoopModel, save_loop_model
from ..pretrained.loop_record import LoopRecord
from ..training.loop_evidence import hold
from ..training.loop_fitting import LoopData, fit_loops
from .runner import run

log = logging.getLogger(__name__)

COMMAND = (
    "snakemake --cores 2 loop_model --configfile config/targetfinder.yaml"
    " config/targetfinder_mirror.yaml --config mirror=<folder or http base>"
)


def loop_model(config: Config, loci: Path, signal: Path, measured: Path, folder: Path) -> None:
    """Write the folder; measured : the figures of the target resistance, which the card shows."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    table = pd.read_parquet(intact(loci))
    sources = used_sources(config)
    model = trained(table, np.load(intact(signal)), config, sources)
    folder.mkdir(parents=True, exist_ok=True)
    save_loop_model(model, folder)
    (folder / CARD).write_text(loop_card(model, read_metrics(measured), sources, COMMAND))
    write_checksums(folder)
    log.info("%d parameters, %d loci", model.parameters, len(model.loci))


def used_sources(config: Config) -> list[Source]:
    """The rows of the manifest that are read: loops and peaks of all lines.

    Raises `InputError` for a dataset of other files, which nobody else could read again.
    """
    catalog = catalog_of(config, config.loop_marks)
    used = {path for of in catalog.lines.values() for path in (of.loops, *of.peaks.values())}
    sources = [source for source in load_sources() if download_path(source) in used]
    if len(sources) < len(used):
        raise InputError(
            "the loops or peaks are no rows of resources/sources.tsv",
            "A model to hand on names its sources: use config/targetfinder.yaml",
            "config",
        )
    return sources


def trained(
    table: pd.DataFrame, signal: np.ndarray, config: Config, sources: list[Source]
) -> LoopModel:
    """R fitted on all discordant loci, by the first of the configured seeds.

    table, signal : of the stage `loop_panel`
    """
    labels = loop_labels(table, config.all_lines)
    rows = discordant(labels)
    seed = config.loop_panel.seeds[0]
    scale = Scale.of(signal)
    inputs = torch.from_numpy(centred_inputs(scale(signal)))
    data = LoopData(inputs, torch.from_numpy(labels[rows].astype("f4")), swapped(config.loop_panel))
    network = partial(LoopResistance, inputs.shape[2], inputs.shape[3], config.loop_panel)
    record = LoopRecord(
        lines=config.all_lines,
        marks=config.loop_marks,
        config=config.loop_panel,
        peaks=peak_checksums(config, sources),
        chromosomes=sorted(set(table.chrom[rows])),
        seed=seed,
    )
    fitted = fit_loops(network, data, config.loop_panel, seed)
    hold(fitted, data)
    loci = table.loc[rows, ["chrom", *ANCHORS]].reset_index(drop=True)
    return LoopModel(record, fitted, scale, loci)


def peak_checksums(config: Config, sources: list[Source]) -> dict[str, dict[str, str]]:
    """line -> mark -> checksum of the file that was read."""
    checksums = {download_path(source): source.checksum for source in sources}
    lines = catalog_of(config, config.loop_marks).lines
    return {
        line: {mark: checksums[path] for mark, path in lines[line].peaks.items()}
        for line in config.all_lines
    }


if __name__ == "__main__":
    run(loop_model)
