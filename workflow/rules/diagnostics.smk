rule diagnose_subset:
    input:
        model=f"{ARM}/train_subset/model.safetensors",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        matrix=f"{ARM}/diagnose_subset/correlation.tsv",
        metrics=f"{ARM}/diagnose_subset/metrics.json",
    log:
        f"{ARM}/logs/diagnose_subset.log",
    benchmark:
        f"{ARM}/benchmarks/diagnose_subset.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=6000,
        runtime=30,
    params:
        code=code_digest("diagnose"),
        settings=settings("subset", *DIAGNOSTICS),
        scope="subset",
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.diagnose --scope {params.scope} --settings {params.settings:q} --model {input.model}"
        " --elements {params.elements} --shards {params.shards} --matrix {output.matrix} --metrics {output.metrics}"
        " > {log} 2>&1"


use rule diagnose_subset as diagnose with:
    input:
        gates=ancient(unless_arm(*map(marker, FIT_GATES))),
        evaluated=f"{ARM}/evaluate/metrics.json",
        model=f"{ARM}/train_full/model.safetensors",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        matrix=f"{ARM}/diagnose/correlation.tsv",
        metrics=f"{ARM}/diagnose/metrics.json",
    log:
        f"{ARM}/logs/diagnose.log",
    benchmark:
        f"{ARM}/benchmarks/diagnose.tsv"
    params:
        code=code_digest("diagnose"),
        settings=settings(*DIAGNOSTICS),
        scope="full",
        elements=elements_folder,
        shards=shards_folder,


rule biology:
    input:
        gate=passed("decoupling"),
        diagnosed=f"{ARM}/diagnose/metrics.json",
        model=f"{ARM}/train_full/model.safetensors",
        energies=f"{ARM}/evaluate/energies.parquet",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        mantel=f"{ARM}/biology/mantel.tsv",
        trees=f"{ARM}/biology/trees.tsv",
        signs=f"{ARM}/biology/signs.tsv",
        states=f"{ARM}/biology/states.tsv",
        metrics=f"{ARM}/biology/metrics.json",
    log:
        f"{ARM}/logs/biology.log",
    benchmark:
        f"{ARM}/benchmarks/biology.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=6000,
        runtime=30,
    params:
        code=code_digest("biology"),
        settings=settings("biology", *DIAGNOSTICS),
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.biology --settings {params.settings:q} --model {input.model} --elements {params.elements}"
        " --shards {params.shards} --energies {input.energies} --mantel {output.mantel} --trees {output.trees}"
        " --signs {output.signs} --states {output.states} --metrics {output.metrics} > {log} 2>&1"
