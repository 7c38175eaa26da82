"""U of pairs whose DNA is edited: single bases, inserted motifs, turned sites."""

import numpy as np
import torch
from torch import Tensor

from ..core.batch_sizes import BASES_PER_BATCH
from ..core.dna import ENDS
from ..data.panel import Panel
from ..model.energy import EnergyModel


class EditablePairs:
    """Some pairs of a panel, whose windows may be replaced; what is not replaced is encoded once.

    codes : end -> uint8 (n, L); embedded : end -> float32 (n, d_z); potential : float32 (n,), U of
    the pairs as they are
    """

    def __init__(self, model: EnergyModel, panel: Panel, pairs: np.ndarray) -> None:
        self.model = model
        self.panel = panel
        self.pairs = pairs
        self.codes = {
            "enhancer": np.asarray(panel.codes[panel.enhancer[pairs]]),
            "promoter": np.asarray(panel.codes[panel.promoter[pairs]]),
        }
        self.embedded = {end: self.embed(end, codes) for end, codes in self.codes.items()}
        self.potential = self.edited(np.arange(len(pairs)))

    @torch.no_grad()
    def embed(self, end: str, codes: np.ndarray) -> Tensor:
        """Embeddings float32 (n, d_z) of windows uint8 (n, L) at one end."""
        network = getattr(self.model.potential.encoder, end)
        blocks = np.array_split(codes, codes.size // BASES_PER_BATCH + 1)
        return torch.cat(
            [network(torch.from_numpy(np.ascontiguousarray(block))) for block in blocks]
        )

    @torch.no_grad()
    def edited(
        self, rows: np.ndarray, enhancer: Tensor | None = None, promoter: Tensor | None = None
    ) -> np.ndarray:
        """U float32 (n,) of the pairs `rows` (n,) with embeddings (n, d_z) in place of those of an
        end.
        """
        potential = self.model.potential
        ends = [
            self.embedded[end][rows] if edited is None else edited
            for end, edited in zip(ENDS, (enhancer, promoter), strict=True)
        ]
        log_distance = torch.from_numpy(self.panel.log_distance[self.pairs[rows]])
        return potential.of_z(potential.z_of_ends(*ends), log_distance).numpy()
