"""Mutants of the design: each breaks one component the way people break it, and says which evidence
should tell.

`python tests/mutants.py` runs them all on a toy panel and writes docs/mutants.md: what each does,
and who killed it.
"""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from epidecouple.core.config import Config
from epidecouple.core.errors import DesignViolation
from epidecouple.data.labels import discordant
from epidecouple.data.loop_signal import positions_of
from epidecouple.data.panel import Panel
from epidecouple.data.sampler import CellBatchSampler, MicroBatch
from epidecouple.evaluation import loop_arms
from epidecouple.evaluation.loop_arms import LoopFold, LoopPanel
from epidecouple.model import erasure
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import new_model
from epidecouple.model.loop_resistance import FIRST_LEVEL, LoopResistance
from epidecouple.model.motif_encoder import MotifEncoder
from epidecouple.model.prototypes import LinePrototypes, StatePrototypes
from epidecouple.model.record22 import AnnotatedPotential, LinearResistance
from epidecouple.model.resistance import Resistance
from epidecouple.model.sequence import SequenceEncoder
from epidecouple.regulation import activity, between, competition, contact
from epidecouple.regulation import evidence as regulation_evidence
from epidecouple.regulation import inputs as regulation_inputs
from epidecouple.regulation import score as regulation_score
from epidecouple.regulation.between import TSS_BETWEEN
from epidecouple.regulation.candidates import all_peaks, candidates
from epidecouple.regulation.inputs import Line
from epidecouple.regulation.resistance_of_way import WayResistance
from epidecouple.regulation.tracks import quantile_track
from epidecouple.stages import crispr_inputs
from epidecouple.training import loop, loop_evidence, loop_fitting, phases, terms, trainer
from epidecouple.training.motif_screen import ScreenedMotif
from epidecouple.verification import assertions
from epidecouple.verification.design import ENERGIES, LOOPS, REGULATION, load_design
from toy_panel import toy_config, toy_panel

# The arms are switched on, so that what they claim is proven as well.
EVERY_TERM = {
    "label_contrast": 0.3,
    "line_contrast": 0.05,
    "orthogonality": 1,
    "potential_orthogonality": 1,
}
PAGE = Path(__file__).resolve().parent.parent / "docs" / "mutants.md"
MESSAGE = re.compile(
    r"(?P<component>.+?): (?P<evidence>\S+) must be .+, observed .+ \((?P<moment>.+)\)"
)


@dataclass
class World:
    """What a mutant may change before training: panel, configuration, model."""

    panel: Panel
    config: Config
    model: EnergyModel

    def reconfigure(self, section: str, **values: object) -> None:
        """Replace values of a section of the configuration."""
        part = getattr(self.config, section).model_copy(update=values)
        self.config = self.config.model_copy(update={section: part})
        self.model = new_model(self.config, self.panel)


def new_world() -> World:
    """A healthy toy world: training in it meets every requirement."""
    config = toy_config(
        resistance={"epochs": 20, "learning_rate": 0.05},
        potential={"epochs": 3},
        fine_tuning={"batch_pairs": 24, "epochs": 2},
        subset={"lines": 3},
        curriculum="fine_tuned",
        objective=EVERY_TERM,
        model={"mask_marks": 0.2},
    )
    panel = toy_panel()
    shards = [
        dataclasses.replace(shard, reference=_standard(shard.reference)) for shard in panel.shards
    ]
    panel = dataclasses.replace(panel, shards=shards, labels=panel.labels.copy())
    return World(panel, config, new_model(config, panel))


def _standard(reference: np.ndarray) -> np.ndarray:
    values = reference.astype(np.float64)
    return ((values - values.mean(0)) / np.maximum(values.std(0), 1e-9)).astype(np.float16)


def run(world: World) -> None:
    """Train with verification enforced."""
    trainer.train(world.model, world.panel, trainer.full_plan(world.panel, world.config))


# The world is one of two energies, of the score or of loops.
Mutant = Callable[..., None]
MUTANTS: dict[str, Mutant] = {}


