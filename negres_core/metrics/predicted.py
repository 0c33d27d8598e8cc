"""What an arm predicts for a test fold, whether it is a network or a fit, and a metric of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negres_core.claim import Metric
from negres_core.dataset import Task
from negres_core.errors import InputError

MOST_FROM_ONE = 1e-2
"""How far the probabilities of a row may be from a sum of 1: those in half precision have few digits."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictions of the rows of a test fold.

    Attributes:
        outputs: values in the shape of the targets; for class labels probabilities, (rows, classes) or (rows, ...,
            classes), and for several labels a row the probability of each, (rows, labels), or None if an arm has only
            labels.
        labels: predicted labels in the shape of the targets, 0 and 1 for several labels a row; None for values.
    """

    outputs: np.ndarray | None
    labels: np.ndarray | None = None

    @property
    def best(self) -> np.ndarray:
        """Values or probabilities, or labels if there are no probabilities."""
        best = self.labels if self.outputs is None else self.outputs
        assert best is not None
        return best

    @property
    def shown(self) -> np.ndarray:
        """Labels, or values in the shape of the targets."""
        shown = self.outputs if self.labels is None else self.labels
        assert shown is not None
        return shown

    def repeated(self, rows: int) -> Predicted:
        """Return the prediction of one row as that of many."""

        def repeat(array: np.ndarray) -> np.ndarray:
            return np.broadcast_to(array, (rows, *array.shape[1:]))

        return Predicted(
            None if self.outputs is None else repeat(self.outputs), None if self.labels is None else repeat(self.labels)
        )

    @classmethod
    def of(cls, outputs: np.ndarray, *, task: Task) -> Predicted:
        """Return values, or labels from an array of them or of their probabilities."""
        if task == "multilabel":
            if outputs.dtype.kind in "biu":
                return cls(None, outputs.astype(np.int64))
            return cls(outputs, _above(outputs, 0.5))
        if task == "segmentation":
            if outputs.dtype.kind in "biu":
                return cls(None, outputs)
            return cls(outputs, outputs.argmax(axis=-1)[..., None])
        if task != "classification":
            return cls(outputs)
        if outputs.ndim == 1:
            return cls(None, outputs)
        return cls(outputs, outputs.argmax(axis=1))

    @classmethod
    def of_network(cls, outputs: np.ndarray, targets: np.ndarray, *, logits: bool, task: Task) -> Predicted:
        """Return what the raw outputs of a network, (rows, ...), predict for rows with these targets.

        One output for class labels is that of class 1 of two.
        """
        shown = shown_of(outputs, targets, logits=logits, task=task)
        if task in ("classification", "multilabel", "segmentation"):
            return cls(probabilities_of(outputs, logits=logits, task=task), shown)
        return cls(shown)


def score_metric(metric: Metric, targets: np.ndarray, predicted: Predicted) -> float | None:
    """Return a metric of predictions; None if it cannot be computed of them, as an AUC of labels.

    Raises:
        InputError: the function of the metric does not return one number.
    """
    takes_labels = metric.takes == "labels" and predicted.labels is not None
    given = predicted.labels if takes_labels else predicted.outputs
    if metric.compute is None or given is None:
        return None
    value = metric.compute(targets, given)
    if np.ndim(value) or not np.issubdtype(np.asarray(value).dtype, np.number) or np.iscomplexobj(value):
        raise InputError(
            f"The function of the metric {metric.name!r} has to return one number.",
            received=value,
            remedy="Return a number for the whole test fold, such as the mean of its rows.",
        )
    return float(value)


def shown_of(outputs: np.ndarray, targets: np.ndarray, *, logits: bool, task: Task) -> np.ndarray:
    """Return the labels that the raw outputs of a network predict, or the outputs in the shape of their targets."""
    threshold = 0.0 if logits else 0.5
    if task == "multilabel":
        return _above(outputs, threshold)
    if task == "segmentation":
        return outputs.argmax(axis=-1)[..., None] if outputs.shape[-1] > 1 else _above(outputs, threshold)
    if task != "classification":
        return outputs.reshape(targets.shape)
    labels: np.ndarray = outputs.argmax(axis=1) if outputs.shape[1] > 1 else _above(outputs[:, 0], threshold)
    return labels


def _above(outputs: np.ndarray, threshold: float) -> np.ndarray:
    labels: np.ndarray = (outputs > threshold).astype(np.int64)
    return labels


def probabilities_of(outputs: np.ndarray, *, logits: bool, task: Task = "classification") -> np.ndarray | None:
    """Return the probabilities, (rows, ..., classes) or (rows, labels), that the outputs of a network mean.

    Args:
        outputs: finite raw outputs, (rows, ..., outputs); for class labels, one output is that of class 1 of two.
        logits: whether the loss takes them as logits.
        task: "classification", "segmentation", or "multilabel" for labels that do not exclude each other.

    Returns:
        The probabilities, float64; None if the outputs are not probabilities.
    """
    raw = np.asarray(outputs, dtype=np.float64)
    if task == "multilabel":
        from scipy.special import expit

        of_each: np.ndarray = expit(raw) if logits else raw
        return of_each if ((of_each >= 0) & (of_each <= 1)).all() else None
    if logits:
        raw = np.concatenate([np.zeros_like(raw), raw], axis=-1) if raw.shape[-1] == 1 else raw
        raw = np.exp(raw - raw.max(axis=-1, keepdims=True))
    elif raw.shape[-1] == 1:
        raw = np.concatenate([1 - raw, raw], axis=-1)
    total = raw.sum(axis=-1, keepdims=True)
    if not logits and ((raw < 0).any() or (np.abs(total - 1) > MOST_FROM_ONE).any()):
        return None
    probabilities: np.ndarray = raw / total
    return probabilities
