"""R of the loop panel as a folder that can be handed on: network, what it is read by, checksums.

It compares cell lines at one locus and never two loci: it was fitted on pairs of lines alone, so a
level that all lines share at a locus is not learned. `loop_model.json` holds lines, marks, files
and the recipe of the inputs, `model.safetensors` the network, each line's scale, and the loci of
the panel, on which another line is standardised. Coordinates are 0-based, in bp.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..core.provenance import write_json
from ..data.loop_loci import ANCHORS
from ..data.loop_signal import Scale, centred_inputs, positions_of, swapped
from ..model.loop_resistance import LoopResistance
from ..model.weights import read_tensors, save_tensors
from .checksums import check_files
from .loop_record import LOOP_RECORD, LOOP_TARGET, LoopRecord, read_record

TENSORS = "model.safetensors"
NETWORK = "network."
# Distances of the anchors between these shares of the panel's loci are usual.
USUAL = (0.01, 0.99)


@dataclass(frozen=True)
class LoopModel:
    """A trained R of loops.

    scale : of the lines (C, P, M); loci : chrom, left, right of the panel's discordant loci, on
    which another line is standardised
    """

    record: LoopRecord
    network: LoopResistance
    scale: Scale
    loci: pd.DataFrame

    @property
    def usual_distance(self) -> tuple[float, float]:
        """Distances of the anchors in bp between which nearly all loci of the panel lie."""
        low, high = (self.loci.right - self.loci.left).quantile(USUAL)
        return float(low), float(high)

    @property
    def parameters(self) -> int:
        """Number of parameters of the network."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def standard(self, signal: np.ndarray) -> np.ndarray:
        """Signal of the model's lines (n, C, P, M), standardised as in training."""
        return self.scale(signal)

    @torch.no_grad()
    def resistance(self, standard: np.ndarray) -> np.ndarray:
        """R (n, C') in logit units of standardised signal (n, C', P, M) of all lines that are
        compared: the mean over both orders of the anchors.
        """
        inputs = torch.from_numpy(centred_inputs(standard))
        turned = inputs[:, :, torch.from_numpy(swapped(self.record.config))]
        network = self.network.eval()
        return ((network(inputs) + network(turned)) / 2).numpy()


def save_loop_model(model: LoopModel, folder: Path) -> None:
    """Write `loop_model.json` and `model.safetensors`."""
    write_json(folder / LOOP_RECORD, model.record.as_dict())
    number = {name: k for k, name in enumerate(model.record.chromosomes)}
    tensors = {f"{NETWORK}{name}": value for name, value in model.network.state_dict().items()}
    tensors |= {"scale.mean": _tensor(model.scale.mean), "scale.sd": _tensor(model.scale.sd)}
    tensors["loci.chrom"] = torch.tensor(model.loci.chrom.map(number).to_numpy(dtype=np.uint8))
    for anchor in ANCHORS:
        tensors[f"loci.{anchor}"] = torch.tensor(model.loci[anchor].to_numpy(dtype=np.int32))
    save_tensors(tensors, folder / TENSORS)


def load_loop_model(folder: Path) -> LoopModel:
    """Read a folder; raises `InputError` for a file that is missing or not the one that the
    checksums name, and for a model of another version.
    """
    check_files(folder, (LOOP_RECORD, TENSORS), LOOP_TARGET)
    record = read_record(folder)
    tensors = read_tensors(folder / TENSORS)
    network = LoopResistance(len(positions_of(record.config)), 2 * len(record.marks), record.config)
    own = {name.removeprefix(NETWORK): of for name, of in tensors.items() if NETWORK in name}
    network.load_state_dict(own)
    scale = Scale(tensors["scale.mean"].numpy(), tensors["scale.sd"].numpy())
    return LoopModel(record, network.eval(), scale, _loci(tensors, record.chromosomes))


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _loci(tensors: dict[str, Tensor], chromosomes: list[str]) -> pd.DataFrame:
    chrom = np.array(chromosomes, dtype=object)[tensors["loci.chrom"].numpy()]
    ends = {anchor: tensors[f"loci.{anchor}"].numpy().astype(np.int64) for anchor in ANCHORS}
    return pd.DataFrame({"chrom": chrom, **ends})
