# Does silencing an element change a gene? Real data whatever the dataset of the run is: loops and peaks of the lines,
# tables of CRISPR pairs, genes and a chain. Nothing here asks for the genome or for a gate of the run. One thread each:
# the model has the same bytes on every machine, and matrices and trees are too small for more.
CRISPR_LINES = SETUP.crispr.lines
WAY_PEAKS = CRISPR.peak_files(CRISPR_LINES, SETUP.crispr.way_marks)
ELEMENT_PEAKS = CRISPR.peak_files(CRISPR_LINES, ELEMENT_MARKS)
OTHER_PEAKS = CRISPR.peak_files(CRISPR_LINES, MARKS)
SCORED_PEAKS = [
    path for line in SETUP.crispr.scored_lines for path in CRISPR.all_peaks(line)
]


rule crispr:
    input:
        f"{MAIN}/crispr/report.html",
        f"{MAIN}/gates/crispr.passed",
    localrule: True


rule crispr_way:
    input:
        settings=settings("crispr_way"),
        loops=crispr_files(*CRISPR.loops.values()),
        peaks=crispr_files(*WAY_PEAKS, *ELEMENT_PEAKS),
        genes=crispr_files(CRISPR.genes),
    output:
        f"{RUN}/crispr/way.json",
    log:
        f"{RUN}/logs/crispr/way.log",
    benchmark:
        f"{RUN}/benchmarks/crispr/way.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(30),
    shell:
        "one_thread python -m epidecouple.stages.crispr_way --settings {input.settings:q} --way {output:q} > {log:q} 2>&1"


rule crispr_inputs:
    input:
        settings=settings("crispr_inputs"),
        way=f"{RUN}/crispr/way.json",
        table=crispr_table_file,
        peaks=crispr_files(*OTHER_PEAKS, *SCORED_PEAKS),
        genes=crispr_files(CRISPR.genes, CRISPR.chain),
    output:
        inputs=f"{RUN}/crispr/{{table}}/inputs.parquet",
        metrics=f"{RUN}/crispr/{{table}}/metrics.json",
        provenance=f"{RUN}/crispr/{{table}}/provenance.json",
    log:
        f"{RUN}/logs/crispr/{{table}}.log",
    benchmark:
        f"{RUN}/benchmarks/crispr/{{table}}.tsv"
    wildcard_constraints:
        table="training|tested",
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(30),
    shell:
        "one_thread python -m epidecouple.stages.crispr_inputs --settings {input.settings:q} --table {wildcards.table:q} --way {input.way:q}"
        " --inputs {output.inputs:q} --metrics {output.metrics:q} > {log:q} 2>&1"


rule crispr_scores:
    input:
        settings=settings("crispr_scores"),
        training=f"{RUN}/crispr/training/inputs.parquet",
        tested=f"{RUN}/crispr/{CRISPR_TESTED}/inputs.parquet",
        way=f"{RUN}/crispr/way.json",
        published=crispr_files(CRISPR.published),
    output:
        scores=f"{RUN}/crispr/scores/scores.parquet",
        predictions=f"{RUN}/crispr/predictions.tsv",
        metrics=f"{RUN}/crispr/scores/metrics.json",
        provenance=f"{RUN}/crispr/scores/provenance.json",
    log:
        f"{RUN}/logs/crispr/scores.log",
    benchmark:
        f"{RUN}/benchmarks/crispr/scores.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=2000,
        runtime=minutes(30),
    shell:
        "one_thread python -m epidecouple.stages.crispr_scores --settings {input.settings:q} --training {input.training:q}"
        " --tested {input.tested:q} --way {input.way:q} --scores {output.scores:q} --predictions {output.predictions:q}"
        " --metrics {output.metrics:q} > {log:q} 2>&1"


