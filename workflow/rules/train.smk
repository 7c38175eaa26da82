rule train_subset:
    input:
        gate=passed("data"),
        data=f"{RUN}/data/metrics.json",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        model=f"{RUN}/train_subset/model.safetensors",
        history=f"{RUN}/train_subset/history.tsv",
        verification=f"{RUN}/train_subset/verification.json",
        metrics=f"{RUN}/train_subset/metrics.json",
    log:
        text=f"{RUN}/logs/train_subset.log",
        violation=f"{RUN}/logs/train_subset.violation.json",
    benchmark:
        f"{RUN}/benchmarks/train_subset.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=6000,
        runtime=30,
    params:
        code=code_digest("train"),
        design=fingerprint(WORKFLOW / "epidecouple" / "design.toml"),
        settings=settings("subset", *MODEL),
        scope="subset",
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.train --scope {params.scope} --settings {params.settings:q} --elements {params.elements}"
        " --shards {params.shards} --model {output.model} --history {output.history} --verification {output.verification}"
        " --metrics {output.metrics} --violation {log.violation} 2>&1 | tee {log.text}"


use rule train_subset as train_full with:
    input:
        gate=passed("subset"),
        subset=f"{RUN}/train_subset/metrics.json",
        diagnosed=f"{RUN}/diagnose_subset/metrics.json",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        model=f"{RUN}/train_full/model.safetensors",
        history=f"{RUN}/train_full/history.tsv",
        verification=f"{RUN}/train_full/verification.json",
        metrics=f"{RUN}/train_full/metrics.json",
    log:
        text=f"{RUN}/logs/train_full.log",
        violation=f"{RUN}/logs/train_full.violation.json",
    benchmark:
        f"{RUN}/benchmarks/train_full.tsv"
    params:
        code=code_digest("train"),
        design=fingerprint(WORKFLOW / "epidecouple" / "design.toml"),
        settings=settings(*MODEL),
        scope="full",
        elements=elements_folder,
        shards=shards_folder,


rule evaluate:
    input:
        model=f"{RUN}/train_full/model.safetensors",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        energies=f"{RUN}/evaluate/energies.parquet",
        metrics=f"{RUN}/evaluate/metrics.json",
    log:
        f"{RUN}/logs/evaluate.log",
    benchmark:
        f"{RUN}/benchmarks/evaluate.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=6000,
        runtime=30,
    params:
        code=code_digest("evaluate"),
        settings=settings(*DIAGNOSTICS),
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.evaluate --settings {params.settings:q} --model {input.model} --elements {params.elements}"
        " --shards {params.shards} --energies {output.energies} --metrics {output.metrics} > {log} 2>&1"


if SIMULATED:

    rule recovery:
        input:
            energies=f"{RUN}/evaluate/energies.parquet",
            truth=f"{RUN}/simulated/truth.parquet",
            evaluated=f"{RUN}/evaluate/metrics.json",
        output:
            points=f"{RUN}/recovery/points.tsv",
            metrics=f"{RUN}/recovery/metrics.json",
        log:
            f"{RUN}/logs/recovery.log",
        conda:
            "../../envs/data.yaml"
        params:
            code=code_digest("recovery"),
            settings=settings("seed", "diagnose", *DATA),
        shell:
            "python -m epidecouple.recovery --settings {params.settings:q} --energies {input.energies} --truth {input.truth}"
            " --evaluated {input.evaluated} --points {output.points} --metrics {output.metrics} > {log} 2>&1"
