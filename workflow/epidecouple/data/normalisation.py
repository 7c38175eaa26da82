"""Marks of different lines on one scale: standardised on the reference loci, or first replaced by
their rank there.
"""

from dataclasses import asdict, dataclass

import numpy as np

# Where there is a peak at all, a rank starts here: presence is a step, strength the way above it.
PRESENCE = 0.25
QUANTILES = 33


@dataclass(frozen=True)
class Normaliser:
    """What turns a mark's log1p signal in one line into a number that lines share.

    quantiles : of the signal > 0 on the reference loci; none when the signal is standardised as it
    is
    mean, sd : on the reference loci, of the signal or of its ranks; sd is 0 for a mark that is
    absent there
    """

    mean: float
    sd: float
    quantiles: tuple[float, ...] = ()

    @classmethod
    def on(cls, reference: np.ndarray, method: str) -> "Normaliser":
        """Fitted on the signal (n_ref,) of the reference loci; `method` is `standard` or
        `ranks`.
        """
        present = reference[reference > 0]
        quantiles = (
            np.quantile(present, np.linspace(0, 1, QUANTILES))
            if method == "ranks" and len(present)
            else ()
        )
        values = ranks(reference, quantiles)
        return cls(float(values.mean()), float(values.std()), tuple(float(q) for q in quantiles))

    def __call__(self, signal: np.ndarray) -> np.ndarray:
        """The normalised signal, any shape."""
        return (ranks(signal, self.quantiles) - self.mean) / self.sd

    def as_dict(self) -> dict:
        """The statistics, for a shard's manifest."""
        return asdict(self)


def ranks(signal: np.ndarray, quantiles: np.ndarray | tuple[float, ...]) -> np.ndarray:
    """0 where there is no signal, else its place among the quantiles, from `PRESENCE` to 1; the
    signal itself without quantiles.
    """
    if not len(quantiles):
        return signal
    place = np.interp(signal, quantiles, np.linspace(0, 1, len(quantiles)))
    return np.where(signal > 0, PRESENCE + (1 - PRESENCE) * place, 0.0)