def mutant(function: Mutant) -> Mutant:
    """Enter a mutant under its name; its docstring is the table's text."""
    MUTANTS[function.__name__] = function
    return function


@mutant
def batch_norm_in_z(world, patch):
    """BatchNorm in place of LayerNorm at the end of the pair network"""
    world.model.potential.encoder.join.network[-1] = nn.BatchNorm1d(world.config.model.z_size)


@mutant
def annotation_in_z(world, patch):
    """z reads the annotated lengths of the elements"""
    world.model.potential = AnnotatedPotential(world.config.model)


@mutant
def signal_leaks_into_z(world, patch):
    """the mean signal of a pair is added to z"""
    windows, forward, leaked = Panel.windows, SequenceEncoder.forward, {}

    def remembering(panel, pairs):
        leaked["signal"] = float(panel.shards[0].signal[pairs].astype(np.float32).mean())
        return windows(panel, pairs)

    patch.setattr(Panel, "windows", remembering)
    patch.setattr(
        SequenceEncoder,
        "forward",
        lambda encoder, windows: forward(encoder, windows) + leaked["signal"],
    )


@mutant
def dna_leaks_into_r(world, patch):
    """the GC content of the enhancer is added to its marks"""
    signal_tensor = Panel.signal_tensor

    def leaking(panel, pairs, line):
        gc = ((panel.codes == 1) | (panel.codes == 2)).mean(1)[panel.enhancer[pairs]]
        return (
            signal_tensor(panel, pairs, line)
            + torch.from_numpy(gc.astype(np.float32))[:, None, None]
        )

    patch.setattr(Panel, "signal_tensor", leaking)


@mutant
def cross_term_in_logit(world, patch):
    """R is multiplied by a function of U where both energies are computed"""
    energies = assertions.energies

    def crossed(model, panel, pairs, line):
        potential, resistance = energies(model, panel, pairs, line)
        return potential, resistance * (1 + potential.sigmoid())

    patch.setattr(assertions, "energies", crossed)


@mutant
def linear_environment(world, patch):
    """a linear projection in place of the environment encoder"""
    world.model.resistance = LinearResistance(world.config, world.panel.n_reference)


@mutant
def pair_missing_in_a_line(world, patch):
    """one pair has no label in one line"""
    world.panel.labels[3, 1] = -1


@mutant
def trained_on_test_chromosomes(world, patch):
    """a chromosome of the test fold trains, while the stored splits say test"""
    test = world.panel.split == "test"
    chrom = world.panel.chrom[test][0]
    world.panel.split[test & (world.panel.chrom == chrom)] = "train"


@mutant
def marks_not_normalised(world, patch):
    """one line's marks keep their technical scale and offset"""
    shard = world.panel.shards[0]
    world.panel.shards[0] = dataclasses.replace(
        shard, reference=shard.reference * 2 + 1, signal=shard.signal * 2 + 1
    )


@mutant
def plain_likelihood_for_r(world, patch):
    """R is fitted by the unconditional likelihood"""

    def plain(resistance, line_offset, labels):
        return nn.functional.binary_cross_entropy_with_logits(-resistance - line_offset, labels)

    patch.setattr(terms, "conditional_nll", plain)


@mutant
def task_loss_moves_r(world, patch):
    """R is not detached in the task loss"""

    def live(phase, step):
        resistance = torch.stack(
            [phase.model.resistance.of_parts(part) for part in phase.parts(step)], dim=1
        )
        return phase.potential_terms(
            step.pairs, -resistance - phase.model.resistance.line_offset[phase.lines], step.weights
        )[0]

    patch.setattr(phases.PotentialPhase, "terms", live)


def _resampled(patch, change):
    epoch = CellBatchSampler.epoch

    def changed(sampler, number):
        rng = np.random.default_rng(number)
        for step in epoch(sampler, number):
            yield dataclasses.replace(step, micro_batches=change(step.micro_batches, rng))

    patch.setattr(CellBatchSampler, "epoch", changed)


