"""A simulated world with known energies; `simulate` writes it in the file formats of the real
sources.

DNA decides the potential U through planted grammar motifs, and the openness of a locus through
planted lineage motifs; openness and barriers decide the resistance R. Symbols as in the design:

    U_i  = sigma_U * standardise(a.phi_E + b.phi_P + beta * (A phi_E).(B phi_P)) + h_E + h_P
           - lambda * (log10 distance - mean)
    R_ic = softplus(1 + r_Ec + r_Pc + rho * gamma_w * barrier_ic)
           (r = -rho * openness / sqrt(2), with a global shift of line c where offsets are biology;
           or by the state of the locus, see `chromatin`)
    y_ic ~ Bernoulli(sigmoid(U_i - R_ic - tau_c))

Coordinates are 0-based and half-open.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.random_streams import Stream, rng_for
from ..core.sections.data import SimulationConfig
from ..statistics.base_rate import offsets_of_rates
from .chromatin import RESISTANCE_SLOPE, Chromatin, chromatin_of, shown_by_hubs

BACKGROUND = (0.29, 0.21, 0.21, 0.29)
MOTIF_LENGTH = 12
JITTER = 200
MOTIF_RATE = 0.6
KINDS = ("enhancer", "promoter", "barrier", "background")
STATIC_OPENNESS, LINEAGE_OPENNESS, LINE_OPENNESS = 0.4, 1.0, 0.7
BARRIER_WEIGHT, BARRIER_ACTIVITY = 0.5, 0.6
HIGHEST_BASE_RATE = 0.5
RESISTANCE_SHIFT = 1.0
LINEAGE_ACTIVITY, SISTER_ACTIVITY, MIXTURE_ACTIVITY, ACTIVITY_NOISE = 1.8, 1.0, 1.4, 0.2


@dataclass(frozen=True)
class World:
    """What the simulator knows: loci, pairs, energies and labels.

    loci : one row per slot: chrom, mid (bp), kind, element (has a window in `codes`)
    codes : uint8 (n_elements, L), windows of enhancers and promoters in `loci` order
    pairs : enhancer and promoter as rows of `loci`, n_pairs rows potential (n,), resistance (n, C),
    offset (C,), labels (n, C)
    potential_of_dna : float (n,), U without the elements' hub terms, which no DNA shows
    strength : float (n_loci, C, M), level of each mark before the line's technical offset
    barriers : bool (n_loci, C), active barriers
    barrier_level : float (n_loci,), log of the CTCF signal of a barrier over the typical one
    origin : int (n,), the line in whose table a pair is listed
    lineage : float (n, n_lines), lineage motifs of a pair, log1p counts at both ends summed; no
    part of U
    motifs : name -> consensus, codes uint8 (MOTIF_LENGTH,), of the grammar, lineage and decoy
    motifs, in this order
    """

    loci: pd.DataFrame
    codes: np.ndarray
    pairs: pd.DataFrame
    potential: np.ndarray
    potential_of_dna: np.ndarray
    resistance: np.ndarray
    offset: np.ndarray
    labels: np.ndarray
    strength: np.ndarray
    barriers: np.ndarray
    barrier_level: np.ndarray
    origin: np.ndarray
    lineage: np.ndarray
    motifs: dict[str, np.ndarray]


def simulate(config: SimulationConfig, lines: list[str], held_out: list[str], seed: int) -> World:
    """Draw a world: the first `len(lines)` lines have a lineage each, held-out ones mix two of
    them.

    Returns a `World`; the same arguments give the same world.
    """
    rng = np.random.default_rng(seed)
    loci = _lay_out(config, rng)
    n_motifs = config.grammar_motifs + len(lines) + config.decoy_motifs
    counts = _capped(
        rng.poisson(MOTIF_RATE, (len(loci), n_motifs)), config.window_bp // MOTIF_LENGTH, rng
    )
    consensus = rng.integers(0, 4, (n_motifs, MOTIF_LENGTH))
    codes = _plant(config, consensus, counts[loci.element], rng)
    features = np.log1p(counts)
    grammar, lineage, decoy = np.split(
        features, [config.grammar_motifs, config.grammar_motifs + len(lines)], axis=1
    )
    activity = _line_activity(len(lines), len(held_out), rng)
    shift = config.biological_offset * rng_for(seed, Stream.BIOLOGICAL_OFFSET).normal(
        size=len(activity)
    )
    openness = _openness(lineage, decoy, activity, rng) + shift
    barriers = (loci.kind == "barrier").to_numpy()[:, None] & (
        rng.random((len(loci), len(activity))) < BARRIER_ACTIVITY
    )
    pairs = _draw_pairs(config, loci, rng)
    of_motifs = _potential_of_motifs(config, grammar, pairs, rng)
    potential_of_dna = of_motifs - config.distance_slope * _far(loci, pairs)
    potential = potential_of_dna + _hubs(config, len(loci), pairs, rng)
    chromatin = chromatin_of(config, openness, rng_for(seed, Stream.CHROMATIN_STATES))
    resistance = _resistance(chromatin, _barrier_density(loci, barriers, pairs), pairs)
    offset, labels = _labels(config, potential, resistance, len(lines), rng)
    of_pair = lineage[pairs.enhancer] + lineage[pairs.promoter]
    affinity = config.composition * (_standard(of_pair) @ activity.T) / 2
    origin = _draw_rows(_softmax(affinity), rng)
    level = shown_by_hubs(config, chromatin.level, _of_locus(potential, pairs, len(loci)))
    strength = level + config.mark_noise * rng.normal(size=level.shape)
    barrier_level = config.barrier_sd * rng_for(seed, Stream.BARRIER_SIGNAL).normal(size=len(loci))
    motifs = dict(zip(_motif_names(config, len(lines)), consensus.astype(np.uint8), strict=True))
    return World(
        loci,
        codes,
        pairs,
        potential,
        potential_of_dna,
        resistance,
        offset,
        labels,
        strength,
        barriers,
        barrier_level,
        origin,
        of_pair,
        motifs,
    )


def _motif_names(config: SimulationConfig, lines: int) -> list[str]:
    sizes = {"grammar": config.grammar_motifs, "lineage": lines, "decoy": config.decoy_motifs}
    return [f"{kind}_{number}" for kind, size in sizes.items() for number in range(1, size + 1)]


def _lay_out(config: SimulationConfig, rng: np.random.Generator) -> pd.DataFrame:
    """One locus per slot of `slot_bp`, its kind drawn at random, the first and last slot left
    empty.
    """
    sizes = (config.enhancers, config.promoters, config.barriers, config.background_loci)
    kinds = np.repeat(KINDS, [size // config.chromosomes for size in sizes])
    frames = []
    for number in range(1, config.chromosomes + 1):
        mid = (
            (np.arange(len(kinds)) + 1) * config.slot_bp
            + config.slot_bp // 2
            + rng.integers(-JITTER, JITTER + 1, len(kinds))
        )
        frames.append(
            pd.DataFrame({"chrom": f"chr{number}", "mid": mid, "kind": rng.permutation(kinds)})
        )
    loci = pd.concat(frames, ignore_index=True)
    return loci.assign(element=loci.kind.isin(["enhancer", "promoter"]))


def _capped(counts: np.ndarray, places: int, rng: np.random.Generator) -> np.ndarray:
    """Drop motif instances at random where a window has more than it has places."""
    for row in np.flatnonzero(counts.sum(1) > places):
        kept = rng.permutation(np.repeat(np.arange(counts.shape[1]), counts[row]))[:places]
        counts[row] = np.bincount(kept, minlength=counts.shape[1])
    return counts


def _plant(
    config: SimulationConfig, consensus: np.ndarray, counts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Windows of background bases with `counts` instances of each consensus, on either strand,
    never overlapping.
    """
    codes = _background(config, len(counts), rng)
    places = config.window_bp // MOTIF_LENGTH
    for row, per_motif in zip(codes, counts, strict=True):
        motifs = rng.permutation(np.repeat(np.arange(len(per_motif)), per_motif))
        instances = _instances(config, consensus[motifs], rng)
        starts = rng.permutation(places)[: len(motifs)] * MOTIF_LENGTH
        row[starts[:, None] + np.arange(MOTIF_LENGTH)] = instances
    return codes


