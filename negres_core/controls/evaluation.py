"""The recorded metrics are those of the saved model, with dropout off: an inspection of its file reproduces them."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding, Replicate
from negres_core.run import Inspection, Run

NAME = "evaluation"
WHEN = "after"

RELATIVE_ROUNDING = {"cpu": 1e-4, "gpu": 1e-2}
"""How far the outputs of two programs may differ, relative to the largest output: they sum in another order, and a GPU
multiplies with 10-bit mantissas. It is a hundred times the difference seen on a CPU, and less than the effect of
dropout, rounding or other weights."""


def check(run: Run) -> Finding | None:
    """Load the model of one replicate of each arm, predict the test fold, and score the predictions by scikit-learn.

    If rounding could flip labels, at nearly equal outputs, each metric may differ by the effect of those rows.
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
        score = _score_labels if run.data.task == "classification" else _score_values
        for name, (value, tolerance) in score(replicate, inspection).items():
            recorded = replicate.metrics.get(name)
            compared += 1
            if recorded is None or not abs(recorded - value) <= tolerance:
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


def _score_labels(replicate: Replicate, inspection: Inspection) -> dict[str, tuple[float, float]]:
    """Return the value and the tolerance of each metric of a classification."""
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    y, predicted, rounding = inspection.targets, inspection.predicted, _rounding(replicate, inspection)
    classes = np.unique(y)
    if inspection.outputs.shape[1] > 1:
        first, second = np.argsort(inspection.outputs, axis=1)[:, [-1, -2]].T
        rows = np.arange(len(y))
        close = inspection.outputs[rows, first] - inspection.outputs[rows, second] <= rounding
    else:
        first, second = predicted, 1 - predicted
        close = np.abs(inspection.outputs[:, 0] - (0.0 if inspection.output_layer.logits else 0.5)) <= rounding
    # A flipped row leaves one class and joins another, so it counts for the metrics of both.
    flips = np.array([np.count_nonzero(close & ((first == label) | (second == label))) for label in classes])
    counts = np.array([np.count_nonzero(predicted == label) for label in classes])
    support = np.array([np.count_nonzero(y == label) for label in classes])
    macro = 1e-6 + float(np.mean(np.minimum(1, 4 * flips / np.maximum(np.minimum(counts, support) - flips, 1))))
    averaging = {"labels": classes, "average": "macro", "zero_division": 0.0}
    scores = {
        "accuracy": (float(accuracy_score(y, predicted)), 1e-6 + float(close.mean())),
        "precision": (float(precision_score(y, predicted, **averaging)), macro),
        "recall": (float(recall_score(y, predicted, **averaging)), macro),
        "f1": (float(f1_score(y, predicted, **averaging)), macro),
    }
    return scores | _score_loss(replicate, inspection)


def _score_values(replicate: Replicate, inspection: Inspection) -> dict[str, tuple[float, float]]:
    """Return the value and the tolerance of each metric of a regression."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    rounding = _rounding(replicate, inspection)
    y, predicted = (array.reshape(len(array), -1) for array in (inspection.targets, inspection.predicted))
    mse, mae = float(mean_squared_error(y, predicted)), float(mean_absolute_error(y, predicted))
    r2 = float(r2_score(y, predicted))
    column = 2 * rounding * np.abs(y - predicted).mean(axis=0) + rounding**2
    variance = y.var(axis=0)
    # For a column without variance, the coefficient is 1 if the prediction is exact, and 0 otherwise.
    lost = np.where(variance > 0, column / np.where(variance > 0, variance, 1), 1)
    scores = {
        "mse": (mse, 1e-5 * mse + float(column.mean())),
        "mae": (mae, 1e-5 * mae + rounding),
        "r2": (r2, 1e-5 * abs(1 - r2) + float(lost.mean())),
    }
    return scores | _score_loss(replicate, inspection)


def _score_loss(replicate: Replicate, inspection: Inspection) -> dict[str, tuple[float, float]]:
    """Return the value and the tolerance of the loss, which may be steep at outputs near certainty."""
    if inspection.loss is None or inspection.trivial_loss is None:
        return {}
    scale = 10 * abs(inspection.loss) + abs(inspection.trivial_loss)
    return {"loss": (inspection.loss, 1e-6 + RELATIVE_ROUNDING[replicate.key.device] * scale)}


def _rounding(replicate: Replicate, inspection: Inspection) -> float:
    return RELATIVE_ROUNDING[replicate.key.device] * float(np.abs(inspection.outputs).max())
