# Predictions are a workflow of their own: nothing of a run is made here, so a trained model is used as it is.
from epidecouple.core.errors import InputError
from epidecouple.core.memory import MB, prediction
from epidecouple.core.provenance import code_digest
from epidecouple.prediction.request import request_of

try:
    REQUEST = request_of(config, CONFIG_FILES)
    PREDICTED = REQUEST.folder
    PLACE = placed(PREDICTED)
except InputError as error:
    raise WorkflowError(str(error))

set_environment(REQUEST.threads)


rule predict:
    default_target: True
    input:
        f"{PREDICTED}/predictions.tsv",
    localrule: True


# The model is no input but a fingerprint: it may lie anywhere, and is never trained from here.
rule score_pairs:
    input:
        map(local, REQUEST.files),
    output:
        [
            f"{PREDICTED}/{name}"
            for name in (
                "predictions.tsv",
                "predictions.bedpe",
                "predictions.interact",
            )
        ],
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
            prediction(sum(Path(f).stat().st_size for f in REQUEST.files) / MB)
        ),
        runtime=120,
    params:
        code=code_digest("score_pairs"),
        model=REQUEST.model_fingerprint,
        settings=REQUEST.settings,
        folder=subpath(output.metrics, parent=True),
    shell:
        "python -m epidecouple.stages.score_pairs --settings {params.settings:q} --folder {params.folder:q} --metrics {output.metrics:q} 2>&1 | tee {log:q}"


onsuccess:
    logger.info(f"\nPredictions: {PLACE}/predictions.tsv\n")
