rule diagnose_subset:
    input:
        settings=settings("diagnose_subset", ARM),
        model=f"{ARM}/train_subset/model.safetensors",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        matrix=f"{ARM}/diagnose_subset/correlation.tsv",
        information=f"{ARM}/diagnose_subset/information.tsv",
        metrics=f"{ARM}/diagnose_subset/metrics.json",
        provenance=f"{ARM}/diagnose_subset/provenance.json",
    log:
        f"{ARM}/logs/diagnose_subset.log",
    benchmark:
        f"{ARM}/benchmarks/diagnose_subset.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: max(SETUP.threads, SETUP.diagnose.processes)
    resources:
        mem_mb=mem_mb("probing"),
        runtime=minutes(120),
    params:
        scope="subset",
        nulls="few",
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.stages.diagnose --scope {params.scope:q} --nulls {params.nulls:q} --settings {input.settings:q} --model {input.model:q}"
        " --elements {params.elements:q} --shards {params.shards:q} --matrix {output.matrix:q}"
        " --information {output.information:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"


use rule diagnose_subset as diagnose with:
    input:
        settings=settings("diagnose", ARM),
        gates=ancient(unless_arm(*map(marker, FIT_GATES))),
        evaluated=ancient(f"{ARM}/evaluate/metrics.json"),
        model=f"{ARM}/train_full/model.safetensors",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        matrix=f"{ARM}/diagnose/correlation.tsv",
        information=f"{ARM}/diagnose/information.tsv",
        metrics=f"{ARM}/diagnose/metrics.json",
        provenance=f"{ARM}/diagnose/provenance.json",
    log:
        f"{ARM}/logs/diagnose.log",
    benchmark:
        f"{ARM}/benchmarks/diagnose.tsv"
    params:
        scope="full",
        nulls="few",
        elements=elements_folder,
        shards=shards_folder,


# The same with all permutations: what a paper quotes. No gate waits for it.
use rule diagnose as diagnose_with_all_nulls with:
    input:
        settings=settings("diagnose_with_all_nulls", ARM),
    output:
        matrix=f"{ARM}/diagnose_full/correlation.tsv",
        information=f"{ARM}/diagnose_full/information.tsv",
        metrics=f"{ARM}/diagnose_full/metrics.json",
        provenance=f"{ARM}/diagnose_full/provenance.json",
    log:
        f"{ARM}/logs/diagnose_full.log",
    benchmark:
        f"{ARM}/benchmarks/diagnose_full.tsv"
    params:
        scope="full",
        nulls="all",
        elements=elements_folder,
        shards=shards_folder,


# Independent of any run: data of known mutual information.
ESTIMATORS = RESULTS / "estimators"


rule estimators:
    output:
        f"{ESTIMATORS}/estimators.tsv",
    log:
        f"{ESTIMATORS}/estimators.log",
    benchmark:
        f"{ESTIMATORS}/benchmark.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("estimating"),
        runtime=minutes(60),
    params:
        code=code_digest("estimators"),
    shell:
        "python -m epidecouple.stages.estimators --table {output:q} > {log:q} 2>&1"


rule compare_estimators:
    input:
        f"{ESTIMATORS}/estimators.tsv",
    output:
        f"{ESTIMATORS}/estimators.svg",
    log:
        f"{ESTIMATORS}/figure.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("figure"),
    shell:
        "python -m epidecouple.stages.figure --figure estimators --table {input:q} --svg {output:q} > {log:q} 2>&1"


rule biology:
    input:
        settings=settings("biology", ARM),
        gate=passed("decoupling"),
        diagnosed=ancient(f"{ARM}/diagnose/metrics.json"),
        model=f"{ARM}/train_full/model.safetensors",
        energies=f"{ARM}/evaluate/energies.parquet",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        mantel=f"{ARM}/biology/mantel.tsv",
        trees=f"{ARM}/biology/trees.tsv",
        signs=f"{ARM}/biology/signs.tsv",
        states=f"{ARM}/biology/states.tsv",
        known=f"{ARM}/biology/known_states.tsv",
        metrics=f"{ARM}/biology/metrics.json",
        provenance=f"{ARM}/biology/provenance.json",
    log:
        f"{ARM}/logs/biology.log",
    benchmark:
        f"{ARM}/benchmarks/biology.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("panel"),
        runtime=minutes(60),
    params:
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.stages.biology --settings {input.settings:q} --model {input.model:q} --elements {params.elements:q}"
        " --shards {params.shards:q} --energies {input.energies:q} --mantel {output.mantel:q} --trees {output.trees:q}"
        " --signs {output.signs:q} --states {output.states:q} --known {output.known:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"
