# A run: from data to report.
include: "common.smk"
include: "data.smk"
include: "train.smk"
include: "diagnostics.smk"
include: "motifs.smk"
include: "gates.smk"
include: "report.smk"
include: "comparison.smk"
include: "resistance.smk"
include: "release.smk"


localrules:
    all,
    predict,
    panel_only,
    diagnose_full,
    compare_record22,
    comparison_report,
    resistance,
    resistance_report,


# Every stage is named: Snakemake asks for no file that was lost, as a training that is killed loses its model, while what
# was made from it is there.
rule all:
    default_target: True
    input:
        gate_markers(),
        stage_metrics(),
        f"{MAIN}/report.html",
        f"{MAIN}/model/card.md",


rule predict:
    input:
        needs_pairs,


# The diagnostics with all permutations.
rule diagnose_full:
    input:
        f"{MAIN}/diagnose_full/metrics.json",


rule panel_only:
    input:
        f"{MAIN}/panel/metrics.json",


# The index shows every run there is, also those of other configurations, so no rule can know what it depends on.
INDEX = f"python -m epidecouple.stages.index --results {RESULTS} --page {RESULTS}/index.html"


onsuccess:
    shell(f"{INDEX} 2> {MAIN}/logs/index.log || true")
    logger.info(
        f"\nReport: {' '.join(pages_made())}   all runs: {RESULTS}/index.html\n"
    )


# A failing gate ends the run: render the report of what there is, and say so.
onerror:
    shell(
        f"python -m epidecouple.stages.run_report --run {MAIN} --gates {' '.join(GATES)} --report {MAIN}/report.html --failed 2> {MAIN}/logs/report_failed.log"
        f" && {INDEX} 2> {MAIN}/logs/index.log"
        f" && echo 'Report of what was done: {MAIN}/report.html' >&2 || true"
    )
