"""A part of the zoo that is small enough for every change: one planted bug per control, and a few clean pipelines."""

from __future__ import annotations

from tests.zoo.cases import Case

BUG_OF = {
    "A/A": "same seed everywhere",
    "blind fit": "metric of a fit has the wrong sign",
    "budget": "one arm with more epochs, unannounced",
    "captured data": "objective that replays rows of all folds",
    "class order": "probabilities in the order of the alphabet",
    "dead units": "learning rate that kills units",
    "disjoint folds": "folds that cut through subjects",
    "duplicates": "duplicates across folds",
    "equal arms": "one recipe twice",
    "evaluation": "evaluation with dropout on",
    "finite": "NaN scored as 0",
    "fitted scaler": "scaler fitted on all data",
    "fresh start": "pretrained on all rows",
    "frozen weights": "frozen layer that trains",
    "headroom": "accuracy with nearly all rows in one class",
    "inference gap": "batch normalization with a momentum of 0.999",
    "inherited weights": "base loaded in the wrong order",
    "initial weights": "weights carried from fold to fold",
    "label leak": "label leaks through a feature of a fit",
    "later targets": "features of the hour after",
    "loss domain": "softmax of one unit",
    "loss floor": "loss divided by the number of pixels twice",
    "majority class": "control arm that cannot learn",
    "metric direction": "own metric of the wrong direction",
    "near copies": "images mirrored before the split",
    "nested search": "trials compared on the test fold",
    "overfits 16": "control arm that cannot learn",
    "padding": "padding counted as right",
    "paired cells": "arms compared on different folds",
    "paired loss": "targets that broadcast in an objective",
    "permuted labels": "rows of the test fold in training",
    "planted effect": "metric of the wrong sign",
    "position alignment": "labels one step further than the inputs",
    "predicted classes": "class never predicted",
    "refused": "scores whose repeats are copies",
    "resampled rows": "sampler that loses the order of its labels",
    "row alignment": "images and targets in another order",
    "row identity": "row number among the features",
    "rows alone": "inputs standardized over the batch",
    "saturation": "outputs rounded in the model",
    "serial order": "frames of one film in both folds",
    "squashed outputs": "softmax twice",
    "target encoding": "category encoded by the targets of all rows",
    "target range": "standardized images under a sigmoid",
    "trained weights": "gradient is cut",
    "unequal tuning": "one arm tuned by more trials",
    "validation curve": "a target reached on test rows",
    "weak control arm": "control arm with a hundredth of the rate",
}
"""For each control that is intended to catch any bug, one of these bugs, and a cheap one. Bugs that are refused count
as caught by a control of that name."""

CLEAN = (
    *("digits", "diabetes", "growth", "reconstruction", "forest", "unlearnable", "epochs to a target"),
    *(
        "tuned estimators",
        "official split of fits",
        "forecast",
        "each patient of one class left out",
        "scores as given",
    ),
)
"""Clean pipelines: a classification, on which most bugs are planted; a regression, a frozen base, images, a fit, a
negative result, and a claim about a cost; an official split, a series, groups that are left out,
given scores, and tuned arms."""


def is_in_part(case: Case) -> bool:
    """Return whether a case belongs to the part."""
    return case.name in (CLEAN if case.kind == "clean" else BUG_OF.values())
