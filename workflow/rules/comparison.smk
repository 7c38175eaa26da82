# Arms side by side, each under several seeds, on the same data; no gate stops an arm, its verdicts are part of the table.
COMPARED_STAGES = ["train_full", "evaluate", "recovery", "diagnose"]


rule compare_record22:
    input:
        f"{MAIN}/comparison/report.html",
    localrule: True


rule comparison:
    input:
        metrics=arm_files("{item}/metrics.json", COMPARED_STAGES),
        verdicts=arm_files("gates/{item}.verdict.json", [*FIT_GATES, "decoupling"]),
    output:
        table=f"{MAIN}/comparison/table.tsv",
        failed=f"{MAIN}/comparison/failed.tsv",
        metrics=f"{MAIN}/comparison/metrics.json",
    log:
        f"{MAIN}/logs/comparison.log",
    benchmark:
        f"{MAIN}/benchmarks/comparison.tsv"
    conda:
        "../../envs/base.yaml"
    resources:
        mem_mb=mem_mb("tables"),
        runtime=minutes(30),
    params:
        code=code_digest("comparison"),
        run=compared_run,
        arms=COMPARED_ARMS,
        seeds=SETUP.comparison.seeds,
        thresholds=stored(
            json.dumps({"settings": config["thresholds"]}, sort_keys=True)
        ),
        labels=fingerprint(METRICS),
    shell:
        "python -m epidecouple.stages.comparison --run {params.run:q} --arms {params.arms:q} --seeds {params.seeds:q}"
        " --thresholds {params.thresholds:q}"
        " --table {output.table:q} --failed {output.failed:q} --metrics {output.metrics:q} 2>&1 | tee {log:q}"


rule comparison_report:
    input:
        table=f"{MAIN}/comparison/table.tsv",
        failed=f"{MAIN}/comparison/failed.tsv",
        metrics=f"{MAIN}/comparison/metrics.json",
        figure=f"{MAIN}/figures/comparison.svg",
    output:
        f"{MAIN}/comparison/report.html",
    log:
        f"{MAIN}/logs/comparison_report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("comparison_report"),
        template=page_digest("comparison.html.j2", "macros.html.j2", "layout.html.j2"),
        run=parent_run,
    shell:
        "python -m epidecouple.stages.comparison_report --table {input.table:q} --failed {input.failed:q} --metrics {input.metrics:q}"
        " --run {params.run:q} --page {output:q} 2> {log:q}"