@mutant
def random_sampler(world, patch):
    """lines are mixed at random within micro-batches"""
    _resampled(
        patch,
        lambda batches, rng: [
            MicroBatch(b.pairs, rng.integers(0, len(batches), len(b.pairs))) for b in batches
        ],
    )


@mutant
def a_line_left_out(world, patch):
    """the last line's micro-batch is another copy of the first line's"""
    _resampled(patch, lambda batches, rng: [*batches[:-1], batches[0]])


@mutant
def lines_out_of_order(world, patch):
    """the micro-batches come in another order than the labels' columns"""
    _resampled(patch, lambda batches, rng: batches[::-1])


@mutant
def lines_on_different_pairs(world, patch):
    """the micro-batches of a macro-step hold different pairs"""
    _resampled(
        patch,
        lambda batches, rng: [
            MicroBatch(np.roll(b.pairs, k), b.lines) for k, b in enumerate(batches)
        ],
    )


def _scaled(patch, term: str, factor: float) -> None:
    """Multiply a loss term where the phases use it."""
    plain = getattr(terms, term)
    patch.setattr(terms, term, lambda *arguments: factor * plain(*arguments))


@mutant
def label_contrast_weight_zero(world, patch):
    """the label contrast is multiplied by 0 in the code"""
    _scaled(patch, "contrast_over_lines", 0.0)


@mutant
def label_contrast_weight_negligible(world, patch):
    """the label contrast has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", label_contrast=1e-9)


@mutant
def label_contrast_on_detached_z(world, patch):
    """the label contrast is computed on a detached z"""
    contrast = terms.contrast_over_lines
    patch.setattr(terms, "contrast_over_lines", lambda z, labels: contrast(z.detach(), labels))


@mutant
def contrast_with_line_as_label(world, patch):
    """the contrast on z takes the line as its label: one class in a homogeneous batch"""
    contrast = terms.contrast_over_lines
    patch.setattr(
        terms, "contrast_over_lines", lambda z, labels: contrast(z, torch.ones_like(labels))
    )


@mutant
def line_contrast_weight_zero(world, patch):
    """the contrast on g is multiplied by 0 in the code"""
    _scaled(patch, "line_contrast", 0.0)


@mutant
def line_contrast_weight_negligible(world, patch):
    """the contrast on g has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", line_contrast=1e-9)


@mutant
def line_contrast_on_detached_e(world, patch):
    """the contrast on g is computed on a detached environment"""
    contrast = terms.line_contrast
    patch.setattr(
        terms, "line_contrast", lambda states, prototypes: contrast(states.detach(), prototypes)
    )


@mutant
def orthogonality_weight_zero(world, patch):
    """the orthogonality penalty is multiplied by 0 in the code"""
    _scaled(patch, "orthogonality", 0.0)


@mutant
def orthogonality_weight_negligible(world, patch):
    """the orthogonality penalty has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", orthogonality=1e-9)


@mutant
def orthogonality_on_detached_e(world, patch):
    """the orthogonality penalty is computed on a detached e"""
    penalty = terms.orthogonality
    patch.setattr(terms, "orthogonality", lambda z, e: penalty(z, e.detach()))


@mutant
def orthogonality_moves_z(world, patch):
    """the orthogonality penalty sends its gradient to z as well"""
    patch.setattr(terms, "orthogonality", lambda z, e: (z.T @ e / len(z)).square().mean())


@mutant
def potential_orthogonality_weight_zero(world, patch):
    """the penalty on the correlation of U with R is multiplied by 0 in the code"""
    _scaled(patch, "potential_orthogonality", 0.0)


@mutant
def potential_orthogonality_weight_negligible(world, patch):
    """the penalty on the correlation of U with R has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", potential_orthogonality=1e-9)


