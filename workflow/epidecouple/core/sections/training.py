"""Phases of training, weights of its terms, and the small run before the full one."""

from typing import Literal

from pydantic import Field

from ..key_types import Number, Whole
from .section import Section


class FitConfig(Section):
    """One phase of training."""

    batch_pairs: Whole = Field(ge=1, description="pairs of a macro-step")
    positive_share: Number = Field(
        ge=0,
        le=1,
        description="least share of pairs that are positive in some line (every discordant pair"
        " is); undone by weights",
    )
    epochs: Whole = Field(ge=1, description="epochs at most")
    learning_rate: Number = Field(gt=0, description="peak learning rate")
    weight_decay: Number = Field(ge=0, description="AdamW weight decay")
    patience: Whole = Field(ge=1, description="epochs without improvement before training stops")


class ObjectiveConfig(Section):
    """Weights of the soft terms; the energies' own likelihoods have weight 1."""

    label_contrast: Number = Field(
        0, ge=0, description="arm: supervised contrast on z by label within a line"
    )
    line_contrast: Number = Field(
        0, ge=0, description="arm: contrast of each line's state g against the lines' prototypes"
    )
    orthogonality: Number = Field(
        0,
        ge=0,
        description="arm, with a curriculum that fine-tunes: mean squared within-line"
        " cross-correlation of e with z, its gradient on e",
    )
    potential_orthogonality: Number = Field(
        0,
        ge=0,
        description="arm: squared correlation of U with R within a line, on the pairs that the"
        " line's own table lists, its gradient on U",
    )
    resistance_likelihood: Literal["conditional", "bernoulli"] = Field(
        "conditional",
        description="arm bernoulli: R by the plain likelihood of the labels, as if U were 0",
    )
    ramp_epochs: Whole = Field(
        0,
        ge=0,
        description="epochs over which the terms on the environment come in while it is fine-tuned",
    )


class SubsetConfig(Section):
    """The small run before the full one."""

    lines: Whole = Field(4, ge=2, description="training lines at most")
    pairs: Whole = Field(6000, ge=10, description="training pairs at most")
    epochs: Whole = Field(6, ge=1, description="epochs of the potential")
