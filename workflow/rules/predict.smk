# Predictions are a workflow of their own: nothing of a run is made here, so a trained model is used as it is.
from epidecouple.core.errors import InputError
from epidecouple.prediction.regulation_request import RegulationRequest
from epidecouple.prediction.request import request_of

try:
    REQUEST = request_of(config, CONFIG_FILES)
    PREDICTED = REQUEST.folder
    PLACE = placed(PREDICTED)
except InputError as error:
    raise WorkflowError(str(error))

OF_REGULATION = isinstance(REQUEST, RegulationRequest)
TRACKS = [f"{PREDICTED}/predictions.{kind}" for kind in ("bedpe", "interact")]

set_environment(REQUEST.threads, REQUEST.mirror if OF_REGULATION else "")


include: "predict_elements.smk" if OF_REGULATION else "predict_pairs.smk"


rule predict:
    default_target: True
    input:
        f"{PREDICTED}/predictions.tsv",
        [f"{PREDICTED}/report.html"] if OF_REGULATION else [],
    localrule: True


onsuccess:
    logger.info(f"\nPredictions: {PLACE}/predictions.tsv\n")
