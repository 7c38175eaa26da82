"""Mutants of the data: labels, splits, marks, and in which batches they come."""

import dataclasses

import numpy as np

from epidecouple.data.sampler import CellBatchSampler, MicroBatch

from .registry import mutant


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
