# What a request reads of the manifest is downloaded where it is missing.
rule download_source:
    output:
        local("resources/download/{path}"),
    log:
        f"{PREDICTED}/download/{{path}}.log",
    wildcard_constraints:
        path=".+",
    retries: 0
    localrule: True
    conda:
        "../../envs/data.yaml"
    shell:
        'python -m epidecouple.stages.download --target {output:q} --mirror "$EPIDECOUPLE_MIRROR" > {log:q} 2>&1'
