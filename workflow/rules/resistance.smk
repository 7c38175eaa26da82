# R alone, without DNA: pairs, loops and peaks are all it needs, so nothing here asks for the genome or its gates.
LOCI = f"{RUN}/resistance/loci"
FOLDS = range(len(SETUP.splits.folds))


rule resistance:
    input:
        f"{MAIN}/resistance/report.html",
        f"{MAIN}/gates/loops.passed",
    localrule: True


# Every file is opened and checked before the first job that takes time.
rule resistance_files:
    input:
        settings=settings("resistance_files"),
        regions=of_run([CATALOG.regions] if CATALOG.regions else []),
        tables=of_run(CATALOG.tables),
        peaks=of_run(dict.fromkeys([*CATALOG.peaks, *LOOP_CATALOG.peaks])),
    output:
        f"{RUN}/resistance/inventory.tsv",
    log:
        f"{RUN}/logs/resistance/files.log",
    benchmark:
        f"{RUN}/benchmarks/resistance/files.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("inspection"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.resistance_files --settings {input.settings:q} --inventory {output:q} > {log:q} 2>&1"


# The loop panel: loops and peaks are all it needs.
rule loop_panel:
    input:
        settings=settings("loop_panel"),
        inventory=f"{RUN}/resistance/inventory.tsv",
        loops=of_run([files.loops for files in LOOP_CATALOG.lines.values()]),
        peaks=of_run(
            [
                path
                for files in LOOP_CATALOG.lines.values()
                for path in files.peaks.values()
            ]
        ),
    output:
        loci=f"{RUN}/loops/loci.parquet",
        signal=f"{RUN}/loops/signal.npy",
    log:
        f"{RUN}/logs/loops/panel.log",
    benchmark:
        f"{RUN}/benchmarks/loops/panel.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("tables"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.loop_panel --settings {input.settings:q} --loci {output.loci:q} --signal {output.signal:q} > {log:q} 2>&1"


# Folds run side by side, one thread each.
rule loop_fold:
    input:
        settings=settings("loop_fold"),
        loci=f"{RUN}/loops/loci.parquet",
        signal=f"{RUN}/loops/signal.npy",
    output:
        f"{RUN}/loops/folds/{{fold}}.npz",
    log:
        f"{RUN}/logs/loops/fold/{{fold}}.log",
    benchmark:
        f"{RUN}/benchmarks/loops/fold/{{fold}}.tsv"
    wildcard_constraints:
        fold=r"\d+",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=mem_mb("loop_fitting"),
        runtime=minutes(60),
    shell:
        "one_thread python -m epidecouple.stages.loop_fold --settings {input.settings:q} --fold {wildcards.fold:q} --loci {input.loci:q}"
        " --signal {input.signal:q} --scores {output:q} > {log:q} 2>&1"


rule loop_table:
    input:
        settings=settings("loop_table"),
        loci=f"{RUN}/loops/loci.parquet",
        scores=expand(f"{RUN}/loops/folds/{{fold}}.npz", fold=FOLDS, allow_missing=True),
    output:
        arms=f"{RUN}/loops/arms.tsv",
        strata=f"{RUN}/loops/strata.tsv",
        metrics=f"{RUN}/loops/metrics.json",
        provenance=f"{RUN}/loops/provenance.json",
    log:
        f"{RUN}/logs/loops/table.log",
    benchmark:
        f"{RUN}/benchmarks/loops/table.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("scores"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.loop_table --settings {input.settings:q} --loci {input.loci:q} --scores {input.scores:q}"
        " --arms {output.arms:q} --strata {output.strata:q} --metrics {output.metrics:q} > {log:q} 2>&1"


use rule panel as resistance_panel with:
    input:
        settings=settings("panel"),
        inventory=f"{RUN}/resistance/inventory.tsv",
        tables=of_run(CATALOG.tables),
        regions=of_run([CATALOG.regions] if CATALOG.regions else []),
    output:
        panel=f"{LOCI}/panel.parquet",
        funnel=f"{LOCI}/funnel.tsv",
        metrics=f"{LOCI}/metrics.json",
        provenance=f"{LOCI}/provenance.json",
    log:
        f"{RUN}/logs/resistance/panel.log",
    benchmark:
        f"{RUN}/benchmarks/resistance/panel.tsv"


rule resistance_loci:
    input:
        settings=settings("resistance_loci"),
        panel=f"{LOCI}/panel.parquet",
        peaks=[
            path
            for line in SETUP.cell_lines
            for path in of_run(CATALOG.lines[line].peaks.values())
        ],
    output:
        elements=f"{LOCI}/elements.parquet",
        pairs=f"{LOCI}/pairs.parquet",
        splits=f"{LOCI}/splits.json",
        reference=f"{LOCI}/reference.parquet",
    log:
        f"{RUN}/logs/resistance/loci.log",
    benchmark:
        f"{RUN}/benchmarks/resistance/loci.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("tables"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.resistance_loci --settings {input.settings:q} --panel {input.panel:q} --elements {output.elements:q}"
        " --pairs {output.pairs:q} --splits {output.splits:q} --reference {output.reference:q} > {log:q} 2>&1"


use rule shard as resistance_shard with:
    input:
        settings=settings("shard"),
        panel=f"{LOCI}/panel.parquet",
        pairs=f"{LOCI}/pairs.parquet",
        elements=f"{LOCI}/elements.parquet",
        reference=f"{LOCI}/reference.parquet",
        splits=f"{LOCI}/splits.json",
        peaks=peaks_of_line,
    output:
        pairs=f"{RUN}/resistance/shards/{{line}}/pairs.parquet",
        signal=f"{RUN}/resistance/shards/{{line}}/signal.npy",
        reference=f"{RUN}/resistance/shards/{{line}}/reference.npy",
        manifest=f"{RUN}/resistance/shards/{{line}}/manifest.json",
    log:
        f"{RUN}/logs/resistance/shard/{{line}}.log",
    benchmark:
        f"{RUN}/benchmarks/resistance/shard/{{line}}.tsv"


