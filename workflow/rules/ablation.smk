# Ablation: arms x seeds x simulated worlds, each training a job, so that a call goes on where one was stopped. No gate stops an
# arm. `ablation_quick` has six arms under one seed.
ABLATION_WORLD = f"{MAIN}/ablation/{{world}}/{{seed}}"
ABLATION_PAGES = {"ablation": ABLATED, "ablation_quick": QUICK}


wildcard_constraints:
    world=one_of(NAMED["world"]),
    seed=r"\d+",
    ablation=one_of(ABLATION_PAGES),


rule ablation:
    input:
        f"{MAIN}/ablation/report.html",
    localrule: True


rule ablation_quick:
    input:
        f"{MAIN}/ablation_quick/report.html",
    localrule: True


rule ablation_world:
    output:
        f"{ABLATION_WORLD}/world.json",
    log:
        f"{MAIN}/logs/ablation/{{world}}/{{seed}}.log",
    benchmark:
        f"{MAIN}/benchmarks/ablation/{{world}}/{{seed}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: SETUP.threads
    resources:
        mem_mb=2000,
        runtime=minutes(30),
    params:
        code=code_digest("ablation_world"),
        table=fingerprint(ABLATION),
        names=ablation_names,
    shell:
        "python -m epidecouple.stages.ablation_world {params.names:q} --seed {wildcards.seed:q}"
        ' --folder "$(dirname {output:q})" 2> {log:q}'


rule ablation_arm:
    input:
        ancient(f"{ABLATION_WORLD}/world.json"),
    output:
        f"{ABLATION_WORLD}/arms/{{arm}}.json",
    log:
        f"{MAIN}/logs/ablation/{{world}}/{{seed}}/{{arm}}.log",
    benchmark:
        f"{MAIN}/benchmarks/ablation/{{world}}/{{seed}}/{{arm}}.tsv"
    wildcard_constraints:
        arm=one_of(NAMED["arm"]),
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=2000,
        runtime=minutes(60),
    params:
        code=code_digest("ablation_arm"),
        table=fingerprint(ABLATION),
        names=ablation_names,
    shell:
        "one_thread python -m epidecouple.stages.ablation_arm {params.names:q} --seed {wildcards.seed:q}"
        ' --folder "$(dirname {input:q})" --figures {output:q} 2> {log:q}'


rule ablation_table:
    input:
        lambda wildcards: ablation_figures(ABLATION_PAGES[wildcards.ablation]),
    output:
        runs=f"{MAIN}/{{ablation}}/runs.tsv",
        effects=f"{MAIN}/{{ablation}}/effects.tsv",
        verdicts=f"{MAIN}/{{ablation}}/verdicts.json",
    log:
        f"{MAIN}/logs/{{ablation}}.log",
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        code=code_digest("ablation"),
        table=fingerprint(ABLATION),
    shell:
        "python -m epidecouple.stages.ablation --figures {input:q} --runs {output.runs:q} --effects_table {output.effects:q}"
        " --verdicts {output.verdicts:q} 2> {log:q}"


rule ablation_report:
    input:
        runs=f"{MAIN}/{{ablation}}/runs.tsv",
        verdicts=f"{MAIN}/{{ablation}}/verdicts.json",
        figure=f"{MAIN}/figures/{{ablation}}.svg",
    output:
        f"{MAIN}/{{ablation}}/report.html",
    log:
        f"{MAIN}/logs/{{ablation}}_report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("ablation_report"),
        template=page_digest("ablation.html.j2", "macros.html.j2", "layout.html.j2"),
    shell:
        "python -m epidecouple.stages.ablation_report --runs {input.runs:q} --verdicts {input.verdicts:q}"
        ' --name {wildcards.ablation:q} --folder "$(dirname "$(dirname {input.runs:q})")" --page {output:q} 2> {log:q}'
