"""Weights of rows in training: those of their classes, and those that the data set gives single rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from negres_core.errors import InputError

ClassWeight: TypeAlias = Literal["balanced"] | Mapping[int, float] | tuple[tuple[int, float], ...] | None
"""Weights of classes: "balanced", a dictionary, or, as a stage holds them, pairs in the order of the classes."""

_REMEDY = 'Give "balanced", or the weight of each class by its number, class_weight={0: 1.0, 1: 9.0}.'


def check_class_weight(given: Any) -> ClassWeight:
    """Return the weights of classes that a user gave, "balanced" or a dictionary, in a form that can be hashed.

    Raises:
        InputError: they are neither.
    """
    if given is None:
        return None
    if isinstance(given, str) and given == "balanced":
        return "balanced"
    if isinstance(given, str | np.ndarray) or not isinstance(given, Mapping | tuple):
        raise InputError(
            '`class_weight` of a stage has to be "balanced" or a dictionary of weights.', received=given, remedy=_REMEDY
        )
    weights: dict[int, float] = {}
    for label, weight in dict(given).items():
        is_class = isinstance(label, int | np.integer) and not isinstance(label, bool) and label >= 0
        is_number = isinstance(weight, int | float | np.number) and not isinstance(weight, bool)
        if not is_class or not is_number or not np.isfinite(weight) or weight < 0:
            raise InputError(
                "`class_weight` of a stage needs a weight of 0 or more for the number of a class.",
                received=f"{label!r}: {weight!r}",
                remedy=f"{_REMEDY} Class labels that are text are numbered in sorted order, from 0.",
            )
        weights[int(label)] = float(weight)
    if not any(weights.values()):
        raise InputError(
            "`class_weight` of a stage gives no class a weight above 0.", received=dict(given), remedy=_REMEDY
        )
    return tuple(sorted(weights.items()))


def weights_of_classes(
    class_weight: ClassWeight, y: np.ndarray, sample_weight: np.ndarray | None = None
) -> dict[int, float]:
    """Return the weight of each class, as `keras.Model.fit` takes them; classes that are not named have weight 1.

    Args:
        class_weight: "balanced": the weights that scikit-learn gives, the number of rows divided by the number of
            classes and by the rows of the class, where rows count by their own weights; or pairs; or None.
        y: class labels of the rows that are trained on, (rows,).
        sample_weight: the weights of these rows, (rows,), or None.
    """
    if not isinstance(class_weight, str):
        return dict(class_weight or ())
    counts = np.bincount(y, weights=sample_weight)
    classes = np.unique(y)
    # Rows that all have weight 0 have no share, and their class needs no weight.
    return {
        int(label): float(counts.sum() / (len(classes) * counts[label])) if counts[label] else 1.0 for label in classes
    }


def weights_of_rows(
    class_weight: ClassWeight, y: np.ndarray, sample_weight: np.ndarray | None = None
) -> np.ndarray | None:
    """Return the weight of each row in training, that of the row times that of its class; None if there are none.

    Args:
        class_weight: weights of the classes.
        y: targets of the rows that are trained on, (rows, ...).
        sample_weight: the weights of these rows, (rows,), or None.

    Returns:
        float32, (rows,).
    """
    if class_weight is None:
        return sample_weight
    weights = np.ones(int(y.max()) + 1)
    for label, weight in weights_of_classes(class_weight, y, sample_weight).items():
        if label < len(weights):
            weights[label] = weight
    rows: np.ndarray = weights[y].astype(np.float32)
    return rows if sample_weight is None else rows * sample_weight


def with_same_shares(class_weight: ClassWeight, y: np.ndarray, *, of: np.ndarray) -> ClassWeight:
    """Return weights under which the classes of some rows have the shares in training that they have in all rows.

    Trials take as many rows of each class as they can, so that a rare class has a larger share of their rows. With the
    same weights it would outweigh all others.

    Args:
        class_weight: weights of the classes. "balanced" adapts by itself.
        y: class labels of some rows, (rows,).
        of: class labels of all rows, (rows,).
    """
    if class_weight is None or isinstance(class_weight, str):
        return class_weight
    given, classes = dict(class_weight), np.unique(y)
    return tuple(
        (int(label), given.get(int(label), 1.0) * float(np.mean(of == label) / np.mean(y == label)))
        for label in classes
    )
