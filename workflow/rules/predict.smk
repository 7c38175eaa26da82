# Predictions are a workflow of their own: nothing of a run is made here, so a trained model is used as it is.
from epidecouple.core.errors import InputError
from epidecouple.pretrained.loop_request import LoopRequest
from epidecouple.pretrained.regulation_request import RegulationRequest
from epidecouple.pretrained.request import ElementRequest
from epidecouple.report.ending import of_call
from epidecouple.prediction.request import request_of

try:
    REQUEST = request_of(config, CONFIG_FILES)
    PREDICTED = REQUEST.folder
    PLACE = placed(PREDICTED)
except InputError as error:
    SCREEN.refused = str(error)
    raise WorkflowError(str(error))

OF_ELEMENTS = isinstance(REQUEST, ElementRequest)
PAGES = [f"{PREDICTED}/report.html"] if isinstance(REQUEST, RegulationRequest) else []
TRACKS = [f"{PREDICTED}/predictions.{kind}" for kind in ("bedpe", "interact")]

SETTINGS = stored(
    json.dumps({"settings": json.loads(REQUEST.settings)}, sort_keys=True)
)

set_environment(REQUEST.threads, REQUEST.mirror if OF_ELEMENTS else "")


if OF_ELEMENTS:

    include: "predict_sources.smk"


if isinstance(REQUEST, LoopRequest):

    include: "predict_loops.smk"

else:

    include: "predict_elements.smk" if OF_ELEMENTS else "predict_pairs.smk"


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
