"""A small question for the probes."""

import dataclasses

import numpy as np

from epidecouple.decoupling.probe_runner import Question, Topic
from epidecouple.statistics.permutation import Exchangeable
from toy_panel import toy_config

CONFIG = toy_config().diagnose


def question(probe="linear", permutations=5, gap=1.0, **changes):
    rng = np.random.default_rng(0)
    c, groups = rng.integers(0, 3, 600), rng.integers(0, 6, 600)
    x, floor = rng.normal(size=(600, 4)) + gap * np.eye(3, 4)[c], rng.normal(size=(600, 4))
    units = Exchangeable(np.arange(600), groups)
    topic = Topic("z", "natural", probe, "line")
    return dataclasses.replace(
        Question(f"z_line_{probe}", topic, x, floor, c, groups, units, permutations=permutations),
        **changes,
    )