@mutant
def potential_orthogonality_moves_r(world, patch):
    """the penalty on the correlation of U with R sends its gradient to R as well"""
    plain = terms.potential_orthogonality

    def live(potential, resistance, listed):
        current = world.model.resistance.level + resistance
        return plain(potential, resistance, listed) + 0.01 * current.square().mean()

    patch.setattr(terms, "potential_orthogonality", live)


@mutant
def marks_never_masked(world, patch):
    """no mark is ever hidden from R"""
    patch.setattr(terms.LossTerms, "augmented", lambda phase, signal: signal)


@mutant
def values_masked_without_flags(world, patch):
    """the flag of a mark is hidden, its value stays"""
    augmented = terms.LossTerms.augmented

    def flags_alone(phase, signal):
        marks = signal.shape[2] // 2
        return torch.cat([signal[..., :marks], augmented(phase, signal)[..., marks:]], dim=2)

    patch.setattr(terms.LossTerms, "augmented", flags_alone)


@mutant
def label_contrast_on_other_labels(world, patch):
    """the contrast on z has the labels of the next pairs"""
    contrast = terms.contrast_over_lines
    patch.setattr(terms, "contrast_over_lines", lambda z, labels: contrast(z, labels.roll(1, 0)))


@mutant
def way_not_read(world, patch):
    """R does not read the densities of the way"""
    world.reconfigure("windows", way=True)
    world.panel = toy_panel(way=True)
    world.panel.shards[:] = [
        dataclasses.replace(shard, reference=_standard(shard.reference))
        for shard in world.panel.shards
    ]
    world.model = new_model(world.config, world.panel)
    patch.setattr(Resistance, "of_way", lambda resistance, signal: signal.new_zeros(len(signal)))


@mutant
def filters_at_random(world, patch):
    """the filters of U start at random in place of the motifs of the screen"""
    world.reconfigure("model", encoder="motifs")
    world.reconfigure("objective", label_contrast=0.0)
    motif = ScreenedMotif(np.random.default_rng(0).normal(size=(6, 4)), z=9.0, matches=30)
    patch.setattr(phases, "screen_motifs", lambda *arguments: [motif, motif])
    patch.setattr(MotifEncoder, "start", lambda encoder, motifs: None)


@mutant
def prototypes_as_parameters(world, patch):
    """the codebook is a Parameter that the optimiser may move"""
    prototypes = world.model.resistance.prototypes
    prototypes.codebook = nn.Parameter(prototypes._buffers.pop("codebook"))


@mutant
def prototypes_never_updated(world, patch):
    """the codebook stays where k-means put it"""
    patch.setattr(StatePrototypes, "follow", lambda *arguments: 0)


@mutant
def prototypes_collapsed(world, patch):
    """a warm moving average draws all states onto their mean"""
    patch.setattr(
        StatePrototypes,
        "follow",
        lambda prototypes, e, generator: prototypes.codebook.copy_(
            e.mean(0).expand_as(prototypes.codebook)
        ),
    )


@mutant
def states_follow_other_loci(world, patch):
    """the states follow the enhancers of positive pairs in place of the reference loci"""
    follow = StatePrototypes.follow
    positive = np.flatnonzero(world.panel.labels[:, 0] == 1)

    def followed(prototypes, e, generator):
        signal = world.panel.signal_tensor(positive, 0)[:, 0]
        return follow(prototypes, world.model.resistance.encoder(signal), generator)

    patch.setattr(StatePrototypes, "follow", followed)


@mutant
def line_prototypes_of_the_next_line(world, patch):
    """the prototype of a line follows the state of the next line"""
    follow = LinePrototypes.follow
    patch.setattr(
        LinePrototypes,
        "follow",
        lambda prototypes, states, lines: follow(prototypes, states.roll(1, 0), lines),
    )


@mutant
def integer_coded_leace(world, patch):
    """concept erasure is fitted on the line as one integer"""
    world.reconfigure("model", leace=True)
    fitter = erasure.LeaceFitter

    class Integer:
        @staticmethod
        def fit(z, one_hot, **options):
            return fitter.fit(z, one_hot.argmax(1, keepdim=True).to(z), **options)

    patch.setattr(erasure, "LeaceFitter", Integer)


