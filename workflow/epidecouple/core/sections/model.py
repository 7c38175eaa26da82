"""Keys of the networks."""

from typing import Annotated, Literal

from pydantic import Field

from ..key_types import DISTINCT, Number, Whole
from .section import Section


class ModelConfig(Section):
    """Sizes of the networks."""

    encoder: Literal["motifs", "cnn", "deep"] = Field(
        "motifs",
        description="element encoder: motifs that a screen of the training pairs turns up, counted;"
        " one convolution layer from random filters (taken too where the screen finds none); or"
        " about 13 M parameters for a GPU",
    )
    network: Literal["energy", "record22"] = Field(
        "energy",
        description="both energies as designed, or as record 22 had them, for that arm only",
    )
    marks: Literal["normalised", "raw"] = Field(
        "normalised",
        description="raw: marks as the peak files have them, without normalisation on the"
        " reference loci; for arms only",
    )
    leace: bool = Field(
        False,
        description="concept erasure of the line on z, fitted on the published training rows"
        " every epoch",
    )
    filters: Whole = Field(16, ge=1, description="motif filters of an element at most")
    cnn_filters: Whole = Field(
        64, ge=1, description="convolution filters of an element with the encoder cnn"
    )
    filter_bp: Whole = Field(13, ge=1, description="filter length in bp")
    z_size: Whole = Field(48, ge=2, description="size of z")
    hidden: Whole = Field(64, ge=1, description="width of hidden layers")
    locus_size: Whole = Field(16, ge=1, description="size of a locus' environment representation")
    states: Whole = Field(16, ge=2, description="K, chromatin-state prototypes")
    window: Literal["mean", "bins"] = Field(
        "mean",
        description="R reads the mean over the bins between the ends, or every bin by itself",
    )
    ends: Literal["states and residual", "states", "residual"] = Field(
        "states and residual",
        description="what the marks at the ends and in the window add to R: the resistance of"
        " chromatin states, a residual network, or both; states alone are an arm for few discordant"
        " pairs",
    )
    way_marks: Annotated[list[str], DISTINCT] = Field(
        ["CTCF"],
        description="marks whose densities between the ends R reads, among `marks`; none without"
        " `windows.way`",
    )
    residual_penalty: Number = Field(
        0.1,
        ge=0,
        description="weight of the mean square of R's residual in the loss, so that the states"
        " explain R first",
    )
    dropout: Number = Field(0.1, ge=0, le=0.9, description="dropout before the heads")
    mask_marks: Number = Field(
        0.2,
        ge=0,
        le=0.9,
        description="chance that a mark of a training pair in a line is hidden from R, value and"
        " flag, so that R does without it where a line lacks it",
    )
    mark_noise: Number = Field(
        0, ge=0, description="sd of the noise added to the marks of training pairs, in their own sd"
    )
