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
        content=content_of_settings,
    shell:
        "printf '%s\\n' {params.content:q} > {output:q} 2> {log:q}"


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


REPORT_THRESHOLDS = report_thresholds()

# The index shows every run there is, also those of other configurations, so no rule can know what it depends on.
ALL_RUNS = Path(PLACE).parent
INDEX = (
    f"python -m epidecouple.stages.index --results {quoted(ALL_RUNS)}"
    f" --page {quoted(ALL_RUNS / 'index.html')} 2> {quoted(f'{PLACE}/logs/index.log')}"
)


# A target of its own may leave the run's folder unmade.
onsuccess:
    if Path(f"{PLACE}/logs").is_dir():
        shell(f"{INDEX} || true")
    logger.info(f"\nReport: {' '.join(pages_made())}{index_made()}\n")


# A failing gate ends the run: render the report of what there is, and say so.
onerror:
    if Path(f"{PLACE}/logs").is_dir():
        shell(
            f"python -m epidecouple.stages.run_report --run {quoted(PLACE)} --gates {' '.join(GATES)}"
            f" --thresholds {{REPORT_THRESHOLDS:q}} --report {quoted(f'{PLACE}/report.html')} --failed"
            f" 2> {quoted(f'{PLACE}/logs/report_failed.log')} && {INDEX}"
            f" && echo {quoted(f'Report of what was done: {PLACE}/report.html')} >&2 || true"
        )
