"""Mutants of the training: its phases, which epoch is kept, when it stops."""

import numpy as np

from epidecouple.data.panel import Panel
from epidecouple.training import loop, phases

from .registry import mutant


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
