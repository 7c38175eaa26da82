import json
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

WORKFLOW = Path(workflow.current_basedir).parent
sys.path.insert(0, str(WORKFLOW))

from epidecouple.catalog import catalog_of
from epidecouple.config import Config, validated
from epidecouple.errors import InputError
from epidecouple.gates import rows_of
from epidecouple.provenance import code_digest, fingerprint
from epidecouple.sources import MANIFEST, load_sources

CONFIG_FILES = workflow.config_settings.configfiles or ["config/config.yaml"]
try:
    config = validated(config, CONFIG_FILES)
    SETUP = Config.from_dict(config)
    CATALOG = catalog_of(SETUP)
    rows_of("data", config["thresholds"])
except InputError as error:
    raise WorkflowError(str(error))

RUN = f"results/{SETUP.run}"
SOURCES = {source.path: source for source in load_sources()}
SIMULATED = SETUP.dataset.kind == "simulated"

# Numerical libraries get the configured number of threads, not Snakemake's, which --cores clips: results
# must not depend on it. The allocator keeps freed memory: training spends half its time in page faults otherwise.
# The mirror travels here because a different one must not download again what is in place.
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH='{WORKFLOW}' EPIDECOUPLE_MIRROR='{SETUP.mirror}'"
    f" OMP_NUM_THREADS={SETUP.threads} MKL_NUM_THREADS={SETUP.threads} OPENBLAS_NUM_THREADS={SETUP.threads}"
    " MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TOP_PAD_=268435456; "
)

# Gates in the order of the pipeline, and the stages whose metrics each one reads.
FIT_GATES = ["fit", "recovery", "resistance"] if SIMULATED else ["fit", "resistance"]
GATES = {
    "download": ["download"],
    "data": ["data"],
    "subset": ["train_subset", "diagnose_subset"],
    "fit": ["train_full", "evaluate"],
    "recovery": ["recovery"],
    "resistance": ["evaluate"],
    "decoupling": ["evaluate", "diagnose"],
    "biology": ["biology"],
}
if not SIMULATED:
    del GATES["recovery"]

FILES = ["run", "dataset", "cell_lines", "held_out_lines", "marks"]
DATA = [*FILES, "windows", "splits"]
MODEL = [
    *DATA,
    "seed",
    "threads",
    "reference",
    "model",
    "objective",
    "curriculum",
    "verification",
    "resistance",
    "potential",
    "fine_tuning",
]
DIAGNOSTICS = [*MODEL, "diagnose"]


wildcard_constraints:
    line="|".join(SETUP.all_lines),


def settings(*sections):
    """The configuration sections a stage may see, as JSON: it reruns when one of them changes, be it only in part of interest to it."""
    return json.dumps({name: config[name] for name in sections}, sort_keys=True)


def shard_manifests():
    """One file per shard: what later stages depend on."""
    return expand(f"{RUN}/shards/{{line}}/manifest.json", line=SETUP.all_lines)


def passed(gate):
    """Marker of a gate as an order-only input: judging again must not run again what lies behind it."""
    return ancient(f"{RUN}/gates/{gate}.passed")


def gate_settings(gate):
    """The run's own thresholds and waiver of one gate, as JSON."""
    own = {
        name: value
        for name, value in config["thresholds"].items()
        if name.startswith(f"{gate}.")
    }
    return json.dumps(
        {"thresholds": own, "waive": [g for g in config["waive"] if g == gate]},
        sort_keys=True,
    )


def gate_markers():
    """Every marker: only so does a run that failed at a gate fail again."""
    return expand(f"{RUN}/gates/{{gate}}.passed", gate=GATES)


def elements_folder(wildcards, input):
    """Folder of the encoded windows."""
    return Path(input.splits).parent


def shards_folder(wildcards, input):
    """Folder that holds one shard per line."""
    return Path(input.shards[0]).parent.parent


def run_folder(wildcards, input):
    """Folder of the whole run."""
    return Path(input.verdicts[0]).parent.parent
