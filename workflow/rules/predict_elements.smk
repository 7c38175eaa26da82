# Elements and genes by a regulation model. Where the user gives none, TSS and chain come from the manifest.
from epidecouple.core.paths import TEMPLATES
from epidecouple.core.provenance import code_digest, fingerprint


rule score_elements:
    input:
        [local(path) for path in REQUEST.files],
    output:
        f"{PREDICTED}/predictions.tsv",
        f"{PREDICTED}/samples.tsv",
        TRACKS,
        metrics=f"{PREDICTED}/metrics.json",
        provenance=f"{PREDICTED}/provenance.json",
    log:
        f"{PREDICTED}/predict.log",
    benchmark:
        f"{PREDICTED}/benchmark.tsv"
    conda:
        "../../envs/data.yaml"
    threads: REQUEST.threads
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        code=code_digest("score_elements"),
        model=REQUEST.model_fingerprint,
        settings=SETTINGS,
        folder=subpath(output.metrics, parent=True),
    shell:
        "python -m epidecouple.stages.score_elements --settings {params.settings:q} --folder {params.folder:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"


rule prediction_figure:
    input:
        f"{PREDICTED}/predictions.tsv",
    output:
        f"{PREDICTED}/locus.svg",
    log:
        f"{PREDICTED}/locus.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("prediction_figure"),
    shell:
        "python -m epidecouple.stages.prediction_figure --predictions {input:q} --svg {output:q} > {log:q} 2>&1"


rule prediction_report:
    input:
        f"{PREDICTED}/predictions.tsv",
        f"{PREDICTED}/samples.tsv",
        metrics=f"{PREDICTED}/metrics.json",
        figure=f"{PREDICTED}/locus.svg",
    output:
        f"{PREDICTED}/report.html",
    log:
        f"{PREDICTED}/report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("prediction_report"),
        template=[
            fingerprint(TEMPLATES / name)
            for name in ("prediction.html.j2", "layout.html.j2", "style.css")
        ],
        folder=subpath(output[0], parent=True),
    shell:
        "python -m epidecouple.stages.prediction_report --folder {params.folder:q} --page {output:q} > {log:q} 2>&1"