@mutant
def leace_never_fitted(world, patch):
    """concept erasure is switched on and never fitted"""
    world.reconfigure("model", leace=True)
    patch.setattr(phases.Phase, "refit_eraser", lambda phase: {})


@mutant
def leace_fitted_on_test_pairs(world, patch):
    """concept erasure is fitted on the test pairs"""
    world.reconfigure("model", leace=True)
    patch.setattr(phases.Phase, "eraser_pairs", lambda phase: phase.panel.rows("test"))


@mutant
def curriculum_freezes_nothing(world, patch):
    """R goes on moving while U is learned"""
    patch.setattr(phases.PotentialPhase, "moves", phases.FineTuningPhase.moves)
    of_potential = phases.PotentialPhase.terms
    patch.setattr(
        phases.PotentialPhase,
        "terms",
        lambda phase, step: (
            of_potential(phase, step) | phase.resistance_terms(step.pairs, phase.parts(step))
        ),
    )


@mutant
def phase_skipped(world, patch):
    """the last phase of the curriculum is left out"""
    # Otherwise a component that only this phase puts to work is missed before the first step.
    world.reconfigure("objective", orthogonality=0)
    patch.setitem(phases.CURRICULA, "fine_tuned", phases.CURRICULA["fine_tuned"][:-1])


@mutant
def first_phase_skipped(world, patch):
    """U is learned before R, under the name of the other order"""
    patch.setitem(phases.CURRICULA, "fine_tuned", phases.CURRICULA["fine_tuned"][1:])
    world.reconfigure("fine_tuning", epochs=12, learning_rate=0.05, patience=12)


@mutant
def phase_thrown_away(world, patch):
    """early stopping keeps epoch 0 of every phase"""
    for section in ("resistance", "potential", "fine_tuning"):
        world.reconfigure(section, patience=99)
    consult = loop.EarlyStop.consult

    def first(stop, epoch, validation):
        consult(stop, epoch, validation)
        stop.best = np.inf
        return False

    patch.setattr(loop.EarlyStop, "consult", first)


@mutant
def validation_skipped(world, patch):
    """a phase returns no validation figures"""
    patch.setattr(phases.PotentialPhase, "validate", lambda phase: {})


def _never_better(patch):
    patch.setattr(
        phases.ResistancePhase,
        "validate",
        lambda phase: phase.validate_resistance() | {"validation_loss": 1.0},
    )


@mutant
def early_stop_ignored(world, patch):
    """training goes on when early stopping says stop"""
    world.reconfigure("resistance", patience=2)
    _never_better(patch)
    consult = loop.EarlyStop.consult
    patch.setattr(
        loop.EarlyStop, "consult", lambda stop, *arguments: consult(stop, *arguments) and False
    )


@mutant
def best_epoch_not_restored(world, patch):
    """the last epoch is kept in place of the best"""
    patch.setattr(loop.EarlyStop, "restore", lambda stop: None)
    patch.setattr(
        phases.FineTuningPhase,
        "validate",
        lambda phase: (
            phase.validate_potential()
            | phase.validate_resistance()
            | {"validation_aupr": 0.0, "train_aupr": 0.0}
        ),
    )


@mutant
def selected_on_test_pairs(world, patch):
    """U is selected by its AUPR on test chromosomes"""
    made = phases.Phase.__init__

    def on_test(phase, model, panel, plan):
        made(phase, model, panel, plan)
        phase.validation = panel.rows("test")

    patch.setattr(phases.Phase, "__init__", on_test)


@mutant
def validation_pairs_by_held_out_labels(world, patch):
    """the labels of held-out lines decide which pairs R is validated on"""
    discordant = Panel.discordant_rows
    patch.setattr(
        Panel,
        "discordant_rows",
        lambda panel, split, lines: discordant(panel, split, list(range(len(panel.lines)))),
    )