# Folds run side by side, one thread each: networks this small gain nothing from a second one.
rule crossfit:
    input:
        settings=settings("crossfit"),
        splits=f"{LOCI}/splits.json",
        shards=expand(
            f"{RUN}/resistance/shards/{{line}}/manifest.json",
            line=SETUP.all_lines,
            allow_missing=True,
        ),
    output:
        scores=f"{RUN}/resistance/folds/{{fold}}.npz",
        resistance=f"{RUN}/resistance/folds/{{fold}}.parquet",
        metrics=f"{RUN}/resistance/folds/{{fold}}.json",
    log:
        f"{RUN}/logs/resistance/fold/{{fold}}.log",
    benchmark:
        f"{RUN}/benchmarks/resistance/fold/{{fold}}.tsv"
    wildcard_constraints:
        fold=r"\d+",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=mem_mb("crossfitting"),
        runtime=minutes(120),
    params:
        loci=elements_folder,
        shards=shards_folder,
    shell:
        "one_thread python -m epidecouple.stages.crossfit --settings {input.settings:q} --fold {wildcards.fold:q} --loci {params.loci:q}"
        " --shards {params.shards:q} --scores {output.scores:q} --resistance {output.resistance:q} --metrics {output.metrics:q}"
        " > {log:q} 2>&1"


rule unseen:
    input:
        settings=settings("unseen"),
        splits=f"{LOCI}/splits.json",
        shards=expand(
            f"{RUN}/resistance/shards/{{line}}/manifest.json",
            line=SETUP.all_lines,
            allow_missing=True,
        ),
    output:
        f"{RUN}/resistance/unseen/{{fold}}.npz",
    log:
        f"{RUN}/logs/resistance/unseen/{{fold}}.log",
    benchmark:
        f"{RUN}/benchmarks/resistance/unseen/{{fold}}.tsv"
    wildcard_constraints:
        fold=r"\d+",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        loci=elements_folder,
        shards=shards_folder,
    shell:
        "one_thread python -m epidecouple.stages.unseen --settings {input.settings:q} --fold {wildcards.fold:q} --loci {params.loci:q}"
        " --shards {params.shards:q} --scores {output:q} > {log:q} 2>&1"


rule resistance_table:
    input:
        settings=settings("resistance_table"),
        panel=f"{LOCI}/panel.parquet",
        loops=of_run([files.loops for files in CATALOG.lines.values()]),
        scores=expand(
            f"{RUN}/resistance/folds/{{fold}}.npz", fold=FOLDS, allow_missing=True
        ),
        unseen=expand(
            f"{RUN}/resistance/unseen/{{fold}}.npz", fold=FOLDS, allow_missing=True
        ),
        folds=expand(
            f"{RUN}/resistance/folds/{{fold}}.json", fold=FOLDS, allow_missing=True
        ),
    output:
        arms=f"{RUN}/resistance/arms.tsv",
        metrics=f"{RUN}/resistance/metrics.json",
        provenance=f"{RUN}/resistance/provenance.json",
    log:
        f"{RUN}/logs/resistance.log",
    benchmark:
        f"{RUN}/benchmarks/resistance.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("scores"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.resistance_table --settings {input.settings:q} --panel {input.panel:q} --scores {input.scores:q}"
        " --unseen {input.unseen:q} --folds {input.folds:q} --arms {output.arms:q} --metrics {output.metrics:q} > {log:q} 2>&1"


# The page of a run with what there is: whatever else has been done stands beside it.
rule resistance_report:
    input:
        metrics=f"{RUN}/resistance/metrics.json",
        loops=f"{RUN}/loops/metrics.json",
        verdict=f"{RUN}/gates/loops.verdict.json",
        figures=[f"{RUN}/figures/{name}.svg" for name in DRAWN["resistance"]],
    output:
        f"{RUN}/resistance/report.html",
    log:
        f"{RUN}/logs/resistance_report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("run_report"),
        template=page_digest("report.html.j2", "macros.html.j2", "layout.html.j2"),
        run=parent_run,
        gates=["loops"],
        thresholds=report_thresholds(),
    shell:
        "python -m epidecouple.stages.run_report --run {params.run:q} --gates {params.gates:q} --thresholds {params.thresholds:q} --report {output:q} 2> {log:q}"


# R of loops as a folder to hand on. It waits for the gate: what fails it is not handed on.
rule loop_model:
    input:
        settings=settings("loop_model", MAIN),
        loci=f"{MAIN}/loops/loci.parquet",
        signal=f"{MAIN}/loops/signal.npy",
        measured=f"{MAIN}/loops/metrics.json",
        gate=f"{MAIN}/gates/loops.passed",
    output:
        record=local(f"{SETUP.loop_panel.model}/loop_model.json"),
        tensors=local(f"{SETUP.loop_panel.model}/model.safetensors"),
        card=local(f"{SETUP.loop_panel.model}/README.md"),
        checksums=local(f"{SETUP.loop_panel.model}/SHA256SUMS"),
    log:
        f"{MAIN}/logs/loop_model.log",
    benchmark:
        f"{MAIN}/benchmarks/loop_model.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=mem_mb("loop_fitting"),
        runtime=minutes(30),
    params:
        folder=subpath(output.card, parent=True),
    shell:
        "one_thread python -m epidecouple.stages.loop_model --settings {input.settings:q} --loci {input.loci:q} --signal {input.signal:q}"
        " --measured {input.measured:q} --folder {params.folder:q} > {log:q} 2>&1"
