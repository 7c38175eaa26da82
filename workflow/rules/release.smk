# The model as others may use it: one folder per model, that predictions need and that can be copied.
rule release:
    input:
        settings=settings("release", ARM),
        model=f"{ARM}/train_full/model.safetensors",
        energies=f"{ARM}/evaluate/energies.parquet",
        reference=f"{RUN}/elements/reference.parquet",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        weights=f"{ARM}/model/model.safetensors",
        reference=f"{ARM}/model/reference.parquet",
        record=f"{ARM}/model/prediction.json",
        metrics=f"{ARM}/model/metrics.json",
        provenance=f"{ARM}/model/provenance.json",
    log:
        f"{ARM}/logs/release.log",
    benchmark:
        f"{ARM}/benchmarks/release.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("panel"),
        runtime=minutes(30),
    params:
        elements=elements_folder,
        shards=shards_folder,
        folder=subpath(output.record, parent=True),
    shell:
        "python -m epidecouple.stages.release --settings {input.settings:q} --model {input.model:q} --elements {params.elements:q}"
        " --shards {params.shards:q} --energies {input.energies:q} --reference {input.reference:q} --folder {params.folder:q}"
        " --metrics {output.metrics:q} > {log:q} 2>&1"


# The card tells the verdicts on the model itself, passed or not; those on its decoupling and biology are in the report.
rule model_card:
    input:
        settings=settings("model_card", ARM),
        record=f"{ARM}/model/prediction.json",
        inventory=f"{RUN}/download/inventory.tsv",
        panel=f"{RUN}/panel/metrics.json",
        metrics=[
            f"{ARM}/model/metrics.json",
            f"{ARM}/train_full/metrics.json",
            f"{ARM}/evaluate/metrics.json",
        ],
        verdicts=[f"{ARM}/gates/{gate}.verdict.json" for gate in FIT_GATES],
    output:
        card=f"{ARM}/model/card.md",
        data=f"{ARM}/model/card.json",
    log:
        f"{ARM}/logs/model_card.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    shell:
        "python -m epidecouple.stages.model_card --settings {input.settings:q} --record {input.record:q} --inventory {input.inventory:q}"
        " --panel {input.panel:q} --metrics {input.metrics:q} --verdicts {input.verdicts:q} --card {output.card:q} --data {output.data:q} > {log:q} 2>&1"
