from epidecouple.report import ending
from epidecouple.report import layout as contents
from epidecouple.core.arms import comparison_runs
from epidecouple.ablation.arms import (
    all_arms,
    all_worlds,
    in_path,
    jobs as ablation_jobs,
    quick_arms,
)
from epidecouple.bengi.catalog import bengi_catalog
from epidecouple.files.catalog import catalog_of
from epidecouple.experiments.crispr_catalog import ELEMENT_MARKS, crispr_catalog
from epidecouple.core.config import Config, validated
from epidecouple.regulation.other_lines import MARKS
from epidecouple.core.errors import InputError
from epidecouple.core.gates import (
    GUARD,
    LINE_BLIND,
    RESIDUAL,
    rows_of,
    values_of,
)
from epidecouple.core import memory
from epidecouple.core.provenance import code_digest, fingerprint, with_checksum
from epidecouple.core.paths import (
    ABLATION,
    EFFECTS,
    EXAMPLE,
    KNOWN_PROFILES,
    MANIFEST,
    METRICS,
)
from epidecouple.files.manifest import load_sources
from epidecouple.regulation.inputs import NINE_MARKS
from epidecouple.samples.checking import CHECKS
from epidecouple.samples.reading import known_files
from epidecouple.verification.design import design_digest

try:
    config = validated(config, CONFIG_FILES)
    SETUP = Config.from_dict(config)
    CATALOG = catalog_of(SETUP)
    LOOP_CATALOG = catalog_of(SETUP, SETUP.loop_marks)
    CRISPR = crispr_catalog(SETUP.crispr)
    rows_of("data", config["thresholds"])
    RUNS, ARMS = comparison_runs(config)
except InputError as error:
    SCREEN.refused = str(error)
    raise WorkflowError(str(error))

# MAIN is the run itself. The runs of a comparison lie below it, one per seed, and share its rules: data stand in the
# folder RUN, what was trained on them in ARM, which is the run's own folder or that of an arm.
# PLACE is MAIN with the prefix of a module.
RESULTS = Path(SETUP.results)
MAIN = str(RESULTS / SETUP.run)
RUN = str(RESULTS / "{run}")
ARM = f"{RUN}{{arm}}"
PLACE = placed(MAIN)
ABLATED = ablation_jobs(**SETUP.ablation.model_dump())
QUICK = ablation_jobs(
    ["default"], SETUP.ablation.seeds[:1], SETUP.ablation.seeds[:1], quick_arms()
)
NAMED = {
    "world": {in_path(name): name for name in all_worlds()},
    "arm": {in_path(name): name for name in all_arms()},
}
EXAMPLE_RESULTS = str(RESULTS / "example")
COMPARED_ARMS = [name.rsplit("/", 1)[-1] for name in ARMS if name]
SOURCES = {source.path: source for source in load_sources()}
SIMULATED = SETUP.dataset.kind == "simulated"
FIGURES = contents.drawn_figures(SIMULATED, bool(CATALOG.motifs))

set_environment(SETUP.threads, SETUP.mirror)

# Gates in the order of the pipeline, and the stages whose metrics each one reads.
FIT_GATES = ["fit", "recovery", "resistance"] if SIMULATED else ["fit", "resistance"]
GATES = {
    "download": ["download", "samples"],
    "data": ["data"],
    "subset": ["train_subset", "diagnose_subset"],
    "fit": ["train_full", "evaluate"],
    "recovery": ["recovery"],
    "resistance": ["evaluate"],
    "decoupling": ["evaluate", "diagnose"],
    "biology": ["biology", "mutagenesis"],
}
if CATALOG.motifs:
    GATES["biology"].append("motifs")
if SIMULATED:
    GATES["biology"].append("motif_recovery")
else:
    del GATES["recovery"]

# Gates of targets of their own, which a run does not wait for.
CRISPR_TESTED = "tested" if SETUP.crispr.tested else "training"
TARGET_GATES = {
    "loops": ["loops"],
    "crispr": ["crispr", f"crispr/{CRISPR_TESTED}", "crispr/scores"],
}

# The training whose model a gate is about.
TRAINED = {"subset": "train_subset"}
TRAINED |= dict.fromkeys(["fit", "recovery", "decoupling", "biology"], "train_full")