def _background(config: SimulationConfig, windows: int, rng: np.random.Generator) -> np.ndarray:
    """Background bases uint8 (windows, L), with a GC content of its own in each window where
    `gc_sd` says so.
    """
    shape = (windows, config.window_bp)
    if not config.gc_sd:
        return rng.choice(4, shape, p=BACKGROUND).astype(np.uint8)
    gc = np.clip(BACKGROUND[1] + BACKGROUND[2] + config.gc_sd * rng.normal(size=windows), 0.1, 0.9)
    strong = rng.random(shape) < gc[:, None]
    second = rng.integers(0, 2, shape)
    return np.where(strong, 1 + second, 3 * second).astype(np.uint8)


def _instances(
    config: SimulationConfig, consensus: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Mutate each consensus at a rate, free the bases of its gap, and reverse-complement every
    second one on average.
    """
    rate = np.full(MOTIF_LENGTH, config.motif_mutation)
    rate[gap_of(config)] = 1.0
    mutated = np.where(
        rng.random(consensus.shape) < rate, rng.integers(0, 4, consensus.shape), consensus
    )
    return np.where(rng.random((len(consensus), 1)) < 0.5, 3 - mutated[:, ::-1], mutated)


def gap_of(config: SimulationConfig) -> slice:
    """The middle of a motif whose bases are free: two half sites at a fixed spacing."""
    first = (MOTIF_LENGTH - config.motif_gap) // 2
    return slice(first, first + config.motif_gap)


def motif_probabilities(config: SimulationConfig, consensus: np.ndarray) -> np.ndarray:
    """Base probabilities (length, 4) of the planted instances of a consensus (length,)."""
    mutated = config.motif_mutation / 4
    probabilities = np.where(np.arange(4) == consensus[:, None], 1 - 3 * mutated, mutated)
    probabilities[gap_of(config)] = 1 / 4
    return probabilities


def _line_activity(n_lines: int, n_held_out: int, rng: np.random.Generator) -> np.ndarray:
    """Lineage factor activity (C, n_lines): own lineage and, weaker, that of a sister for training
    lines, two for held-out ones.

    Training lines 0 and 1, 2 and 3, ... are sisters: the tree that the prototypes should find.
    """
    activity = np.zeros((n_lines + n_held_out, n_lines))
    np.fill_diagonal(activity, LINEAGE_ACTIVITY)
    for line in range(n_lines // 2 * 2):
        activity[line, line ^ 1] = SISTER_ACTIVITY
    for row in range(n_lines, n_lines + n_held_out):
        activity[row, rng.choice(n_lines, 2, replace=False)] = MIXTURE_ACTIVITY
    return activity + ACTIVITY_NOISE * rng.normal(size=activity.shape)


def _openness(
    lineage: np.ndarray, decoy: np.ndarray, activity: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Openness (n_loci, C): a constitutive part, one from lineage motifs, and one of its own in
    each line.
    """
    static = _standard(decoy @ rng.normal(size=decoy.shape[1]))
    own = rng.normal(size=(len(lineage), len(activity)))
    return (
        STATIC_OPENNESS * static[:, None]
        + LINEAGE_OPENNESS * (_standard(lineage) @ activity.T) / 2
        + LINE_OPENNESS * own
    )


def _draw_pairs(
    config: SimulationConfig, loci: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Distinct enhancer-promoter pairs of one chromosome, no farther apart than
    `max_distance_bp`.
    """
    chosen = []
    for _, block in loci.groupby("chrom", sort=False):
        enhancers, promoters = (
            block.index[block.kind == kind].to_numpy() for kind in ("enhancer", "promoter")
        )
        far = np.abs(loci.mid.to_numpy()[enhancers][:, None] - loci.mid.to_numpy()[promoters][None])
        near = np.argwhere(far <= config.max_distance_bp)
        near = near[rng.permutation(len(near))[: config.pairs // config.chromosomes]]
        chosen.append(np.column_stack([enhancers[near[:, 0]], promoters[near[:, 1]]]))
    return pd.DataFrame(np.concatenate(chosen), columns=["enhancer", "promoter"])


def _potential_of_motifs(
    config: SimulationConfig, grammar: np.ndarray, pairs: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """What grammar motifs at both ends and their low-rank compatibility make of U (n,)."""
    size = grammar.shape[1]
    enhancer, promoter = grammar[pairs.enhancer], grammar[pairs.promoter]
    additive = enhancer @ rng.normal(size=size) + promoter @ rng.normal(size=size)
    compatibility = (
        (enhancer @ rng.normal(size=(size, 2))) * (promoter @ rng.normal(size=(size, 2)))
    ).sum(1)
    return config.potential_sd * _standard(additive + config.compatibility * compatibility)


def _hubs(
    config: SimulationConfig, loci: int, pairs: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """What both ends add to U (n,) in all lines without any sign of it in their DNA."""
    hub = config.hub_sd * rng.normal(size=loci)
    return hub[pairs.enhancer] + hub[pairs.promoter]


def _barrier_density(loci: pd.DataFrame, barriers: np.ndarray, pairs: pd.DataFrame) -> np.ndarray:
    """Active barriers per slot between the two ends (n, C); loci lie in genomic order, a slot
    each.
    """
    passed = np.vstack([np.zeros((1, barriers.shape[1])), np.cumsum(barriers, axis=0)])
    low, high = (np.sort(pairs.to_numpy(), axis=1)[:, side] for side in (0, 1))
    return (passed[high] - passed[low]) / (high - low)[:, None]


def _resistance(
    chromatin: Chromatin, barrier_density: np.ndarray, pairs: pd.DataFrame
) -> np.ndarray:
    of_ends = chromatin.resistance[pairs.enhancer] + chromatin.resistance[pairs.promoter]
    blocked = BARRIER_WEIGHT * barrier_density / (barrier_density.std() or 1.0)
    return np.logaddexp(0, RESISTANCE_SHIFT + of_ends + RESISTANCE_SLOPE * blocked)


def _far(loci: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """log10 of the distance of each pair (n,) minus the mean."""
    mid = loci.mid.to_numpy()
    far = np.log10(np.abs(mid[pairs.enhancer] - mid[pairs.promoter]))
    return far - far.mean()


def _of_locus(potential: np.ndarray, pairs: pd.DataFrame, loci: int) -> np.ndarray:
    """Mean U of each locus' pairs, standardised over the loci that have some, 0 elsewhere."""
    ends = pairs.to_numpy().ravel("F")
    count = np.bincount(ends, minlength=loci)
    mean = np.bincount(ends, weights=np.tile(potential, 2), minlength=loci) / np.maximum(count, 1)
    there = count > 0
    return np.where(there, (mean - mean[there].mean()) / mean[there].std(), 0.0)


def _labels(
    config: SimulationConfig,
    potential: np.ndarray,
    resistance: np.ndarray,
    training: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets that give each line its base rate (bisection), and the labels drawn with them;
    held-out lines have the mean rate.
    """
    shift = (
        config.prevalence_shift
        * rng.normal(size=resistance.shape[1])
        * (np.arange(resistance.shape[1]) < training)
    )
    rates = np.minimum(config.base_rate * np.exp(shift), HIGHEST_BASE_RATE)
    energy = potential[:, None] - resistance
    offset = offsets_of_rates(energy, rates)
    labels = rng.random(resistance.shape) < _sigmoid(energy - offset)
    return offset, labels.astype(np.int8)


def _draw_rows(probability: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (probability.cumsum(1) > rng.random((len(probability), 1))).argmax(1)


def _softmax(x: np.ndarray) -> np.ndarray:
    weight = np.exp(x - x.max(1, keepdims=True))
    return weight / weight.sum(1, keepdims=True)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _standard(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(0)) / x.std(0)
