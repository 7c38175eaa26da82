"""How often 95 % intervals over few chromosomes hold the truth, in a simulation where it is known.

python benchmarks/interval_coverage.py                 4 to 22 chromosomes: nine minutes
python benchmarks/interval_coverage.py --repeats 50

Chromosomes differ in size, in how many pairs loop and in how well the scores do, so that pairs of
one are no independent observations. The truth is the figure over 4,000 chromosomes. The interval
of the package (`epidecouple.statistics.jackknife.interval`) stands beside percentiles of a
bootstrap over the same chromosomes. Writes docs/tables/coverage.md.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from epidecouple.statistics.jackknife import interval, rows_without_each
from epidecouple.statistics.ranking import balanced_auc, macro_aupr

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tables" / "coverage.md"
CHROMOSOMES = (4, 5, 10, 22)
LINES = 3
# Sizes follow a gamma distribution: the largest of ten chromosomes has about eight times the pairs
# of the smallest, as in the human genome. Spread of what differs between chromosomes: of the share
# of loops (logit) and of the noise of the scores (log).
PAIRS, FEWEST_PAIRS, SHAPE = 60, 8, 2.5
SPREAD = 0.5
DRAWS = 59
FOR_THE_TRUTH = 4000
OURS, PERCENTILES = "left out, t", "bootstrap, percentiles"
HEAD = """# Coverage of the intervals

Written by `python benchmarks/interval_coverage.py`; do not edit by hand.

An interval called 95 % must hold the truth in 95 of 100 repeats. Where there are four test
chromosomes, percentiles of a bootstrap over them hold it in three quarters. The interval of every
figure of this package leaves out each chromosome once and uses Student's t with one degree of
freedom less than there are chromosomes (`statistics.jackknife.interval`). Here both are tried on
simulated chromosomes of unequal size that differ in the share of loops and in how well the scores
do; the truth is the figure over 4,000 such chromosomes. The last column is the mean width of our
interval over that of the percentiles.

"""


@dataclass(frozen=True)
class Genome:
    """Pairs of some chromosomes: chromosome (n,), a value (n,), labels (n, C), the energy that
    ranks pairs and two scores of the lines, each (n, C).
    """

    chrom: np.ndarray
    value: np.ndarray
    labels: np.ndarray
    energy: np.ndarray
    score: np.ndarray
    rival: np.ndarray


def new_genome(chromosomes: int, rng: np.random.Generator) -> Genome:
    """Chromosomes of random size; whatever differs between them is drawn once for each."""
    sizes = np.maximum(FEWEST_PAIRS, PAIRS * rng.gamma(SHAPE, 1 / SHAPE, chromosomes)).astype(int)
    chrom = np.repeat(np.arange(chromosomes), sizes)
    shape = (len(chrom), LINES)

    def of_chromosome() -> np.ndarray:
        return SPREAD * rng.normal(size=chromosomes)[chrom]

    potential = rng.normal(size=len(chrom)) + of_chromosome()
    resistance = rng.normal(size=shape) + of_chromosome()[:, None]
    logit = 1.2 * (potential[:, None] - resistance) - 1.3
    noise = np.exp(of_chromosome())[:, None]
    rival_noise = 1.6 * np.exp(of_chromosome())[:, None]
    return Genome(
        chrom,
        rng.normal(size=len(chrom)) + of_chromosome(),
        (rng.random(shape) < 1 / (1 + np.exp(-logit))).astype(np.int8),
        potential[:, None] - resistance + 0.7 * noise * rng.normal(size=shape),
        -resistance + noise * rng.normal(size=shape),
        -resistance + rival_noise * rng.normal(size=shape),
    )


def mean(genome: Genome, rows: np.ndarray) -> float:
    """Mean of a value per pair."""
    return float(genome.value[rows].mean())


def aupr(genome: Genome, rows: np.ndarray) -> float:
    """AUPR of the energy, mean over lines."""
    return macro_aupr(genome.labels[rows], genome.energy[rows])


def gain(genome: Genome, rows: np.ndarray) -> float:
    """Difference of the balanced AUCs of two scores of the lines."""
    labels = genome.labels[rows]
    return balanced_auc(labels, genome.score[rows]) - balanced_auc(labels, genome.rival[rows])


Figure = Callable[[Genome, np.ndarray], float]
FIGURES: dict[str, Figure] = {"mean": mean, "AUPR": aupr, "difference of balanced AUCs": gain}


def percentiles(figure: Figure, genome: Genome, rng: np.random.Generator) -> tuple[float, float]:
    """95 % interval of percentiles over draws of whole chromosomes with replacement."""
    names = np.unique(genome.chrom)
    members = [np.flatnonzero(genome.chrom == name) for name in names]
    picks = rng.integers(0, len(names), (DRAWS, len(names)))
    values = [figure(genome, np.concatenate([members[k] for k in pick])) for pick in picks]
    lower, upper = np.percentile(values, [2.5, 97.5])
    return float(lower), float(upper)


def left_out(figure: Figure, genome: Genome) -> tuple[float, float]:
    """95 % interval of the package."""
    value = figure(genome, np.arange(len(genome.chrom)))
    return interval(value, (figure(genome, rows) for rows in rows_without_each(genome.chrom)))


def intervals(name: str, chromosomes: int, repeats: int, truth: float) -> pd.DataFrame:
    """figure, chromosomes, way, width, covered: a row per repeat and way."""
    rows = []
    for repeat in range(repeats):
        rng = np.random.default_rng([chromosomes, repeat])
        genome, figure = new_genome(chromosomes, rng), FIGURES[name]
        ways = {OURS: left_out(figure, genome), PERCENTILES: percentiles(figure, genome, rng)}
        for way, (lower, upper) in ways.items():
            rows.append((name, chromosomes, way, upper - lower, lower <= truth <= upper))
    return pd.DataFrame(rows, columns=["figure", "chromosomes", "way", "width", "covered"])


def truths() -> dict[str, float]:
    """Every figure over very many chromosomes."""
    genome = new_genome(FOR_THE_TRUTH, np.random.default_rng(0))
    everything = np.arange(len(genome.chrom))
    return {name: figure(genome, everything) for name, figure in FIGURES.items()}


def page(table: pd.DataFrame) -> str:
    """docs/tables/coverage.md of a table of `intervals`."""
    repeats = len(table) // len(table.groupby(["figure", "chromosomes", "way"]))
    error = 100 * np.sqrt(0.95 * 0.05 / repeats)
    means = table.groupby(["figure", "chromosomes", "way"], sort=False)[["width", "covered"]].mean()
    lines = [
        "| figure | chromosomes | covered, this package | covered, percentiles | width |\n",
        "|---|---|---|---|---|\n",
    ]
    for (figure, chromosomes), block in means.groupby(level=[0, 1], sort=False):
        ours, theirs = (block.loc[(figure, chromosomes, way)] for way in (OURS, PERCENTILES))
        lines.append(
            f"| {figure} | {chromosomes} | {ours.covered:.1%} | {theirs.covered:.1%} |"
            f" {ours.width / theirs.width:.2f} × |\n"
        )
    end = f"\n{repeats} repeats each: the standard error of a coverage of 95 % is {error:.1f} %.\n"
    return HEAD + "".join(lines) + end


def main() -> None:
    """Measure all figures and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=400)
    repeats = parser.parse_args().repeats
    known = truths()
    tables = [intervals(name, n, repeats, known[name]) for name in FIGURES for n in CHROMOSOMES]
    PAGE.write_text(page(pd.concat(tables)))


if __name__ == "__main__":
    main()