@mutant
def guard_never_asked(world, patch):
    """the overfitting guard is built and never consulted"""
    patch.setattr(loop.OverfittingGuard, "consult", lambda guard, validation: False)


@mutant
def guard_ignored(world, patch):
    """training goes on when the overfitting guard says stop"""
    consult = loop.OverfittingGuard.consult
    patch.setattr(
        loop.OverfittingGuard,
        "consult",
        lambda guard, validation: consult(guard, validation) and False,
    )
    patch.setattr(
        phases.PotentialPhase,
        "validate",
        lambda phase: phase.validate_potential() | {"validation_aupr": 0.1, "train_aupr": 0.8},
    )


@mutant
def constant_resistance(world, patch):
    """R shrinks to a constant while its losses go on"""
    of_parts = Resistance.of_parts
    patch.setattr(
        Resistance, "of_parts", lambda resistance, parts: 1 + 0.01 * of_parts(resistance, parts)
    )


@mutant
def softplus_dropped(world, patch):
    """R is not passed through the softplus, so that it may be negative"""
    patch.setattr(
        Resistance,
        "of_parts",
        lambda resistance, parts: parts.states + parts.residual + parts.way - 1,
    )


@dataclass
class ScoreWorld:
    """Pairs of a line that the regulation score is made of, and the line."""

    pairs: pd.DataFrame
    name: str
    line: Line


def new_score_world() -> ScoreWorld:
    """Elements and genes on three megabases, in a line whose marks lie at random."""
    rng = np.random.default_rng(0)
    reach = 3_000_000
    marks = ("DNase", "H3K27ac", "CTCF")
    tracks = {mark: quantile_track(_random_peaks(rng, reach)) for mark in marks}
    element = rng.integers(10_000, reach - 10_000, 60)
    tss = {"chr1": np.sort(rng.integers(10_000, reach - 10_000, 12))}
    table = {"chrom": "chr1", "element_mid": element, "tss": rng.choice(tss["chr1"], 60)}
    resistance = WayResistance(["CTCF", TSS_BETWEEN], [0.5, 0.0], [2.0, 1.0], [-0.7, -0.4], ["B"])
    competing = candidates(tracks, all_peaks(tracks["DNase"]))
    return ScoreWorld(pd.DataFrame(table), "A", Line(tracks, competing, [], tss, resistance))


# Where the parts of the score are made and read.
READ_PARTS = (regulation_score, regulation_inputs, regulation_evidence)


def _random_peaks(rng, reach):
    start = rng.integers(0, reach, 3_000)
    table = {"chrom": "chr1", "start": start, "end": start + 1_500, "signal": rng.random(3_000)}
    return pd.DataFrame(table)


def score(world: ScoreWorld) -> None:
    """Read the inputs of the pairs, as the target crispr does; the inputs of heads want marks that
    this line lacks, and come after the evidence.
    """
    crispr_inputs.hold_parts(world.pairs, world.name, world.line)


@mutant
def contact_of_another_slope(world, patch):
    """contacts fall with the distance itself in place of its power 1.024"""
    patch.setattr(contact, "SLOPE", -1.0)


@mutant
def contact_rises_below_5_kb(world, patch):
    """the power law goes on below 5 kb"""
    patch.setattr(contact, "CLOSEST_BP", 1)


@mutant
def marks_in_the_potential(world, patch):
    """activity is counted in U in place of in its own part"""
    _parts_in_place_of(
        patch, lambda made: made.assign(potential=made.potential + made.activity, activity=0.0)
    )


@mutant
def activity_by_accessibility_alone(world, patch):
    """H3K27ac is forgotten"""
    _activity_of(patch, "DNase")


@mutant
def activity_by_acetylation_alone(world, patch):
    """DNase is forgotten"""
    _activity_of(patch, "H3K27ac")


