"""What rounding of the outputs leaves open: the labels of some positions, and with them the range of each metric.

Positions are rows, the labels of each row, or the steps or pixels of each row.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from negres_core.dataset import Task
from negres_core.dataset.segmentation import counted

Range = tuple[float, float]
"""The lowest and the highest value that a metric may have."""


def possible_labels(outputs: np.ndarray, *, rounding: float, logits: bool, task: Task) -> np.ndarray:
    """Return which labels the outputs may predict if rounding moves each of them by no more than `rounding`.

    Args:
        outputs: raw outputs, (rows, ..., outputs); one output for class labels is that of class 1 of two.
        rounding: how far each output may move, in its unit.
        logits: whether the outputs are logits instead of probabilities.
        task: "classification", "multilabel" or "segmentation".

    Returns:
        Booleans, (rows, ..., classes), or (rows, labels, 2) for several labels a row. Each position has one or more.
    """
    if task == "multilabel" or outputs.shape[-1] == 1:
        threshold = 0.0 if logits else 0.5
        return np.stack([outputs - rounding <= threshold, outputs + rounding > threshold], axis=-1)
    possible: np.ndarray = outputs >= outputs.max(axis=-1, keepdims=True) - 2 * rounding
    return possible


def of_target(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return which outputs a target wants high, as booleans in the shape of the outputs.

    Args:
        targets: labels; see `LabelRanges`. Steps or pixels that do not count want anything.
        outputs: raw outputs or probabilities; see `possible_labels`.
    """
    classes = outputs.shape[-1]
    labels = targets[..., 0] if targets.ndim > 2 else targets
    of_each = targets.ndim == 2 or classes == 1
    wanted: np.ndarray = (targets == 1).reshape(outputs.shape) if of_each else labels[..., None] == np.arange(classes)
    return wanted


