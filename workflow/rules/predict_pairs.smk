# Pairs by a model of two energies, trained by a run.
from epidecouple.core.memory import MB, prediction
from epidecouple.core.provenance import code_digest


# The table of pairs, the first of the files, is read by blocks, so its size does not count.
# The model is no input but a fingerprint: it may lie anywhere, and is never trained from here.
rule score_pairs:
    input:
        map(local, REQUEST.files),
    output:
        f"{PREDICTED}/predictions.tsv",
        TRACKS,
        explanations=[
            f"{PREDICTED}/{name}.tsv" for name in ("marks", "bases") if REQUEST.explain
        ],
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
        mem_mb=round(
            prediction(sum(Path(f).stat().st_size for f in REQUEST.files[1:]) / MB)
        ),
        runtime=120,
    params:
        code=code_digest("score_pairs"),
        model=REQUEST.model_fingerprint,
        settings=SETTINGS,
        folder=subpath(output.metrics, parent=True),
    shell:
        "python -m epidecouple.stages.score_pairs --settings {params.settings:q} --folder {params.folder:q} --metrics {output.metrics:q} 2>&1 | told {log:q}"
