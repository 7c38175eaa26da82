# Pairs of BENGI: tables and peaks are all it needs, so nothing here asks for the genome or for a gate of the run.
# Its files are looked up when they are asked for: a run need not have BENGI's lines.
rule bengi:
    input:
        f"{MAIN}/bengi/report.html",
    localrule: True


rule bengi_panel:
    input:
        settings=settings("bengi_panel"),
        tables=bengi_files("tables"),
        peaks=bengi_files("peak_files"),
    output:
        pairs=f"{RUN}/bengi/pairs.parquet",
        signal=f"{RUN}/bengi/signal.npy",
    log:
        f"{RUN}/logs/bengi/panel.log",
    benchmark:
        f"{RUN}/benchmarks/bengi/panel.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=2000,
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.bengi_panel --settings {input.settings:q} --pairs {output.pairs:q} --signal {output.signal:q} > {log:q} 2>&1"


# Folds run side by side, one thread each.
rule bengi_fold:
    input:
        settings=settings("bengi_fold"),
        pairs=f"{RUN}/bengi/pairs.parquet",
        signal=f"{RUN}/bengi/signal.npy",
    output:
        f"{RUN}/bengi/folds/{{fold}}.parquet",
    log:
        f"{RUN}/logs/bengi/fold/{{fold}}.log",
    benchmark:
        f"{RUN}/benchmarks/bengi/fold/{{fold}}.tsv"
    wildcard_constraints:
        fold=r"\d+",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(60),
    shell:
        "one_thread python -m epidecouple.stages.bengi_fold --settings {input.settings:q} --fold {wildcards.fold:q} --pairs {input.pairs:q}"
        " --signal {input.signal:q} --scores {output:q} > {log:q} 2>&1"


rule bengi_table:
    input:
        settings=settings("bengi_table"),
        pairs=f"{RUN}/bengi/pairs.parquet",
        published=bengi_files("published_files"),
        scores=expand(
            f"{RUN}/bengi/folds/{{fold}}.parquet",
            fold=range(len(SETUP.bengi.folds)),
            allow_missing=True,
        ),
    output:
        table=f"{RUN}/bengi/table.tsv",
        strata=f"{RUN}/bengi/strata.tsv",
        metrics=f"{RUN}/bengi/metrics.json",
        provenance=f"{RUN}/bengi/provenance.json",
    log:
        f"{RUN}/logs/bengi/table.log",
    benchmark:
        f"{RUN}/benchmarks/bengi/table.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=mem_mb("scores"),
        runtime=minutes(30),
    shell:
        "one_thread python -m epidecouple.stages.bengi_table --settings {input.settings:q} --pairs {input.pairs:q} --scores {input.scores:q}"
        " --table {output.table:q} --strata {output.strata:q} --metrics {output.metrics:q} > {log:q} 2>&1"


rule bengi_report:
    input:
        metrics=f"{RUN}/bengi/metrics.json",
        tables=[f"{RUN}/bengi/{name}.tsv" for name in ("table", "strata")],
    output:
        f"{RUN}/bengi/report.html",
    log:
        f"{RUN}/logs/bengi_report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("bengi_report"),
        template=page_digest("bengi.html.j2", "layout.html.j2"),
        run=parent_run,
    shell:
        "python -m epidecouple.stages.bengi_report --run {params.run:q} --page {output:q} 2> {log:q}"
