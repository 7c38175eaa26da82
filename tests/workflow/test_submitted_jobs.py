"""How many jobs a run hands to a cluster: one for each of its long stages."""

import re
from collections import Counter

import pytest

from pipeline import ROOT, local_rules, run_snakemake

PROFILE = ("--profile", str(ROOT / "profiles" / "slurm"), "--workflow-profile", "none")
# Stages that open every file, read the genome or all pairs, train, or score every window; each
# with the short ones that ride in its job.
LONG_STAGES = {
    "inventory": {"sample_check"},
    "panel": set(),
    "elements": {"reference"},
    "shard": {"data_report"},
    "train_subset": set(),
    "diagnose_subset": set(),
    "train_full": set(),
    "evaluate": {"recovery", "release"},
    "diagnose": set(),
    "biology": set(),
    "mutagenesis": set(),
}
OF_A_SIMULATION = {"simulate": set(), "motifs": {"motif_recovery"}}


def submissions(folder, *arguments: str) -> Counter:
    """By the stages of a job, how often such a job would be submitted."""
    call = run_snakemake(folder, "-n", *arguments, where=PROFILE)
    assert call.returncode == 0, call.stdout + call.stderr
    # A group has a line without indent, and its members below it.
    blocks = re.split(r"^\[.+\] (?=Group job)|^(?=\w*rule \w+:)", call.stdout, flags=re.M)
    stages = [frozenset(re.findall(r"^ *(?:local)?rule (\w+):", block, re.M)) for block in blocks]
    here = re.compile(local_rules())
    return Counter(job for job in stages if not all(here.fullmatch(name) for name in job))


@pytest.mark.parametrize(
    ("arguments", "long_stages"),
    [
        ((), LONG_STAGES | OF_A_SIMULATION),
        pytest.param(
            ("--configfile", str(ROOT / "config" / "targetfinder.yaml")),
            LONG_STAGES,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["simulated", "real data that are downloaded first"],
)
def test_a_run_submits_one_job_for_each_long_stage(tmp_path, arguments, long_stages):
    jobs = submissions(tmp_path, *arguments)
    riders = {name: riders & set().union(*jobs) for name, riders in long_stages.items()}
    assert jobs == Counter(frozenset({name, *with_it}) for name, with_it in riders.items())
