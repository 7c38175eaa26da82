"""Mutants of the networks: what z and R may read, their states, erasure, signs."""

import dataclasses

import numpy as np
import torch
from torch import nn

from epidecouple.data.panel import Panel
from epidecouple.model import erasure
from epidecouple.model.initialise import new_model
from epidecouple.model.motif_encoder import MotifEncoder
from epidecouple.model.prototypes import LinePrototypes, StatePrototypes
from epidecouple.model.record22 import AnnotatedPotential, LinearResistance
from epidecouple.model.resistance import Resistance
from epidecouple.model.sequence import SequenceEncoder
from epidecouple.training import phases
from epidecouple.training.motif_screen import ScreenedMotif
from epidecouple.verification import assertions
from toy_panel import toy_panel

from .energies import standard
from .registry import mutant


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
def way_not_read(world, patch):
    """R does not read the densities of the way"""
    world.reconfigure("windows", way=True)
    world.panel = toy_panel(way=True)
    world.panel.shards[:] = [
        dataclasses.replace(shard, reference=standard(shard.reference))
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
