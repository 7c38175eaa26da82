"""A tiny crossed panel in memory, with labels that DNA and signal explain, and a configuration of
matching size.
"""

import json

import numpy as np
import torch

from epidecouple.core.config import Config, validated
from epidecouple.core.gates import GUARD, values_of
from epidecouple.core.sections.data import WAY_DENSITIES
from epidecouple.data.panel import Panel
from epidecouple.data.shards import Shard

# The networks here are so small that threads only get in each other's way.
torch.set_num_threads(1)

LINES = ["LineA", "LineB", "LineC"]
HELD_OUT = ["MixD"]
MARKS = ["CTCF", "DNase", "H3K27ac", "H3K27me3"]
FOLDS = [["chr1", "chr2", "chr3", "chr4"], ["chr5", "chr6"], ["chr7", "chr8", "chr9"]]
N_PAIRS, N_ELEMENTS, N_ENHANCERS, WINDOW_BP, BINS, N_REFERENCE = 120, 40, 24, 40, 2, 60


def toy_values(**changes: dict) -> dict:
    """The configuration as a mapping; `changes` replace keys inside its sections."""
    values = {
        "run": "toy",
        "threads": 1,
        "dataset": {"kind": "simulated"},
        "cell_lines": LINES,
        "held_out_lines": HELD_OUT,
        "marks": MARKS,
        "windows": {"sequence_bp": WINDOW_BP, "signal_bp": 200, "bins": BINS, "way": False},
        "reference": {"loci": N_REFERENCE, "modules": 4},
        "splits": {"folds": FOLDS, "test_fold": 2, "validation_fold": 1},
        "model": {
            "encoder": "cnn",
            "filters": 8,
            "cnn_filters": 8,
            "filter_bp": 6,
            "z_size": 8,
            "hidden": 8,
            "locus_size": 4,
            "states": 4,
        },
        "resistance": {"batch_pairs": 12, "epochs": 4, "learning_rate": 0.05},
        "potential": {"batch_pairs": 24, "epochs": 3},
        "fine_tuning": {"batch_pairs": 24, "epochs": 2},
        "subset": {"lines": 2, "pairs": 30, "epochs": 2},
        "diagnose": {
            "processes": 1,
            "rows": 200,
            "folds": 3,
            "boosting_rounds": 3,
            "permutations": 1,
        },
    }
    for section, part in changes.items():
        values[section] = {**values.get(section, {}), **part} if isinstance(part, dict) else part
    guard = values_of(GUARD, {}).items()
    values["thresholds"] = {check: row | {"why": "as the gate has it"} for check, row in guard}
    return validated(values)


def toy_config(**changes: dict) -> Config:
    """The configuration as a record."""
    return Config.from_dict(toy_values(**changes))


def toy_settings(**changes: dict) -> str:
    """The configuration as a rule passes it on."""
    return json.dumps(toy_values(**changes))


def toy_panel(seed: int = 0, way: bool = False) -> Panel:
    """Random windows, distances and signal; y ~ element effects - H3K27ac at the ends; one mark is
    missing in one line.

    way : with random densities at the end of the signal, for configurations with `windows.way`
    """
    rng, of_way = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    slots = WAY_DENSITIES if way else 0
    lines = LINES + HELD_OUT
    joined = np.sort(rng.choice(N_ENHANCERS * (N_ELEMENTS - N_ENHANCERS), N_PAIRS, replace=False))
    enhancer, promoter = joined % N_ENHANCERS, N_ENHANCERS + joined // N_ENHANCERS
    chromosomes = [chrom for fold in FOLDS for chrom in fold]
    chrom = np.array(
        [chromosomes[i] for i in rng.permutation(np.arange(N_PAIRS) % len(chromosomes))]
    )
    splits = dict(zip(("train", "validation", "test"), FOLDS, strict=True))
    split = np.array(
        [next(name for name, fold in splits.items() if where in fold) for where in chrom]
    )
    effect = rng.normal(0, 2, N_ELEMENTS)
    shards, labels, published = [], [], []
    for _ in lines:
        signal = rng.normal(0, 1, (N_PAIRS, 2 + BINS, len(MARKS)))
        logit = (
            effect[enhancer] + effect[promoter] + 2 * signal[:, :2, MARKS.index("H3K27ac")].sum(1)
        )
        labels.append((logit + rng.logistic(size=N_PAIRS) > 0.5).astype(np.int8))
        published.append(np.where(rng.random(N_PAIRS) < 0.5, labels[-1], -1).astype(np.int8))
        manifest = {
            "marks": {
                mark: {"present": True, "mean": float(rng.normal()), "sd": 1.0} for mark in MARKS
            }
        }
        reference = rng.normal(0, 1, (N_REFERENCE, len(MARKS)))
        reference = (reference - reference.mean(0)) / reference.std(0)
        densities = of_way.exponential(2, (N_PAIRS, slots, len(MARKS)))
        shards.append(
            Shard(
                labels[-1],
                published[-1],
                np.concatenate([signal, densities], axis=1).astype(np.float16),
                reference.astype(np.float16),
                manifest,
            )
        )
    present = np.ones((len(lines), len(MARKS)), dtype=bool)
    present[1, 3] = False
    shards[1].signal[:, :, 3], shards[1].reference[:, 3] = 0, 0
    return Panel(
        lines=lines,
        training=list(range(len(LINES))),
        codes=rng.integers(0, 4, (N_ELEMENTS, WINDOW_BP)).astype(np.uint8),
        enhancer=enhancer,
        promoter=promoter,
        log_distance=rng.uniform(4, 6, N_PAIRS).astype(np.float32),
        annotated_bp=rng.uniform(300, 600, (N_PAIRS, 2)).astype(np.float32),
        chrom=chrom,
        split=split,
        labels=np.column_stack(labels),
        published=np.column_stack(published),
        shards=shards,
        present=present,
        offset=np.zeros(present.shape, dtype=np.float32),
        scale=np.ones(present.shape, dtype=np.float32),
        way_slots=slots,
    )


def digest(parameters: dict[str, torch.Tensor]) -> dict[str, bytes]:
    """The bytes of each named tensor: equal only when bit-identical."""
    return {name: value.detach().cpu().numpy().tobytes() for name, value in parameters.items()}
