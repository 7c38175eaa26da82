"""U from DNA and distance."""

import numpy as np
from torch import Tensor, nn

from ..core.config import ModelConfig
from ..data.panel import Panel
from .deep_sequence import DeepElementEncoder
from .erasure import LineEraser
from .record22 import AnnotationReader
from .sequence import ElementEncoder, SequenceEncoder

ENCODERS = {"cnn": ElementEncoder, "deep": DeepElementEncoder}


class Potential(nn.Module):
    """U_I (n,) from DNA and distance alone."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = SequenceEncoder(config, ENCODERS[config.encoder])
        self.annotation = AnnotationReader(config.z_size) if config.annotation else None
        self.eraser = LineEraser(config.z_size)
        self.head = nn.Sequential(nn.Linear(config.z_size, config.hidden), nn.GELU(), nn.Linear(config.hidden, 1))
        self.distance = nn.Sequential(nn.Linear(1, 16), nn.GELU(), nn.Linear(16, 1))

    def z(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z float32 (len(pairs), d_z), after concept erasure where it is switched on."""
        return self.eraser(self.raw_z(panel, pairs))

    def raw_z(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z before erasure; each unique window is encoded once."""
        enhancer_rows, enhancer = np.unique(panel.enhancer[pairs], return_inverse=True)
        promoter_rows, promoter = np.unique(panel.promoter[pairs], return_inverse=True)
        codes = [panel.window_tensor(rows) for rows in (enhancer_rows, promoter_rows)]
        return self.annotated(self.encoder(*codes, panel.tensor(enhancer), panel.tensor(promoter)), panel, pairs)

    def annotated(self, z: Tensor, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z as the encoder gives it; with `model.annotation` the elements' annotated lengths are added to it."""
        return z if self.annotation is None else z + self.annotation(panel.tensor(panel.annotated_bp[pairs]))

    def of_z(self, z: Tensor, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) in logit units from z (n, d_z) and log10 distance (n,)."""
        return (self.head(z) + self.distance(log_distance[:, None] - 5))[:, 0]

    def forward(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """U_I float32 (len(pairs),)."""
        return self.of_z(self.z(panel, pairs), panel.distance_tensor(pairs))