rule crispr_table:
    input:
        settings=settings("crispr_table"),
        tested=f"{RUN}/crispr/{CRISPR_TESTED}/inputs.parquet",
        scores=f"{RUN}/crispr/scores/scores.parquet",
    output:
        table=f"{RUN}/crispr/table.tsv",
        curves=f"{RUN}/crispr/curves.tsv",
        strata=f"{RUN}/crispr/strata.tsv",
        published=f"{RUN}/crispr/published.tsv",
        metrics=f"{RUN}/crispr/metrics.json",
        provenance=f"{RUN}/crispr/provenance.json",
    log:
        f"{RUN}/logs/crispr/table.log",
    benchmark:
        f"{RUN}/benchmarks/crispr/table.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=2000,
        runtime=minutes(60),
    shell:
        "one_thread python -m epidecouple.stages.crispr_table --settings {input.settings:q} --tested {input.tested:q} --scores {input.scores:q}"
        " --table {output.table:q} --curves {output.curves:q} --strata {output.strata:q} --published {output.published:q}"
        " --metrics {output.metrics:q} > {log:q} 2>&1"


# What a missing mark costs, for docs/crispr.md: beside the page, on request.
rule missing_marks:
    input:
        f"{MAIN}/crispr/missing.tsv",
    localrule: True


rule crispr_missing:
    input:
        settings=settings("crispr_missing"),
        tested=f"{RUN}/crispr/{CRISPR_TESTED}/inputs.parquet",
        way=f"{RUN}/crispr/way.json",
        peaks=crispr_files(*OTHER_PEAKS, *SCORED_PEAKS),
        genes=crispr_files(CRISPR.genes),
    output:
        f"{RUN}/crispr/missing.tsv",
    log:
        f"{RUN}/logs/crispr/missing.log",
    benchmark:
        f"{RUN}/benchmarks/crispr/missing.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(30),
    shell:
        "one_thread python -m epidecouple.stages.crispr_missing --settings {input.settings:q} --tested {input.tested:q} --way {input.way:q}"
        " --missing {output:q} > {log:q} 2>&1"


# The page rests on the verdict, not on the gate: it is there when the gate fails, too.
rule crispr_report:
    input:
        verdict=f"{RUN}/gates/crispr.verdict.json",
        metrics=f"{RUN}/crispr/metrics.json",
        inputs=f"{RUN}/crispr/{CRISPR_TESTED}/metrics.json",
        way=f"{RUN}/crispr/way.json",
        tables=[f"{RUN}/crispr/{name}.tsv" for name in ("table", "strata", "published")],
        figures=[f"{RUN}/figures/{name}.svg" for name in DRAWN["crispr"]],
    output:
        f"{RUN}/crispr/report.html",
    log:
        f"{RUN}/logs/crispr_report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("crispr_report"),
        template=page_digest("crispr.html.j2", "macros.html.j2", "layout.html.j2"),
        run=parent_run,
    shell:
        "python -m epidecouple.stages.crispr_report --run {params.run:q} --page {output:q} 2> {log:q}"


# The trained score as a folder to hand on. It waits for the gate: what fails it is not handed on.
rule real_model:
    input:
        settings=settings("real_model", MAIN),
        way=f"{MAIN}/crispr/way.json",
        training=f"{MAIN}/crispr/training/inputs.parquet",
        tested=f"{MAIN}/crispr/{CRISPR_TESTED}/inputs.parquet",
        scores=f"{MAIN}/crispr/scores/scores.parquet",
        measured=f"{MAIN}/crispr/metrics.json",
        gate=f"{MAIN}/gates/crispr.passed",
    output:
        way=local(f"{SETUP.crispr.model}/way.json"),
        heads=local(f"{SETUP.crispr.model}/heads.json"),
        thresholds=local(f"{SETUP.crispr.model}/thresholds.json"),
        spread=local(f"{SETUP.crispr.model}/spread.json"),
        card=local(f"{SETUP.crispr.model}/README.md"),
        checksums=local(f"{SETUP.crispr.model}/SHA256SUMS"),
    log:
        f"{MAIN}/logs/real_model.log",
    benchmark:
        f"{MAIN}/benchmarks/real_model.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=2000,
        runtime=minutes(10),
    params:
        folder=subpath(output.card, parent=True),
    shell:
        "one_thread python -m epidecouple.stages.real_model --settings {input.settings:q} --way {input.way:q} --training {input.training:q}"
        " --tested {input.tested:q} --scores {input.scores:q} --measured {input.measured:q} --folder {params.folder:q} > {log:q} 2>&1"