@mutant
def activity_at_the_promoter(world, patch):
    """activity is read at the gene"""
    made = regulation_score.parts

    def at_the_gene(pairs, tracks, *rest):
        own = activity.log_activity(activity.activity(tracks, pairs.chrom, pairs.tss))
        found = made(pairs, tracks, *rest)
        return found.assign(activity=own, logit=found.logit - found.activity + own)

    for module in READ_PARTS:
        patch.setattr(module, "parts", at_the_gene)


@mutant
def nobody_competes(world, patch):
    """candidates are not summed, so that the element has its promoter to itself"""
    patch.setattr(competition, "by_promoter", lambda pairs, competing: iter(()))


@mutant
def element_counted_twice(world, patch):
    """the candidate that is the tested element competes with it"""
    patch.setattr(competition, "SAME_BP", 0)


@mutant
def competition_within_a_megabase(world, patch):
    """candidates compete within 1 Mb in place of 5"""
    patch.setattr(competition, "REACH_BP", 1_000_000)


@mutant
def ends_read_as_way(world, patch):
    """the way begins at the very ends"""
    patch.setattr(between, "TRIM_BP", 0)


@mutant
def way_weighs_nothing(world, patch):
    """all weights of R_way are 0"""
    resistance = world.line.resistance
    none = dataclasses.replace(resistance, weight=[0.0] * len(resistance.weight))
    world.line = dataclasses.replace(world.line, resistance=none)


@mutant
def way_taught_by_the_scored_line(world, patch):
    """the line that is scored is among those whose loops teach R_way"""
    world.name = "B"


@mutant
def product_of_parts(world, patch):
    """R_way counts the more the more active the element is"""
    _parts_in_place_of(
        patch,
        lambda made: made.assign(logit=made.logit - made.resistance_of_way * np.exp(made.activity)),
    )


@mutant
def part_added_with_the_wrong_sign(world, patch):
    """R_way is added in place of subtracted"""
    patch.setitem(regulation_score.PARTS, "resistance_of_way", 1)


def _activity_of(patch, mark):
    """Activity is read from one mark alone."""
    of_all = activity.activity
    for module in (regulation_score, regulation_evidence):
        patch.setattr(
            module, "activity", lambda tracks, *places: of_all({"DNase": tracks[mark]}, *places)
        )


def _parts_in_place_of(patch, changed):
    """The parts of the score, changed wherever they are read."""
    made = regulation_score.parts
    for module in READ_PARTS:
        patch.setattr(module, "parts", lambda *arguments: changed(made(*arguments)))


@dataclass
class LoopWorld:
    """Discordant loci of a loop panel, and the configuration that R is fitted by."""

    panel: LoopPanel
    config: Config


def new_loop_world() -> LoopWorld:
    """Loci that loop in lines with H3K27ac at both anchors, in some lines more often than in
    others.
    """
    own = {"widths": [200], "bins": 2, "states": 3, "locus_size": 4, "encoder_hidden": 6}
    fitted = {"hidden": 5, "batch_loci": 32, "epochs": 5, "learning_rate": 0.03}
    marks = ["CTCF", "H3K27ac"]
    config = toy_config(loop_panel={"marks": marks, **own, **fitted})
    rng = np.random.default_rng(0)
    lines = config.all_lines
    places = len(positions_of(config.loop_panel))
    signal = rng.normal(size=(300, len(lines), places, len(marks))).astype(np.float32)
    drive = 2 * signal[:, :, :2, 1].sum(2) + np.arange(len(lines))
    labels = (drive + rng.normal(size=drive.shape) > 1).astype(np.int8)
    rows = discordant(labels)
    chrom = rng.choice([name for fold in config.splits.folds for name in fold], 300)
    return LoopWorld(LoopPanel(signal[rows], labels[rows], chrom[rows], lines), config)


def fit(world: LoopWorld) -> None:
    """Fit R on all chromosomes but those of one fold, as the target resistance does."""
    fold = LoopFold(world.panel, 1, world.config)
    fold.by_resistance(fold.every_line, fold.inputs(0, null=False), 0)


