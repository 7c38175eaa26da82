# Two rules per gate, named after it: judge_<gate> writes the verdict and always succeeds, so that the evidence
# survives; gate_<gate> exits 1 with one sentence per failed check. Editing a threshold judges again.
for gate, stages in (GATES | TARGET_GATES).items():

    rule:
        name:
            f"judge_{gate}"
        input:
            settings=settings(f"judge_{gate}", ARM),
            metrics=[f"{ARM}/{stage}/metrics.json" for stage in stages],
            model=model_of_gate(gate),
        output:
            f"{ARM}/gates/{gate}.verdict.json",
        log:
            f"{ARM}/logs/judge/{gate}.log",
        localrule: True
        conda:
            "../../envs/base.yaml"
        params:
            gate=gate,
            model=model_option,
        shell:
            "python -m epidecouple.stages.judge --gate {params.gate:q} --settings {input.settings:q} --metrics {input.metrics:q}"
            " {params.model:q} --verdict {output:q} > {log:q} 2>&1"

    rule:
        name:
            f"gate_{gate}"
        input:
            f"{ARM}/gates/{gate}.verdict.json",
        output:
            touch(f"{ARM}/gates/{gate}.passed"),
        log:
            f"{ARM}/logs/gate/{gate}.log",
        retries: 0
        localrule: True
        conda:
            "../../envs/base.yaml"
        params:
            code=code_digest("gate"),
        shell:
            "python -m epidecouple.stages.gate --verdict {input:q} 2> {log:q}"