FILES = ["run", "results", "dataset", "cell_lines", "held_out_lines", "marks"]
DATA = [*FILES, "windows", "splits"]
MODEL = [
    *DATA,
    "seed",
    "threads",
    "device",
    "compile",
    "processes",
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
LOOPS = ["seed", "threads", "loop_panel", "crossfit", "splits", *FILES]
BENGI_SECTIONS = ["seed", "loop_panel", "bengi", *FILES]
CRISPR_SECTIONS = ["seed", "threads", "splits", "crispr"]


wildcard_constraints:
    line=one_of(SETUP.all_lines),
    run=one_of(RUNS),
    arm=one_of(ARMS),
    stage=r"\w+",


# What each stage computes with: the module that runs, and the configuration sections that it may see. `thresholds` are
# those of the overfitting guard, so that no other threshold makes a training run again.
SEES = {
    "simulate": ("simulate", ["simulation", "seed", *FILES]),
    "inventory": ("inventory", ["splits", *FILES]),
    "sample_check": ("sample_check", ["thresholds", *FILES]),
    "sample_tiles": ("sample_tiles", ["samples"]),
    "panel": ("panel", DATA),
    "elements": ("elements", DATA),
    "reference": ("reference", ["seed", "reference", *DATA]),
    "shard": ("shard", ["reference", *DATA]),
    "data_report": ("data_report", DATA),
    "train_subset": ("train", ["subset", "thresholds", *MODEL]),
    "train_full": ("train", ["thresholds", *MODEL]),
    "evaluate": ("evaluate", DIAGNOSTICS),
    "recovery": ("recovery", ["simulation", "seed", "diagnose", *DATA]),
    "diagnose_subset": ("diagnose", ["subset", *DIAGNOSTICS]),
    "diagnose": ("diagnose", DIAGNOSTICS),
    "biology": ("biology", ["biology", *DIAGNOSTICS]),
    "mutagenesis": ("mutagenesis", ["motifs", *MODEL]),
    "motifs": ("motifs", ["motifs", *MODEL]),
    "motif_recovery": ("motif_recovery", ["seed", *FILES]),
    "release": ("release", MODEL),
    "model_card": ("model_card", MODEL),
    "figure": ("figure", []),
    "resistance_files": ("resistance_files", ["splits", "loop_panel", *FILES]),
    "resistance_loci": ("resistance_loci", ["seed", "reference", *DATA]),
    "crossfit": ("crossfit", ["crossfit", *MODEL]),
    "unseen": ("unseen", ["crossfit", *MODEL]),
    "resistance_table": ("resistance_table", ["seed", "crossfit", *DATA]),
    "loop_panel": ("loop_panel", ["threads", "loop_panel", "splits", *FILES]),
    "loop_fold": ("loop_fold", LOOPS),
    "loop_table": ("loop_table", ["thresholds", *LOOPS]),
    "loop_model": ("loop_model", LOOPS),
    "bengi_panel": ("bengi_panel", BENGI_SECTIONS),
    "bengi_fold": ("bengi_fold", ["crossfit", *BENGI_SECTIONS]),
    "bengi_table": ("bengi_table", BENGI_SECTIONS),
    "crispr_way": ("crispr_way", CRISPR_SECTIONS),
    "crispr_inputs": ("crispr_inputs", CRISPR_SECTIONS),
    "crispr_scores": ("crispr_scores", CRISPR_SECTIONS),
    "crispr_table": ("crispr_table", CRISPR_SECTIONS),
    "crispr_missing": ("crispr_missing", CRISPR_SECTIONS),
    "real_model": ("real_model", CRISPR_SECTIONS),
    "example_inputs": ("example_inputs", CRISPR_SECTIONS),
}
# The thresholds that a stage acts on itself; those of the overfitting guard in every other stage.
ACTS_ON = {"loop_table": [LINE_BLIND], "sample_check": CHECKS}
# What else a stage rests on.
RESTS_ON = {"inventory": fingerprint(MANIFEST), "model_card": fingerprint(METRICS)}
RESTS_ON |= {
    "sample_check": fingerprint(KNOWN_PROFILES),
    "resistance_files": fingerprint(MANIFEST),
}
RESTS_ON |= dict.fromkeys(
    ["real_model", "loop_model"], [fingerprint(MANIFEST), fingerprint(METRICS)]
)
RESTS_ON |= dict.fromkeys(
    ["train_subset", "train_full", "crossfit", "unseen"], design_digest()
)


def settings(stage, of=RUN):
    """File of what a stage computes with; it changes when one of its sections or its code does.

    Snakemake overlooks what changed in a job behind another one that is to run, even where nothing but
    an ancient file lies between the two. This file is made by a job behind none, so it is never
    overlooked, and it is no ancient input.
    """
    return f"{of}/settings/{stage}.json"


def stored_settings(wildcards):
    """What stands in the file of a stage: code digest, and the sections that it may see."""
    if wildcards.stage in JUDGED:
        return stored(JUDGED[wildcards.stage])
    stage, sections = SEES[wildcards.stage]
    values = RUNS[wildcards.run] | ARMS[wildcards.arm]
    values |= {"results": str(Path(PLACE).parent)}
    acted_on = ACTS_ON.get(wildcards.stage, GUARD)
    values |= {"thresholds": values_of(acted_on, config["thresholds"])}
    content = {"code": code_digest(stage), "rests_on": RESTS_ON.get(wildcards.stage)}
    content["settings"] = {name: values[name] for name in sections}
    return stored(json.dumps(with_checksum(content), sort_keys=True))


def mem_mb(formula):
    """Memory of a rule by one of the formulas of memory.py, more at every further attempt."""

    def of_job(wildcards, input, attempt):
        needed = getattr(memory, formula)(configured(wildcards), file_sizes(input))
        return attempt * round(needed)

    return of_job


def launcher():
    """What starts a training: Python, or torchrun with several of it, each with the configured threads."""
    several = f"torchrun --standalone --nproc-per-node {SETUP.processes} -m"
    return several if SETUP.processes > 1 else "python -m"


def minutes(count):
    """Time of a rule, more at every further attempt."""

    def of_job(wildcards, attempt):
        return attempt * count

    return of_job


def configured(wildcards):
    """The configuration of the run and arm that a job belongs to."""
    run = RUNS[wildcards.get("run", SETUP.run)]
    return Config.from_dict(run | ARMS[wildcards.get("arm", "")])


def file_sizes(input):
    """Sizes of a job's input files and of the arrays that lie beside them.

    What a job of the same group will make is not there when the group is submitted, and counts nothing.
    """
    given = sum_mb(map(Path, input))
    shards = [Path(path).with_name("signal.npy") for path in input.get("shards", [])]
    windows = (
        [Path(input.splits).with_name("sequences.npy")]
        if "splits" in input.keys()
        else []
    )
    panel = [Path(input.panel)] if "panel" in input.keys() else []
    found = [sum_mb(paths) for paths in (panel, shards, windows)]
    return memory.Files(given, *found)


def sum_mb(paths):
    """Size of those of the files that there are."""
    return sum(path.stat().st_size for path in paths if path.exists()) / memory.MB


def of_run(paths, run="{run}"):
    """Files of the catalog: those of the run itself as a pattern for every run, or as those of `run`.

    All others lie where the configuration says, or are shared downloads: no prefix of a module moves them.
    """
    own = f"{MAIN}/"
    return [
        (
            path.replace(own, f"{RUN.format(run=run)}/")
            if path.startswith(own)
            else local(path)
        )
        for path in map(str, paths)
    ]


def peaks_of_line(wildcards):
    """Peak files of one line in one run."""
    return of_run(CATALOG.lines[wildcards.line].peaks.values(), wildcards.run)


def shard_manifests():
    """One file per shard: what later stages depend on."""
    return expand(
        f"{RUN}/shards/{{line}}/manifest.json",
        line=SETUP.all_lines,
        allow_missing=True,
    )


def marker(gate):
    """Marker of a gate that was passed."""
    return f"{RUN}/gates/{gate}.passed"


def passed(gate):
    """Marker of a gate as an order-only input: judging again must not run again what lies behind it."""
    return ancient(marker(gate))


def unless_arm(*paths, arm=()):
    """Files that a stage of the run waits for. An arm is compared whatever its gates say, so it waits for `arm` only."""

    def of_wildcards(wildcards):
        chosen = arm if wildcards.arm else paths
        return [path.format(run=wildcards.run, arm="") for path in chosen]

    return of_wildcards


def gate_settings(gate):
    """What a verdict rests on: all rows of the gate, and the run's own thresholds and waiver."""
    own = {
        name: value
        for name, value in config["thresholds"].items()
        if name.startswith(f"{gate}.")
    }
    content = {
        "code": code_digest("judge"),
        "rows": rows_of(gate, config["thresholds"]),
    }
    content["settings"] = {
        "thresholds": own,
        "waive": [name for name in config["waive"] if name == gate],
    }
    return json.dumps(with_checksum(content), sort_keys=True)


def model_of_gate(gate):
    """The model that everything a gate judges must rest on; nothing where it is about data alone."""
    return [f"{ARM}/{TRAINED[gate]}/model.safetensors"] if gate in TRAINED else []


def model_option(wildcards, input):
    """The model as an option of the judge."""
    return ["--model", *input.model] if input.model else []


JUDGED = {f"judge_{gate}": gate_settings(gate) for gate in GATES | TARGET_GATES}


def gate_markers():
    """Every marker: only so does a run that failed at a gate fail again."""
    return expand(f"{MAIN}/gates/{{gate}}.passed", gate=GATES)


def stage_metrics():
    """What every judged stage wrote last."""
    stages = {stage for judged in GATES.values() for stage in judged}
    return [f"{MAIN}/{stage}/metrics.json" for stage in sorted(stages)]


def elements_folder(wildcards, input):
    """Folder of the encoded windows."""
    return Path(input.splits).parent


def shards_folder(wildcards, input):
    """Folder that holds one shard per line."""
    return Path(input.shards[0]).parent.parent


def run_folder(wildcards, input):
    """Folder of the whole run."""
    return Path(input.verdicts[0]).parent.parent


def page_digest(*templates):
    """What a page is rendered with: its templates, the style of all pages and the labels of metrics."""
    texts = [WORKFLOW / "report" / name for name in (*templates, "style.css")]
    return [fingerprint(path) for path in (*texts, METRICS, EFFECTS)]


def report_thresholds():
    """The thresholds that a report acts on itself, as JSON."""
    return json.dumps(values_of([RESIDUAL], config["thresholds"]))


def figures_of_gate(gate):
    """Figures of what a gate judges."""
    sections = [contents.SECTIONS.get(stage) for stage in GATES[gate]]
    named = [name for section in sections if section for name in section.figures]
    return [name for name in named if name in FIGURES]


# What one job draws: a gate's figures, so that they are there where a later gate fails, or a target's.
DRAWN = {gate: figures_of_gate(gate) for gate in GATES} | contents.OF_OTHER_TARGETS


def figure_section(figure):
    """The section of the report that a figure belongs to."""
    found = (s.title for s in contents.SECTIONS.values() if figure in s.figures)
    return next(found, "Side by side")


def needs_pairs(wildcards):
    """Predictions are asked for by naming pairs, which makes a workflow of its own (predict.smk)."""
    raise WorkflowError(
        "predict needs pairs and a trained model: snakemake predict --config pairs=my.tsv model=results/<run>"
    )


def arm_files(name, items):
    """The same files of every arm under every seed."""
    return expand(
        f"{MAIN}/seeds/{{seed}}/arms/{{arm}}/{name}",
        seed=SETUP.comparison.seeds,
        arm=COMPARED_ARMS,
        item=items,
    )


def ablation_figures(jobs):
    """The figures of every training of an ablation; two worlds with the same data share no files."""
    return [
        f"{MAIN}/ablation/{in_path(world)}/{seed}/arms/{in_path(arm)}.json"
        for world, seed, arm in jobs
    ]


def ablation_names(wildcards):
    """World and arm of a job by their names, as options of a stage."""
    return [
        word
        for kind in ("world", "arm")
        if kind in wildcards.keys()
        for word in (f"--{kind}", NAMED[kind][wildcards[kind]])
    ]


def compared_run(wildcards):
    """Folder of the run whose seeds and arms are compared."""
    return PLACE


def parent_run(wildcards, input):
    """Folder of the run that a comparison belongs to."""
    return Path(input.metrics).parent.parent


def crispr_files(*paths):
    """Files of the catalog, each once, where they lie whatever prefix a module has."""
    return [local(path) for path in dict.fromkeys(map(str, paths))]


def crispr_table_file(wildcards):
    """The table of CRISPR pairs that is meant."""
    return crispr_files(getattr(CRISPR, wildcards.table))


def bengi_files(kind):
    """Files of the target bengi; refused where the run has not BENGI's lines."""

    def of_wildcards(wildcards):
        try:
            return of_run(getattr(bengi_catalog(SETUP), kind), wildcards.run)
        except InputError as error:
            raise WorkflowError(str(error))

    return of_wildcards


def wanted_of_run():
    """The files that a call was made for; those of the whole run where a workflow of others asks for files of its own."""
    files = wanted()
    if workflow.modifier.is_main_snakefile() or any(
        Path(path).is_relative_to(PLACE) for path in files
    ):
        return files
    return [placed(path) for path in (*gate_markers(), f"{MAIN}/report.html")]


def pages_wanted():
    """The pages of the run that the call was made for."""
    return [
        Path(path)
        for path in wanted_of_run()
        if path.endswith(".html") and Path(path).is_relative_to(PLACE)
    ]


def ending_of_success():
    """The ending of a call that has made all that it was made for."""
    return ending.of_verdicts(ending.verdicts_behind(map(Path, wanted_of_run())))


def line_of_success():
    """The last line of such a call: its sentence, and its pages or the first of its files."""
    made = [path for path in wanted_of_run() if Path(path).exists()]
    pages = [path for path in made if path.endswith(".html")]
    return last_line(ending_of_success(), pages or made[:1], index_made())


def index_made():
    """Where the index of all runs is, empty as long as there is none."""
    index = Path(PLACE).parent / "index.html"
    return str(index) if index.exists() else ""


def model_in_repository():
    """Folder of the trained score: as configured, in the working directory or in the checkout."""
    own = Path(SETUP.crispr.model)
    return own if own.is_dir() else ROOT / own


def model_checksums(wildcards):
    """What the model is; it is no input, since the rule that makes it asks for downloads."""
    sums = model_in_repository() / "SHA256SUMS"
    return fingerprint(sums) if sums.is_file() else "missing"
