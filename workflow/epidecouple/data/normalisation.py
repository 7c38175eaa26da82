"""Normalisation, which puts the marks of different lines on one scale.

A mark is standardised on the line's reference loci, or first replaced by its rank among them.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# Rank of the weakest signal above 0, so that having a peak at all is a step, and strength comes on
# top of it.
PRESENCE = 0.25
QUANTILES = 33
# A mark whose sd is a smaller share of its largest value is constant: what varies is rounding.
LEAST_SD = 1e-6
# Normalised values beyond this are cut, in sd, so that float16 and what is computed from it stay
# finite.
LARGEST = 1e4


@dataclass(frozen=True)
class Normaliser:
    """Normalises a mark's log1p signal in one line, as fitted on that line's reference loci.

    mean, sd : of the signal on the reference loci, or of its ranks; sd is 0 for a mark that is
    absent or constant there
    quantiles : of the signal above 0 on the reference loci, from which ranks are read; empty where
    the signal itself is standardised
    """

    mean: float
    sd: float
    quantiles: tuple[float, ...] = ()

    @classmethod
    def on(cls, reference: np.ndarray, method: str) -> "Normaliser":
        """Fit a normaliser on the log1p signal (n_ref,) of the reference loci.

        method : `standard` or `ranks`
        """
        present = reference[reference > 0]
        quantiles = (
            np.quantile(present, np.linspace(0, 1, QUANTILES))
            if method == "ranks" and len(present)
            else ()
        )
        values = ranks(reference, quantiles)
        sd = float(values.std())
        varies = sd > LEAST_SD * float(np.abs(values).max(initial=0.0))
        return cls(float(values.mean()), sd if varies else 0.0, tuple(float(q) for q in quantiles))

    def __call__(self, signal: np.ndarray) -> np.ndarray:
        """Normalise log1p signal of any shape: within `LARGEST`, and 0 for a constant mark."""
        centred = ranks(signal, self.quantiles) - self.mean
        if not self.sd:
            return np.zeros_like(centred)
        return np.clip(centred / self.sd, -LARGEST, LARGEST)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for a shard's manifest."""
        return asdict(self)


def ranks(signal: np.ndarray, quantiles: np.ndarray | tuple[float, ...]) -> np.ndarray:
    """Rank signal among quantiles: 0 where there is no signal, else from `PRESENCE` to 1.

    Without quantiles the signal is returned as it is.
    """
    if not len(quantiles):
        return signal
    place = np.interp(signal, quantiles, np.linspace(0, 1, len(quantiles)))
    return np.where(signal > 0, PRESENCE + (1 - PRESENCE) * place, 0.0)
