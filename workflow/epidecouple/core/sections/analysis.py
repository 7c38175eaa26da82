"""What is asked of a trained model."""

from typing import Annotated

from pydantic import Field

from ..key_types import Whole
from .section import Section


class DiagnoseConfig(Section):
    """Probes and correlations."""

    rows: Whole = Field(12_000, ge=100, description="rows of a probe at most")
    folds: Whole = Field(4, ge=2, description="chromosome groups of the probe's cross-validation")
    boosting_rounds: Whole = Field(15, ge=1, description="rounds of the nonlinear probe")
    permutations: Whole = Field(
        19,
        ge=0,
        description="block permutations of the null, linear probes and z-e measures; the smallest"
        " p is 1 / (1 + permutations)",
    )
    boosted_permutations: Whole = Field(0, ge=0, description="the same for the nonlinear probe")
    processes: Whole = Field(
        2,
        ge=1,
        description="processes that fit probes side by side, one thread each; figures do not depend"
        " on it",
    )
    full_permutations: Whole = Field(
        200, ge=0, description="`permutations` of the target diagnose_full"
    )
    full_boosted_permutations: Whole = Field(
        50, ge=0, description="`boosted_permutations` of the target diagnose_full"
    )


class BiologyConfig(Section):
    """Prototypes against the epigenome."""

    groups: list[Annotated[list[str], Field(min_length=2)]] = Field(
        [],
        description="groups of related cell lines, known beforehand, whose prototypes should be"
        " alike; lines that the run does not have are left out",
    )


class MotifsConfig(Section):
    """What U reads."""

    pairs: Whole = Field(
        24, ge=1, description="test pairs of the highest U whose bases are mutated one by one"
    )
    seqlets: Whole = Field(
        60,
        ge=1,
        description="strongest short stretches of the mutated windows that are matched with motifs",
    )
    windows: Whole = Field(64, ge=4, description="test pairs that every motif is inserted into")
    shuffles: Whole = Field(
        400,
        ge=20,
        description="shuffled motifs of the null; the smallest p of a motif is 1 / (shuffles +"
        " 1), so raise it with the number of motifs",
    )
    lineage: list[str] = Field(
        [], description="names of motifs of lineage-specific factors, which U should not follow"
    )
