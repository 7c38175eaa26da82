rule train_subset:
    input:
        settings=settings("train_subset", ARM),
        gate=passed("data"),
        data=ancient(f"{RUN}/data/metrics.json"),
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        model=f"{ARM}/train_subset/model.safetensors",
        history=f"{ARM}/train_subset/history.tsv",
        verification=f"{ARM}/train_subset/verification.json",
        timing=f"{ARM}/train_subset/timing.json",
        metrics=f"{ARM}/train_subset/metrics.json",
        provenance=f"{ARM}/train_subset/provenance.json",
    log:
        text=f"{ARM}/logs/train_subset.log",
        violation=f"{ARM}/logs/train_subset.violation.json",
    benchmark:
        f"{ARM}/benchmarks/train_subset.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads * SETUP.processes
    resources:
        mem_mb=mem_mb("training"),
        runtime=minutes(60),
    params:
        scope="subset",
        launcher=launcher(),
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "{params.launcher} epidecouple.stages.train --scope {params.scope:q} --settings {input.settings:q} --elements {params.elements:q}"
        " --shards {params.shards:q} --model {output.model:q} --history {output.history:q} --verification {output.verification:q}"
        " --metrics {output.metrics:q} --violation {log.violation:q} 2>&1 | told {log.text:q}"


use rule train_subset as train_full with:
    input:
        settings=settings("train_full", ARM),
        gate=ancient(unless_arm(marker("subset"), arm=[marker("data")])),
        subset=ancient(
            unless_arm(
                f"{RUN}/train_subset/metrics.json",
                f"{RUN}/diagnose_subset/metrics.json",
            )
        ),
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        model=f"{ARM}/train_full/model.safetensors",
        history=f"{ARM}/train_full/history.tsv",
        verification=f"{ARM}/train_full/verification.json",
        timing=f"{ARM}/train_full/timing.json",
        metrics=f"{ARM}/train_full/metrics.json",
        provenance=f"{ARM}/train_full/provenance.json",
    log:
        text=f"{ARM}/logs/train_full.log",
        violation=f"{ARM}/logs/train_full.violation.json",
    benchmark:
        f"{ARM}/benchmarks/train_full.tsv"
    params:
        scope="full",
        launcher=launcher(),
        elements=elements_folder,
        shards=shards_folder,


rule evaluate:
    input:
        settings=settings("evaluate", ARM),
        model=f"{ARM}/train_full/model.safetensors",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        energies=f"{ARM}/evaluate/energies.parquet",
        metrics=f"{ARM}/evaluate/metrics.json",
        provenance=f"{ARM}/evaluate/provenance.json",
    log:
        f"{ARM}/logs/evaluate.log",
    benchmark:
        f"{ARM}/benchmarks/evaluate.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("scoring"),
        runtime=minutes(60),
    params:
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.stages.evaluate --settings {input.settings:q} --model {input.model:q} --elements {params.elements:q}"
        " --shards {params.shards:q} --energies {output.energies:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"


if SIMULATED:

    rule recovery:
        input:
            settings=settings("recovery", ARM),
            energies=f"{ARM}/evaluate/energies.parquet",
            truth=f"{RUN}/simulated/truth.parquet",
            panel=f"{RUN}/panel/panel.parquet",
            evaluated=f"{ARM}/evaluate/metrics.json",
        output:
            points=f"{ARM}/recovery/points.tsv",
            metrics=f"{ARM}/recovery/metrics.json",
            provenance=f"{ARM}/recovery/provenance.json",
        log:
            f"{ARM}/logs/recovery.log",
        benchmark:
            f"{ARM}/benchmarks/recovery.tsv"
        conda:
            "../../envs/data.yaml"
        resources:
            mem_mb=mem_mb("fitting"),
            runtime=minutes(30),
        shell:
            "python -m epidecouple.stages.recovery --settings {input.settings:q} --energies {input.energies:q} --truth {input.truth:q}"
            " --panel {input.panel:q} --evaluated {input.evaluated:q} --points {output.points:q} --metrics {output.metrics:q} > {log:q} 2>&1"
