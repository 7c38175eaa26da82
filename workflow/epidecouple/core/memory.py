"""How much memory a rule may take, in MB, from what is known before it runs: its configuration and
the sizes of its files.

The numbers stem from the peaks (`max_rss` of the benchmark files) of runs of 1,500 to 207,000
pairs; tests hold the formulas against the peaks of a run. A scheduler multiplies them by the
attempt.
"""

from dataclasses import dataclass

from .batch_sizes import BASES_PER_BATCH, BASES_SCREENED, PAIRS_PER_BLOCK, ROWS_AT_ONCE
from .config import Config
from .sections.model import ModelConfig

MB = 1e6
# An interpreter with pandas; with torch and scikit-learn too.
TABLES, NETWORKS = 250, 600
# scikit-learn, where a rule without torch needs it.
SKLEARN = 80
# Readers of text and checksums hold so much beside the tables, in MB.
SEALING = 20
# A compressed table in memory, for each byte of its file.
PARSED = 20
# The largest compressed table among input files that may be far larger, as a genome is, in MB.
LARGEST_TABLE = 40
# A pair: bytes in the panel's file; in memory among all that `data.panel.Panel` holds of it besides
# signal and windows.
PAIR_ON_DISK, PAIR_IN_MEMORY = 30, 300
# Bytes that a prediction holds of a row of its table, in eight lines.
PREDICTED = 6_000
# Human chromosome 1, and how often its letters are held while they are read and encoded.
LONGEST_CHROMOSOME, TEXT_COPIES = 250.0, 4
# What the allocator, which gives nothing back, holds of each byte that activations need.
KEPT = 1.8
# A process that fits probes.
PROBE = 350
# Bytes per base and filter: two strands, float32, rectified in place. The deep encoder has a
# channel for every filter, and takes 7 kB per base to score, 88 kB to train, of which its blocks
# are the most.
STRANDS_AND_BYTES = 2 * 4
DEFAULT_FILTERS = 64
DEEP_CHANNELS, DEEP_SCORED, DEEP_TRAINED = 256, 2, 12
# How often the signal of the loop panel is held while R and its rivals are fitted.
LOOP_COPIES = 18
# Bytes per base that the screen for motifs takes: words of both strands and where they stand.
SCREENED = 160


@dataclass(frozen=True)
class Files:
    """Sizes in MB: all input files, the panel's table among them, and the arrays behind them:
    signal of all lines, windows.
    """

    inputs: float
    panel: float = 0.0
    signal: float = 0.0
    windows: float = 0.0


def tables(config: Config, files: Files) -> float:
    """Rules that hold their input tables in memory."""
    return TABLES + PARSED * files.inputs


def fitting(config: Config, files: Files) -> float:
    """Rules that fit probes on their input tables, without torch."""
    return tables(config, files) + SKLEARN


def inspection(config: Config, files: Files) -> float:
    """Reading every file, one table at a time."""
    return TABLES + PARSED * min(files.inputs, LARGEST_TABLE)


def simulation(config: Config, files: Files) -> float:
    """The simulated world: a few numbers per locus or pair, line and mark, and one chromosome of
    letters.
    """
    world = config.simulation
    loci = world.enhancers + world.promoters + world.barriers + world.background_loci
    numbers = 2 * (loci + world.pairs) * len(config.all_lines) * len(config.marks)
    letters = TEXT_COPIES * 2 * loci / world.chromosomes * world.slot_bp
    return TABLES + (8 * numbers + letters) / MB


def genome(config: Config, files: Files) -> float:
    """The panel, one chromosome, and the windows of at most as many elements as there are pairs."""
    chromosome = min(4 * (files.inputs - files.panel), LONGEST_CHROMOSOME)
    windows = files.panel / PAIR_ON_DISK * config.windows.sequence_bp
    return TABLES + PARSED * files.panel + TEXT_COPIES * chromosome + windows


def shard(config: Config, files: Files) -> float:
    """Tables, peaks, and a block of pairs: its signal as it is written, and in float64 with bins as
    a table.
    """
    windows = config.windows
    positions = 2 * (1 + len(windows.scales)) + windows.bins + windows.way_slots
    block = min(files.panel / PAIR_ON_DISK, PAIRS_PER_BLOCK / MB)
    signal = positions * block * (2 * len(config.marks) + 8 * 4)
    return tables(config, files) + SEALING + signal


