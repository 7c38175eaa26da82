# A run: from data to report.
include: "common.smk"
include: "data.smk"
include: "samples.smk"
include: "train.smk"
include: "diagnostics.smk"
include: "motifs.smk"
include: "gates.smk"
include: "report.smk"
include: "comparison.smk"
include: "ablation.smk"
include: "resistance.smk"
include: "bengi.smk"
include: "crispr.smk"
include: "example.smk"
include: "release.smk"


# Every stage is named: Snakemake asks for no file that was lost, as a training that is killed loses its model, while what
# was made from it is there.
rule all:
    default_target: True
    input:
        gate_markers(),
        stage_metrics(),
        f"{MAIN}/report.html",
        f"{MAIN}/model/card.md",
    localrule: True


# Small files, so that a change is seen behind gates, too (`settings` in common.smk).
rule settings:
    output:
        f"{ARM}/settings/{{stage}}.json",
    log:
        f"{ARM}/logs/settings/{{stage}}.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        content=stored_settings,
    shell:
        "cp {params.content:q} {output:q} 2> {log:q}"


rule predict:
    input:
        needs_pairs,
    localrule: True


# The diagnostics with all permutations.
rule diagnose_full:
    input:
        f"{MAIN}/diagnose_full/metrics.json",
    localrule: True


rule panel_only:
    input:
        f"{MAIN}/panel/metrics.json",
    localrule: True


# The index shows every run there is, also those of other configurations, so no rule can know what it depends on.
ALL_RUNS = Path(PLACE).parent
INDEX = (
    f"python -m epidecouple.stages.index --results {quoted(ALL_RUNS)}"
    f" --page {quoted(ALL_RUNS / 'index.html')} 2> {quoted(f'{PLACE}/logs/index.log')}"
)
REPORT_THRESHOLDS = report_thresholds()
# The page of the run again, of what there is and with the ending on top.
REPORT = (
    f"python -m epidecouple.stages.run_report --run {quoted(PLACE)} --gates {' '.join(GATES)}"
    f" --thresholds {{REPORT_THRESHOLDS:q}} --report {quoted(f'{PLACE}/report.html')}"
    f" 2> {quoted(f'{PLACE}/logs/report_ending.log')}"
)


# Snakemake keeps one handler of a kind, the last, so all that a call starts with stands here.
onstart:
    require_writable(PLACE)
    ending.forget(Path(PLACE), pages_wanted())


# A call that finds nothing to do ends with the same line as the one that did it.
SCREEN.idle = line_of_success


# A target of its own may leave the run's folder unmade.
onsuccess:
    pages = pages_wanted()
    if Path(f"{PLACE}/logs").is_dir():
        ending.keep(Path(PLACE), pages, ending_of_success())
        if Path(PLACE, "report.html") in pages:
            shell(f"{REPORT} || true")
        shell(f"{INDEX} || true")
    show(line_of_success())


# A call that fails leaves the report of what there is, with the reason on top.
onerror:
    pages = pages_wanted() or [Path(PLACE, "report.html")]
    ended = ending.of_call(SCREEN.failures, SCREEN.interrupted, SCREEN.problem)
    if Path(f"{PLACE}/logs").is_dir():
        ending.keep(Path(PLACE), pages, ended)
        if Path(PLACE, "report.html") in pages:
            shell(f"{REPORT} || true")
        shell(f"{INDEX} || true")
    show(
        last_line(
            ended, [str(page) for page in pages if page.exists()], index_made()
        )
    )