def probability_ranges(probabilities: np.ndarray, *, rounding: float, logits: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return how low and how high each probability may be if rounding moves outputs by no more than `rounding`.

    Args:
        probabilities: of classes, (rows, ..., classes), or of several labels a row, (rows, labels).
        rounding: how far each output may move, in its unit.
        logits: whether the outputs are logits, whose softmax or sigmoid the probabilities are.
    """
    if not logits:
        return np.maximum(probabilities - rounding, 0), np.minimum(probabilities + rounding, 1)
    # The log odds of a class move by twice the rounding if its own logit moves one way, and all others the other way.
    odds = np.exp(2 * rounding)
    others = 1 - probabilities
    return probabilities / (probabilities + others * odds), probabilities * odds / (probabilities * odds + others)


class LabelRanges:
    """Ranges that metrics of labels do not leave, whichever of its possible labels each position has.

    They are exact for shares of positions and for metrics of one class. For averages over classes they may be too wide,
    since a position that is a hit of one class in the best case may be a miss of another in the same case.

    Args:
        targets: labels, (rows,); several labels a row, (rows, labels); or steps or pixels, (rows, ..., 1), of which -1
            does not count.
        possible: which labels each position may have; see `possible_labels`.

    Attributes:
        are_certain: whether each position has one possible label.
    """

    def __init__(self, targets: np.ndarray, possible: np.ndarray) -> None:
        self._shape, self._counted = targets.shape, counted(targets)
        self._true = targets[self._counted].astype(np.int64)
        self._possible = possible.reshape(*targets.shape, -1)[self._counted]
        self._is_certain = self._possible.sum(axis=1) == 1
        self.are_certain = bool(self._is_certain.all())
        self._ends: dict[int | None, tuple[_Counts, _Counts]] = {}

    def of(self, name: str) -> Range | None:
        """Return the range of a metric; None if negres has no metric of labels of that name."""
        several = len(self._shape) == 2
        if name in ("matthews", "kappa"):
            return self._beyond_chance(name)
        if name == "hamming":
            lowest, highest = self._range(_accuracy)
            return 1 - highest, 1 - lowest
        # With one label a position, the hits and misses of all classes add up to the positions.
        if name == "accuracy" or (name.endswith("_micro") and not several):
            return self._range(_accuracy)
        if name == "exact_match":
            return self._range(_exact_match, axis=0)
        if name == "row_accuracy":
            return self._range(_accuracy, axis=0)
        score, _, which = ("recall" if name == "balanced_accuracy" else name.removeprefix("row_")).partition("_")
        if score not in OF_A_CLASS:
            return None
        average = functools.partial(_average, OF_A_CLASS[score], which or "macro")
        if several:
            return self._range(lambda counts: average(counts.of_class(1)), axis=1)
        if which.startswith("class_"):
            label = int(which.removeprefix("class_"))
            return self._range(lambda counts: float(OF_A_CLASS[score](counts.of_class(label)).mean()))
        return self._range(average, axis=0 if name.startswith("row_") else None)

    def _range(self, score: Callable[[_Counts], float], *, axis: int | None = None) -> Range:
        """Return a score of the worst and of the best counts; `axis` of the targets has the groups, if any."""
        if axis not in self._ends:
            self._ends[axis] = self._count(axis)
        worst, best = self._ends[axis]
        return score(worst), score(best)

    def _count(self, axis: int | None) -> tuple[_Counts, _Counts]:
        """Return the counts with the fewest hits and the most misses, and those with the reverse."""
        groups = np.zeros(len(self._true), dtype=np.int64)
        if axis is not None:
            along = np.arange(self._shape[axis]).reshape(
                [-1 if each == axis else 1 for each in range(len(self._shape))]
            )
            groups = np.broadcast_to(along, self._shape)[self._counted]
        number, classes = 1 + int(groups.max()), self._possible.shape[1]

        def table(chosen: np.ndarray) -> np.ndarray:
            places = groups[chosen] * classes + self._true[chosen]
            return np.bincount(places, minlength=number * classes).reshape(number, classes)

        support = table(np.ones(len(self._true), dtype=bool))
        may_hit = self._possible[np.arange(len(self._true)), self._true]
        may_miss = self._possible & (np.arange(classes) != self._true[:, None])
        hits = [table(each) for each in (may_hit & self._is_certain, may_hit)]
        misses = [
            np.stack([np.bincount(groups[of_class], minlength=number) for of_class in each.T], axis=1)
            for each in (may_miss, may_miss & self._is_certain[:, None])
        ]
        worst, best = (_Counts(*each, support) for each in zip(hits, misses, strict=True))
        return worst, best

    def _beyond_chance(self, name: str) -> Range:
        """Return the range of Matthews' correlation or of Cohen's kappa.

        With n positions, c of them right, and each class k given to p_k positions and true of t_k, they are n c - sum
        p_k t_k, divided by the square root of (n^2 - sum p_k^2) (n^2 - sum t_k^2), and by n^2 - sum p_k t_k.
        """
        true, possible, number = self._true, self._possible, float(len(self._true))
        classes = possible.shape[1]
        support = np.bincount(true, minlength=classes).astype(np.float64)
        beyond = _range_of_sum(number * (np.arange(classes) == true[:, None]) - support, possible)
        if name == "kappa":
            by_chance = _range_of_sum(np.broadcast_to(support, possible.shape), possible)
            divisors = [number**2 - each for each in by_chance]
        else:
            of_targets = number**2 - float((support**2).sum())
            given = (possible[self._is_certain].sum(axis=0), possible.sum(axis=0))
            of_labels = [max(number**2 - float((each.astype(np.float64) ** 2).sum()), 0.0) for each in given]
            divisors = [np.sqrt(each * of_targets) for each in of_labels]
        ends = [_quotient(each, divisor) for each in beyond for divisor in divisors]
        return min(ends), max(ends)


@dataclass(frozen=True, eq=False)
class _Counts:
    """True positives, false positives and targets of each class in each group, (groups, classes)."""

    hits: np.ndarray
    misses: np.ndarray
    support: np.ndarray

    def of_class(self, label: int) -> _Counts:
        """Return the counts of one class, with the groups as classes of one group."""
        if label >= self.hits.shape[1]:
            return _Counts(*3 * [np.zeros((1, len(self.hits)))])
        return _Counts(*(each[:, label][None] for each in (self.hits, self.misses, self.support)))

    def pooled(self) -> _Counts:
        """Return the counts of all classes together."""
        return _Counts(*(each.sum(axis=1, keepdims=True) for each in (self.hits, self.misses, self.support)))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    shares: np.ndarray = part / np.where(whole > 0, whole, 1)
    return shares


OF_A_CLASS: dict[str, Callable[[_Counts], np.ndarray]] = {
    "precision": lambda counts: _share(counts.hits, counts.hits + counts.misses),
    "recall": lambda counts: _share(counts.hits, counts.support),
    "f1": lambda counts: _share(2 * counts.hits, counts.hits + counts.misses + counts.support),
    "iou": lambda counts: _share(counts.hits, counts.misses + counts.support),
}
"""Metrics of each class, (groups, classes). None gets worse by a hit more or by a miss less."""


def _average(score: Callable[[_Counts], np.ndarray], which: str, counts: _Counts) -> float:
    """Return the average over the classes that a group has, averaged over groups."""
    if which == "micro":
        return float(score(counts.pooled()).mean())
    weights = counts.support if which == "weighted" else counts.support > 0
    if not weights.any():
        return float("nan")
    return float(np.average(score(counts), axis=1, weights=weights).mean())


def _accuracy(counts: _Counts) -> float:
    return float((counts.hits.sum(axis=1) / counts.support.sum(axis=1)).mean())


def _exact_match(counts: _Counts) -> float:
    return float((counts.hits.sum(axis=1) == counts.support.sum(axis=1)).mean())


def _range_of_sum(values: np.ndarray, possible: np.ndarray) -> Range:
    """Return the lowest and highest sum over positions of the value, (positions, classes), of one of their labels."""
    lowest, highest = np.where(possible, values, np.inf).min(axis=1), np.where(possible, values, -np.inf).max(axis=1)
    return float(lowest.sum()), float(highest.sum())


def _quotient(part: float, whole: float) -> float:
    """Return a quotient that is a correlation, and thus from -1 to 1."""
    return float(np.clip(part / whole, -1, 1)) if whole > 0 else float(np.sign(part))