def panel(config: Config, files: Files) -> float:
    """Rules that open the panel: arrays are mapped, and count as far as they are touched."""
    positions = 2 + config.windows.bins + config.windows.way_slots
    pairs = files.signal / (2 * len(config.all_lines) * len(config.marks) * positions)
    return NETWORKS + files.signal + files.windows + PAIR_IN_MEMORY * pairs


def scoring(config: Config, files: Files) -> float:
    """Rules that encode windows: the panel and the activations of a bounded number of bases."""
    return panel(config, files) + KEPT * _activations(config, _scored_bases(files), DEEP_SCORED)


def editing(config: Config, files: Files) -> float:
    """Rules that encode edited windows: every single mutant of one, or some windows with a motif in
    them.
    """
    bases = max(
        3 * config.windows.sequence_bp**2, config.motifs.windows * config.windows.sequence_bp
    )
    return panel(config, files) + KEPT * _activations(
        config, min(BASES_PER_BATCH, bases), DEEP_SCORED
    )


def training(config: Config, files: Files) -> float:
    """Validation scores all windows; a step holds those of a macro-step twice, for the backward
    pass; before the first one, a screen may read windows.

    Each of several processes does so.
    """
    batch = max(config.potential.batch_pairs, config.fine_tuning.batch_pairs)
    stepped = min(2 * batch * config.windows.sequence_bp, files.windows * MB)
    steps = KEPT * (
        _activations(config, _scored_bases(files), DEEP_SCORED)
        + 2 * _activations(config, stepped, DEEP_TRAINED)
    )
    return config.processes * (panel(config, files) + max(steps, _screen(config, files)))


def probing(config: Config, files: Files) -> float:
    """Diagnostics: scoring, and processes that fit probes side by side."""
    return scoring(config, files) + config.diagnose.processes * PROBE


def crossfitting(config: Config, files: Files) -> float:
    """R alone on all folds: the panel, and at most half of it again as what is fitted on it."""
    return panel(config, files) + files.signal / 2


def loop_fitting(config: Config, files: Files) -> float:
    """R on the loop panel: its signal, standardised, centred, as features of boosting."""
    return NETWORKS + LOOP_COPIES * files.inputs


def estimating(config: Config, files: Files) -> float:
    """Estimators on data of known mutual information."""
    return NETWORKS + PROBE


def scores(config: Config, files: Files) -> float:
    """Rules that hold tables beside an interpreter with torch."""
    return NETWORKS + PARSED * files.inputs


def prediction(files_mb: float) -> float:
    """A request's files but for its table of pairs (MB), a block of that table, one chromosome, and
    a batch of windows in an encoder of the default size.
    """
    activations = BASES_PER_BATCH * DEFAULT_FILTERS * STRANDS_AND_BYTES / MB
    block = ROWS_AT_ONCE * PREDICTED / MB
    chromosome = TEXT_COPIES * LONGEST_CHROMOSOME
    return NETWORKS + PARSED * files_mb + block + chromosome + KEPT * activations


def _scored_bases(files: Files) -> float:
    return min(BASES_PER_BATCH, files.windows * MB)


def _activations(config: Config, bases: float, deep: float) -> float:
    """MB that the encoder holds at once for some bases; `deep`: how much more the deep encoder's
    blocks hold than its first layer.
    """
    return bases * _channels(config.model, deep) * STRANDS_AND_BYTES / MB


def _channels(model: ModelConfig, deep: float) -> float:
    """Where the screen finds nothing, the encoder cnn takes the place of motifs."""
    if model.encoder == "deep":
        return DEEP_CHANNELS * deep
    return max(model.filters, model.cnn_filters) if model.encoder == "motifs" else model.cnn_filters


def _screen(config: Config, files: Files) -> float:
    """MB that the screen for motifs takes."""
    reads = config.model.encoder == "motifs"
    return SCREENED * min(files.windows, BASES_SCREENED / MB) if reads else 0.0