@mutant
def plain_likelihood_of_loops(world, patch):
    """R of loops is fitted by the likelihood of the labels, one by one"""

    def plain(resistance, labels, weights):
        return nn.functional.binary_cross_entropy_with_logits(-resistance, labels)

    patch.setattr(loop_fitting, "line_pair_nll", plain)


@mutant
def lines_with_many_loops_weigh_more(world, patch):
    """every comparison of two lines weighs the same, not every pair of lines"""
    patch.setattr(
        loop_fitting,
        "line_pair_weights",
        lambda labels: torch.ones(labels.shape[1], labels.shape[1]),
    )


@mutant
def loop_marks_not_centred(world, patch):
    """R of loops reads the marks as they are, beside their mean over the lines"""

    def as_they_are(signal, donors=None):
        mean = np.broadcast_to(signal.mean(1, keepdims=True), signal.shape)
        return np.concatenate([signal, mean], axis=3)

    patch.setattr(loop_arms, "centred_inputs", as_they_are)


@mutant
def loop_states_not_read(world, patch):
    """every position belongs to all states alike"""
    assign = LoopResistance.assign
    patch.setattr(
        LoopResistance,
        "assign",
        lambda network, encoded: torch.full_like(assign(network, encoded), 1 / 3),
    )


@mutant
def loop_residual_not_read(world, patch):
    """R of loops is what the states add alone"""
    parts = LoopResistance.parts
    patch.setattr(
        LoopResistance,
        "parts",
        lambda network, inputs: (parts(network, inputs)[0], torch.zeros(inputs.shape[:-2])),
    )


@mutant
def loop_softplus_dropped(world, patch):
    """R of loops is not passed through the softplus, so that it may be negative"""
    patch.setattr(
        LoopResistance,
        "forward",
        lambda network, inputs: sum(network.parts(inputs)) + network.level - FIRST_LEVEL,
    )


@mutant
def loop_scored_in_one_order(world, patch):
    """loops are scored with their anchors in one order"""

    @torch.no_grad()
    def one_order(network, data):
        return -network(data.inputs).numpy()

    for module in (loop_arms, loop_evidence):
        patch.setattr(module, "loop_scores", one_order)


# By the model that a component is part of: its healthy world, and how it is put to work.
WORLDS = {
    ENERGIES: (new_world, run),
    REGULATION: (new_score_world, score),
    LOOPS: (new_loop_world, fit),
}


def killer(name: str) -> str:
    """Put the world of a mutant's component to work and return the message that stopped it; empty
    when it survived.
    """
    models = {each: component.model for component in load_design() for each in component.mutants}
    make, work = WORLDS[models.get(name, ENERGIES)]
    with pytest.MonkeyPatch.context() as patch:
        world = make()
        MUTANTS[name](world, patch)
        try:
            work(world)
        except DesignViolation as violation:
            return str(violation)
    return ""


def killed_by(message: str) -> tuple[str, str]:
    """Component and evidence that a message names, and the moment."""
    match = MESSAGE.fullmatch(message)
    return (
        (f"{match['component']}: `{match['evidence']}`", match["moment"])
        if match
        else (message.split(" (")[0], "before the first step")
    )


def page() -> str:
    """docs/mutants.md."""
    head = (
        "# Mutants\n\nGenerated by `make docs`; do not edit by hand. Each mutant breaks one"
        " component of the design the way people\nbreak it. Every one of them must be stopped"
        " by evidence of that component; the tests fail when it does not, or when a component has"
        " no mutant.\n\n| component | mutant |"
        " what it does | killed by | when |\n|---|---|---|---|---|\n"
    )
    rows = [(component.name, name) for component in load_design() for name in component.mutants]
    return head + "".join(_row(component, name) for component, name in rows)


def _row(component: str, name: str) -> str:
    by, moment = killed_by(killer(name))
    return f"| {component} | `{name}` | {MUTANTS[name].__doc__} | {by} | {moment} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
