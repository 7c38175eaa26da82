# Is a peak file of the mark and the line that it is said to be of? The check of a run, and what it knows and how often it is
# right, made from the public files.
SAMPLE_RESULTS = str(RESULTS / "samples")


rule sample_check:
    input:
        settings=settings("sample_check"),
        inventory=f"{RUN}/download/inventory.tsv",
        peaks=of_run(
            [path for files in CATALOG.lines.values() for path in files.peaks.values()]
        ),
    output:
        table=f"{RUN}/samples/samples.tsv",
        metrics=f"{RUN}/samples/metrics.json",
        provenance=f"{RUN}/samples/provenance.json",
    log:
        f"{RUN}/logs/sample_check.log",
    benchmark:
        f"{RUN}/benchmarks/sample_check.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=mem_mb("tables"),
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.sample_check --settings {input.settings:q} --table {output.table:q}"
        " --metrics {output.metrics:q} > {log:q} 2>&1"


# What is known is copied to resources/ by hand, so that nobody changes the repository by asking for a page.
rule known_profiles:
    input:
        f"{SAMPLE_RESULTS}/known_profiles.tsv.gz",
        f"{SAMPLE_RESULTS}/sample_accuracy.tsv",
    localrule: True


rule sample_tiles:
    input:
        settings=settings("sample_tiles", MAIN),
        peaks=crispr_files(*known_files(SETUP.samples).values()),
    output:
        f"{SAMPLE_RESULTS}/tiles.npz",
    log:
        f"{SAMPLE_RESULTS}/logs/tiles.log",
    benchmark:
        f"{SAMPLE_RESULTS}/benchmarks/tiles.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(30),
    shell:
        "python -m epidecouple.stages.sample_tiles --settings {input.settings:q} --tiles_file {output:q} > {log:q} 2>&1"


rule profiles_of_tiles:
    input:
        f"{SAMPLE_RESULTS}/tiles.npz",
    output:
        f"{SAMPLE_RESULTS}/known_profiles.tsv.gz",
    log:
        f"{SAMPLE_RESULTS}/logs/known_profiles.log",
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(10),
    params:
        code=code_digest("known_profiles"),
    shell:
        "python -m epidecouple.stages.known_profiles --tiles_file {input:q} --profiles {output:q} > {log:q} 2>&1"


rule sample_accuracy:
    input:
        f"{SAMPLE_RESULTS}/tiles.npz",
    output:
        table=f"{SAMPLE_RESULTS}/sample_accuracy.tsv",
        confused=f"{SAMPLE_RESULTS}/sample_confusions.tsv",
    log:
        f"{SAMPLE_RESULTS}/logs/accuracy.log",
    benchmark:
        f"{SAMPLE_RESULTS}/benchmarks/accuracy.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=3000,
        runtime=minutes(30),
    params:
        code=code_digest("sample_accuracy"),
    shell:
        "one_thread python -m epidecouple.stages.sample_accuracy --tiles_file {input:q} --table {output.table:q} --confused {output.confused:q} > {log:q} 2>&1"
