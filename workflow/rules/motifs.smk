# What U reads: mutagenesis needs nothing but the model; insertion and matching need a motif file (dataset.motifs).
rule mutagenesis:
    input:
        settings=settings("mutagenesis", ARM),
        gate=passed("decoupling"),
        diagnosed=ancient(f"{ARM}/diagnose/metrics.json"),
        model=f"{ARM}/train_full/model.safetensors",
        energies=f"{ARM}/evaluate/energies.parquet",
        splits=f"{RUN}/elements/splits.json",
        shards=shard_manifests(),
    output:
        seqlets=f"{ARM}/mutagenesis/seqlets.tsv",
        contributions=f"{ARM}/mutagenesis/contributions.tsv",
        metrics=f"{ARM}/mutagenesis/metrics.json",
        provenance=f"{ARM}/mutagenesis/provenance.json",
    log:
        f"{ARM}/logs/mutagenesis.log",
    benchmark:
        f"{ARM}/benchmarks/mutagenesis.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=mem_mb("editing"),
        runtime=minutes(60),
    params:
        elements=elements_folder,
        shards=shards_folder,
    shell:
        "python -m epidecouple.stages.mutagenesis --settings {input.settings:q} --model {input.model:q} --elements {params.elements:q}"
        " --shards {params.shards:q} --energies {input.energies:q} --seqlets {output.seqlets:q}"
        " --contributions {output.contributions:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"


if CATALOG.motifs:

    rule motifs:
        input:
            settings=settings("motifs", ARM),
            motifs=of_run([CATALOG.motifs]),
            seqlets=f"{ARM}/mutagenesis/seqlets.tsv",
            model=f"{ARM}/train_full/model.safetensors",
            energies=f"{ARM}/evaluate/energies.parquet",
            splits=f"{RUN}/elements/splits.json",
            shards=shard_manifests(),
        output:
            effects=f"{ARM}/motifs/effects.tsv",
            interactions=f"{ARM}/motifs/interactions.tsv",
            matches=f"{ARM}/motifs/matches.tsv",
            metrics=f"{ARM}/motifs/metrics.json",
            provenance=f"{ARM}/motifs/provenance.json",
        log:
            f"{ARM}/logs/motifs.log",
        benchmark:
            f"{ARM}/benchmarks/motifs.tsv"
        conda:
            "../../envs/torch.yaml"
        threads: SETUP.threads
        resources:
            mem_mb=mem_mb("editing"),
            runtime=minutes(60),
        params:
            elements=elements_folder,
            shards=shards_folder,
        shell:
            "python -m epidecouple.stages.motifs --settings {input.settings:q} --model {input.model:q} --elements {params.elements:q}"
            " --shards {params.shards:q} --energies {input.energies:q} --motifs {input.motifs:q} --seqlets {input.seqlets:q}"
            " --effects {output.effects:q} --interactions {output.interactions:q} --matches {output.matches:q}"
            " --metrics {output.metrics:q} 2>&1 | told {log:q}"


if SIMULATED:

    rule motif_recovery:
        input:
            settings=settings("motif_recovery", ARM),
            effects=f"{ARM}/motifs/effects.tsv",
            matches=f"{ARM}/motifs/matches.tsv",
        output:
            metrics=f"{ARM}/motif_recovery/metrics.json",
            provenance=f"{ARM}/motif_recovery/provenance.json",
        log:
            f"{ARM}/logs/motif_recovery.log",
        benchmark:
            f"{ARM}/benchmarks/motif_recovery.tsv"
        conda:
            "../../envs/base.yaml"
        resources:
            mem_mb=mem_mb("tables"),
            runtime=minutes(30),
        shell:
            "python -m epidecouple.stages.motif_recovery --settings {input.settings:q} --effects {input.effects:q}"
            " --matches {input.matches:q} --metrics {output.metrics:q} > {log:q} 2>&1"
