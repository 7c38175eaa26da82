"""The regulation score and its parts, in the terms of the model:

    logit = U(distance) + activity - competition - R_way

U is -1.024 ln max(d, 5 kb); activity and competition are logarithms. Without R_way this is the
logarithm of the ABC model's share, on peaks. No CRISPR label is read.
"""

import numpy as np
import pandas as pd

from .activity import activity, log_activity
from .between import way_inputs
from .candidates import Candidates
from .competition import log_competition
from .contact import log_contact
from .resistance_of_way import WayResistance
from .tracks import Tracks

# Columns of a prediction, in the order of the formula, with their signs in the logit.
WAY = "resistance_of_way"
PARTS = {"potential": 1, "activity": 1, "competition": -1, WAY: -1}


def parts(
    pairs: pd.DataFrame,
    tracks: Tracks,
    competing: Candidates,
    tss: dict[str, np.ndarray],
    resistance: WayResistance,
) -> pd.DataFrame:
    """`PARTS` and `logit` of pairs (chrom, element_mid, tss) in one line, in logit units.

    tracks : of the line, with DNase, H3K27ac and the marks of the resistance; tss : those of each
    chromosome in order
    """
    own = activity(tracks, pairs.chrom, pairs.element_mid)
    columns = {
        "potential": log_contact(pairs.element_mid.to_numpy() - pairs.tss.to_numpy()),
        "activity": log_activity(own),
        "competition": log_competition(pairs, own, competing),
        "resistance_of_way": resistance(way_inputs(pairs, tracks, resistance.marks, tss)),
    }
    logit = sum(sign * columns[name] for name, sign in PARTS.items())
    return pd.DataFrame(columns | {"logit": logit}, pairs.index)
