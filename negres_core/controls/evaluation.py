"""What is scored is the trained model, with dropout off: a second look at its file gives the recorded metrics."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding, Replicate
from negres_core.run import Inspection, Run

WHEN = "after"

ROUNDING = {"cpu": 1e-4, "gpu": 1e-2}
"""How far two programs may be apart in an output, in units of the largest: sums in another order, and on a GPU products
of 10 bits. A hundred times what is seen on a CPU; what dropout, rounding or other weights change is larger still."""


def check(run: Run) -> Finding | None:
    """Load the model of one replicate of each arm, predict the test fold, and score it by scikit-learn.

    Where rounding could flip a label, at outputs all but equal, each metric may differ by what those rows make of it.
    """
    differ: list[str] = []
    others: list[str] = []
    compared = 0
    for arm, replicate, inspection in run.inspections():
        if list(inspection.weights) != [weight.end for weight in replicate.weights]:
            others.append(f"{arm.role} weights of the file")
        if not np.isfinite(inspection.outputs).all():
            others.append(f"{arm.role} outputs, which are not finite")
            continue
        score = _score_labels if run.data.task == "classification" else _score_values
        for name, (value, tolerance) in score(replicate, inspection).items():
            recorded = replicate.metrics.get(name)
            compared += 1
            if recorded is None or not abs(recorded - value) <= tolerance:
                shown = "not finite" if recorded is None else f"{recorded:.6g}"
                differ.append(f"{arm.role} {name} {shown}, and {value:.6g} on a second look")
    if not compared and not others:
        return None
    faults = [*others, *differ]
    return Finding(
        control="evaluation",
        passed=not faults,
        found=f"{len(differ)} of {compared} metrics differ from those of the saved model{': ' if faults else ''}"
        f"{'; '.join(faults)}",
        threshold="0 may by more than rounding: what is scored is what is saved, in inference mode",
        remedy="Look for layers that ask for `training` wrongly, metrics of your own, and outputs changed on the way.",
    )


def _score_labels(replicate: Replicate, inspection: Inspection) -> dict[str, tuple[float, float]]:
    """Return value and tolerance of each metric of labels."""
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
    # A flipped row leaves one class and joins another: it bears on the metrics of both.
    flips, counts, support = (
        np.array([np.count_nonzero(where) for where in wheres])
        for wheres in (
            [close & ((first == label) | (second == label)) for label in classes],
            [predicted == label for label in classes],
            [y == label for label in classes],
        )
    )
    macro = 1e-6 + float(np.mean(np.minimum(1, 4 * flips / np.maximum(np.minimum(counts, support) - flips, 1))))
    named = {"labels": classes, "average": "macro", "zero_division": 0.0}
    scores = {
        "accuracy": (float(accuracy_score(y, predicted)), 1e-6 + float(close.mean())),
        "precision": (float(precision_score(y, predicted, **named)), macro),
        "recall": (float(recall_score(y, predicted, **named)), macro),
        "f1": (float(f1_score(y, predicted, **named)), macro),
    }
    return scores | _score_loss(replicate, inspection)


def _score_values(replicate: Replicate, inspection: Inspection) -> dict[str, tuple[float, float]]:
    """Return value and tolerance of each metric of values."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    rounding = _rounding(replicate, inspection)
    y, predicted = (array.reshape(len(array), -1) for array in (inspection.targets, inspection.predicted))
    mse, mae = float(mean_squared_error(y, predicted)), float(mean_absolute_error(y, predicted))
    r2 = float(r2_score(y, predicted))
    column = 2 * rounding * np.abs(y - predicted).mean(axis=0) + rounding**2
    variance = y.var(axis=0)
    # Of a column without variance the coefficient is 1 where the prediction is exact, and 0 otherwise.
    lost = np.where(variance > 0, column / np.where(variance > 0, variance, 1), 1)
    scores = {
        "mse": (mse, 1e-5 * mse + float(column.mean())),
        "mae": (mae, 1e-5 * mae + rounding),
        "r2": (r2, 1e-5 * abs(1 - r2) + float(lost.mean())),
    }
    return scores | _score_loss(replicate, inspection)


def _score_loss(replicate: Replicate, inspection: Inspection) -> dict[str, tuple[float, float]]:
    """Return value and tolerance of the loss, which may be steep where outputs are sure of themselves."""
    if inspection.loss is None or inspection.trivial_loss is None:
        return {}
    scale = 10 * abs(inspection.loss) + abs(inspection.trivial_loss)
    return {"loss": (inspection.loss, 1e-6 + ROUNDING[replicate.key.device] * scale)}


def _rounding(replicate: Replicate, inspection: Inspection) -> float:
    return ROUNDING[replicate.key.device] * float(np.abs(inspection.outputs).max())
