"""Outputs are what the loss takes: probabilities or logits."""

from __future__ import annotations

import numpy as np

from negres_core.controls.stage_finding import describe_stage, stage_finding
from negres_core.evidence import Finding
from negres_core.run.models import OutputLayer
from negres_core.run.run import Run

NAME = "loss domain"
WHEN = "before"

OF_EACH = ("binary_crossentropy", "binary_focal_crossentropy")
"""Keras' losses that take a probability in each output."""
OF_CLASSES = ("categorical_crossentropy", "sparse_categorical_crossentropy", "categorical_focal_crossentropy")
"""Keras' losses that take one distribution over all outputs."""

ROUNDING = 0.01
"""How far outputs may be outside 0 to 1, and their sum from 1: half precision rounds by nearly as much."""

PROBABILITIES = ("sigmoid", "hard_sigmoid", "softmax")
"""Activations whose outputs are probabilities."""


def check(run: Run) -> Finding | None:
    """Look at the outputs of every stage's untrained model under several draws of its weights.

    Keras clips outputs under a cross-entropy of probabilities to 0 to 1, where their gradient vanishes, and divides
    those of several classes by their sum. Outputs that are squashed already make poor logits: their odds are bounded.
    The softmax of a single output is always 1, and the outputs of several labels a row have no fixed sum.
    """
    if run.models is None:
        return None
    sound: list[str] = []
    faults: list[str] = []
    for arm, recipe in run.stages:
        layer, outputs = run.models.output_layer(recipe), run.models.draw_outputs(recipe)
        if not len(outputs):
            continue
        width = outputs.shape[-1] if run.data.classes else outputs[0].size
        fault = _fault_of(layer, outputs.reshape(-1, width), excludes=run.data.task != "multilabel")
        name = describe_stage(arm, recipe)
        if fault:
            faults.append(f"{name} {fault}")
        elif layer.loss in (*OF_EACH, *OF_CLASSES):
            sound.append(f"{name} ends in {'logits' if layer.logits else 'probabilities'}, as its loss expects")
    return stage_finding(
        NAME,
        faults,
        sound,
        threshold="expected outputs from 0 to 1 for a cross-entropy of probabilities, with a sum of 1 over several "
        "classes, but not over several labels a row; unbounded ones for a cross-entropy of logits; and no output that "
        "is 1 for every row",
        remedy="For classes, end in a softmax with one output per class; for two classes in one output, for several "
        "labels a row, or for values from 0 to 1, end in a sigmoid. Give from_logits=True to the loss only if the last "
        "layer has no activation.",
    )


def _fault_of(layer: OutputLayer, outputs: np.ndarray, *, excludes: bool) -> str | None:
    """Return what is wrong with outputs, (rows, outputs), or None.

    Args:
        layer: the output layer.
        outputs: the outputs of an untrained model.
        excludes: whether one output may exclude the others; False for several labels a row.
    """
    low, high, width = float(outputs.min()), float(outputs.max()), outputs.shape[1]
    if width == 1 and np.all(np.abs(outputs - 1) < 1e-6):
        return "has an output of 1 for every row and all weights, as a softmax of one unit has"
    if layer.loss not in (*OF_EACH, *OF_CLASSES):
        return None
    is_inside = low >= -ROUNDING and high <= 1 + ROUNDING
    totals = outputs.sum(axis=1)
    have_sum_1 = width > 1 and bool(np.all(np.abs(totals - 1) <= ROUNDING))
    if not excludes and layer.loss in OF_EACH and have_sum_1 and (not layer.logits or layer.activation == "softmax"):
        return "has outputs with a sum of 1, as a softmax has, but a row may have several labels or none"
    if layer.logits:
        reach_ends = low <= ROUNDING and high >= 1 - ROUNDING and np.ptp(outputs) > 0
        are_squashed = layer.activation in PROBABILITIES or reach_ends or (have_sum_1 and np.ptp(outputs) > 0)
        if is_inside and are_squashed:
            return f"ends in probabilities, from {low:.3g} to {high:.3g}, but its loss takes logits"
        return None
    if not is_inside:
        return f"has outputs from {low:.3g} to {high:.3g}, but its loss takes probabilities"
    if layer.loss in OF_CLASSES and width > 1 and not have_sum_1:
        return f"has outputs with sums from {totals.min():.3g} to {totals.max():.3g}, and its loss takes a distribution"
    return None
