# R of loops, in one cell line against those of the model. The peaks of all of them are read at every pair.
from epidecouple.core.provenance import code_digest


rule score_loops:
    input:
        [local(path) for path in REQUEST.files],
    output:
        f"{PREDICTED}/predictions.tsv",
        TRACKS,
        metrics=f"{PREDICTED}/metrics.json",
        provenance=f"{PREDICTED}/provenance.json",
    log:
        f"{PREDICTED}/predict.log",
    benchmark:
        f"{PREDICTED}/benchmark.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: REQUEST.threads
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        code=code_digest("score_loops"),
        model=REQUEST.model_fingerprint,
        settings=SETTINGS,
        folder=subpath(output.metrics, parent=True),
    shell:
        "python -m epidecouple.stages.score_loops --settings {params.settings:q} --folder {params.folder:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"
