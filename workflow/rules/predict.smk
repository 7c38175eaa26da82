# Predictions are a workflow of their own: nothing of a run is made here, so a trained model is used as it is.
from epidecouple.core.errors import InputError
from epidecouple.pretrained.regulation_request import (
    LoopRequest,
    RegulationRequest,
)
from epidecouple.report.ending import of_call
from epidecouple.prediction.request import request_of

try:
    REQUEST = request_of(config, CONFIG_FILES)
    PREDICTED = REQUEST.folder
    PLACE = placed(PREDICTED)
except InputError as error:
    SCREEN.refused = str(error)
    raise WorkflowError(str(error))

OF_REGULATION = isinstance(REQUEST, RegulationRequest)
HAS_PAGE = OF_REGULATION and not isinstance(REQUEST, LoopRequest)
PAGES = [f"{PREDICTED}/report.html"] if HAS_PAGE else []
TRACKS = [f"{PREDICTED}/predictions.{kind}" for kind in ("bedpe", "interact")]

SETTINGS = stored(
    json.dumps({"settings": json.loads(REQUEST.settings)}, sort_keys=True)
)

set_environment(REQUEST.threads, REQUEST.mirror if OF_REGULATION else "")


if OF_REGULATION:

    include: "predict_sources.smk"


if isinstance(REQUEST, LoopRequest):

    include: "predict_loops.smk"

else:

    include: "predict_elements.smk" if OF_REGULATION else "predict_pairs.smk"


rule predict:
    default_target: True
    input:
        f"{PREDICTED}/predictions.tsv",
        PAGES,
    localrule: True


onstart:
    require_writable(PLACE)


onsuccess:
    show(f"Done. Predictions: {' '.join(map(str, wanted()))}")


onerror:
    ended = of_call(SCREEN.failures, SCREEN.interrupted, SCREEN.problem)
    show(last_line(ended, []))
