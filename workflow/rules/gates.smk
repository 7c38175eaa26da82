localrules:
    judge,
    gate,


# Two rules per gate: `judge` writes the verdict and always succeeds, so that the evidence survives;
# `gate` exits 1 with one sentence per failed check.
rule judge:
    input:
        metrics=lambda wildcards: expand(
            f"{RUN}/{{stage}}/metrics.json", stage=GATES[wildcards.gate]
        ),
    output:
        f"{RUN}/gates/{{gate}}.verdict.json",
    log:
        f"{RUN}/logs/judge/{{gate}}.log",
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("judge"),
        rows=lambda wildcards: json.dumps(
            rows_of(wildcards.gate, config["thresholds"]), sort_keys=True
        ),
        settings=lambda wildcards: json.dumps(
            {
                "thresholds": {
                    name: value
                    for name, value in config["thresholds"].items()
                    if name.startswith(f"{wildcards.gate}.")
                },
                "waive": [wildcards.gate] if wildcards.gate in config["waive"] else [],
            },
            sort_keys=True,
        ),
    shell:
        "python -m epidecouple.judge --gate {wildcards.gate} --settings {params.settings:q} --metrics {input.metrics}"
        " --verdict {output} > {log} 2>&1"


rule gate:
    input:
        f"{RUN}/gates/{{gate}}.verdict.json",
    output:
        touch(f"{RUN}/gates/{{gate}}.passed"),
    log:
        f"{RUN}/logs/gate/{{gate}}.log",
    retries: 0
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("enforce"),
    shell:
        "python -m epidecouple.enforce {input} 2> {log}"
