if SIMULATED:

    rule simulate:
        input:
            settings=settings("simulate"),
        output:
            files=of_run(CATALOG.files),
            truth=f"{RUN}/simulated/truth.parquet",
        log:
            f"{RUN}/logs/simulate.log",
        benchmark:
            f"{RUN}/benchmarks/simulate.tsv"
        conda:
            "../../envs/data.yaml"
        resources:
            mem_mb=mem_mb("simulation"),
            runtime=minutes(30),
        shell:
            "python -m epidecouple.stages.simulate --settings {input.settings:q} --truth {output.truth:q} > {log:q} 2>&1"


# Not submitted: the nodes of most clusters do not reach the web.
rule download:
    output:
        local("resources/download/{path}"),
    log:
        f"{MAIN}/logs/download/{{path}}.log",
    wildcard_constraints:
        path=".+",
    retries: 0
    localrule: True
    conda:
        "../../envs/data.yaml"
    shell:
        'python -m epidecouple.stages.download --target {output:q} --mirror "$EPIDECOUPLE_MIRROR" 2>&1 | tee {log:q}'


rule inventory:
    input:
        of_run(CATALOG.files),
        settings=settings("inventory"),
    output:
        inventory=f"{RUN}/download/inventory.tsv",
        metrics=f"{RUN}/download/metrics.json",
        provenance=f"{RUN}/download/provenance.json",
    log:
        f"{RUN}/logs/inventory.log",
    benchmark:
        f"{RUN}/benchmarks/inventory.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("inspection"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.inventory --settings {input.settings:q} --inventory {output.inventory:q}"
        " --metrics {output.metrics:q} > {log:q} 2>&1"


rule panel:
    input:
        settings=settings("panel"),
        gate=passed("download"),
        inventory=f"{RUN}/download/inventory.tsv",
        tables=of_run(CATALOG.tables),
        regions=of_run([CATALOG.regions] if CATALOG.regions else []),
    output:
        panel=f"{RUN}/panel/panel.parquet",
        funnel=f"{RUN}/panel/funnel.tsv",
        metrics=f"{RUN}/panel/metrics.json",
        provenance=f"{RUN}/panel/provenance.json",
    log:
        f"{RUN}/logs/panel.log",
    benchmark:
        f"{RUN}/benchmarks/panel.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("tables"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.panel --settings {input.settings:q} --panel {output.panel:q}"
        " --funnel {output.funnel:q} --metrics {output.metrics:q} > {log:q} 2>&1"


rule elements:
    input:
        settings=settings("elements"),
        panel=f"{RUN}/panel/panel.parquet",
        genome=of_run([CATALOG.genome]),
    output:
        elements=f"{RUN}/elements/elements.parquet",
        sequences=f"{RUN}/elements/sequences.npy",
        pairs=f"{RUN}/elements/pairs.parquet",
        splits=f"{RUN}/elements/splits.json",
        chromosomes=f"{RUN}/elements/chromosomes.tsv",
        metrics=f"{RUN}/elements/metrics.json",
        provenance=f"{RUN}/elements/provenance.json",
    log:
        f"{RUN}/logs/elements.log",
    benchmark:
        f"{RUN}/benchmarks/elements.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("genome"),
        runtime=minutes(60),
    shell:
        "python -m epidecouple.stages.elements --settings {input.settings:q} --panel {input.panel:q} --elements {output.elements:q}"
        " --sequences {output.sequences:q} --pairs {output.pairs:q} --splits {output.splits:q}"
        " --chromosomes {output.chromosomes:q} --metrics {output.metrics:q} > {log:q} 2>&1"


rule reference:
    input:
        settings=settings("reference"),
        chromosomes=f"{RUN}/elements/chromosomes.tsv",
        peaks=of_run(
            path
            for line in SETUP.cell_lines
            for path in CATALOG.lines[line].peaks.values()
        ),
    output:
        f"{RUN}/elements/reference.parquet",
    log:
        f"{RUN}/logs/reference.log",
    benchmark:
        f"{RUN}/benchmarks/reference.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("tables"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.reference --settings {input.settings:q} --chromosomes {input.chromosomes:q}"
        " --reference {output:q} > {log:q} 2>&1"


rule shard:
    input:
        settings=settings("shard"),
        panel=f"{RUN}/panel/panel.parquet",
        pairs=f"{RUN}/elements/pairs.parquet",
        elements=f"{RUN}/elements/elements.parquet",
        reference=f"{RUN}/elements/reference.parquet",
        splits=f"{RUN}/elements/splits.json",
        peaks=peaks_of_line,
    output:
        pairs=f"{RUN}/shards/{{line}}/pairs.parquet",
        signal=f"{RUN}/shards/{{line}}/signal.npy",
        reference=f"{RUN}/shards/{{line}}/reference.npy",
        manifest=f"{RUN}/shards/{{line}}/manifest.json",
    log:
        f"{RUN}/logs/shard/{{line}}.log",
    benchmark:
        f"{RUN}/benchmarks/shard/{{line}}.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("shard"),
        runtime=minutes(60),
    params:
        folder=subpath(output.manifest, parent=True),
    shell:
        "python -m epidecouple.stages.shard --settings {input.settings:q} --line {wildcards.line:q} --panel {input.panel:q}"
        " --pairs {input.pairs:q} --elements {input.elements:q} --reference {input.reference:q} --splits {input.splits:q}"
        " --shard {params.folder:q} > {log:q} 2>&1"


rule data_report:
    input:
        settings=settings("data_report"),
        panel=f"{RUN}/panel/metrics.json",
        elements=f"{RUN}/elements/metrics.json",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        splits=f"{RUN}/data/splits.tsv",
        metrics=f"{RUN}/data/metrics.json",
        provenance=f"{RUN}/data/provenance.json",
    log:
        f"{RUN}/logs/data_report.log",
    benchmark:
        f"{RUN}/benchmarks/data_report.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("panel"),
        runtime=minutes(30),
    params:
        panel=subpath(input.panel, parent=True),
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.stages.data_report --settings {input.settings:q} --panel {params.panel:q}"
        " --elements {params.elements:q} --shards {params.shards:q} --splits {output.splits:q} --metrics {output.metrics:q} > {log:q} 2>&1"
