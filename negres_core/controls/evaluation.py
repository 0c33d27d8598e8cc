"""The recorded metrics are those of the saved model, with dropout off: an inspection of its file reproduces them."""

from __future__ import annotations

import numpy as np

from negres_core.dataset import Task
from negres_core.evidence import Finding
from negres_core.rescoring import EVERY_VERSION, Predictions, agrees, relative_rounding, rescore
from negres_core.run.models import Inspection
from negres_core.run.run import Run

NAME = "evaluation"
WHEN = "after"


def check(run: Run) -> Finding | None:
    """Load the model of one replicate of each arm, predict the test fold, and score the predictions by scikit-learn.

    Each metric may differ by what rounding can do; see `negres_core.rescoring`.
    """
    differ: list[str] = []
    faults: list[str] = []
    compared = 0
    for arm, replicate, inspection in run.inspections():
        if list(inspection.weights) != [weight.end for weight in replicate.weights]:
            faults.append(f"weights of the {arm.role} arm differ from those in its file")
        if not np.isfinite(inspection.outputs).all():
            faults.append(f"outputs of the {arm.role} arm are not finite")
            continue
        predictions = _predictions_of(inspection, task=run.data.task)
        relative = relative_rounding(devices=[replicate.key.device])
        scores = rescore(predictions, relative=relative, also=[run.metric])
        for name, (value, tolerance) in scores.items():
            if name not in replicate.metrics and name not in EVERY_VERSION:
                continue  # an earlier version recorded the replicate
            recorded = replicate.metrics.get(name)
            compared += 1
            if not agrees(recorded, value, tolerance):
                shown = "not finite" if recorded is None else f"{recorded:.6g}"
                differ.append(
                    f"{name} of the {arm.role} arm is {shown} in the record, and {value:.6g} for the saved model"
                )
    if not compared and not faults:
        return None
    faults += differ
    return Finding(
        control=NAME,
        passed=not faults,
        found=f"{len(differ)} of {compared} metrics differ from those of the saved model{': ' if faults else ''}"
        f"{'; '.join(faults)}",
        threshold="expected 0 differences beyond rounding: the scored model is the saved one, in inference mode",
        remedy="Look for layers that handle `training` wrongly, custom metrics, and code that changes outputs before "
        "they are scored.",
    )


def _predictions_of(inspection: Inspection, *, task: Task) -> Predictions:
    return Predictions(
        targets=inspection.targets,
        outputs=inspection.outputs,
        predicted=inspection.predicted,
        logits=inspection.output_layer.logits,
        loss=inspection.loss,
        trivial_loss=inspection.trivial_loss,
        task=task,
    )
