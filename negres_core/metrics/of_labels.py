"""Metrics of predicted class labels, both (rows,); scikit-learn computes them.

Macro averages are over the classes of the test fold, and a class that is never predicted has precision 0.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

AVERAGES = ("macro", "weighted", "micro")
AVERAGED = ("precision", "recall", "f1")


def name_of_average(name: str, average: str) -> str:
    """Return the name of an averaged metric; the macro average, which negres has always had, has the short one."""
    return name if average == "macro" else f"{name}_{average}"


class Pairs(NamedTuple):
    """The different pairs of a target and a predicted label, and how many rows have each.

    scikit-learn's functions take counts as weights of rows, and give the same numbers of a few pairs as of all rows.
    """

    targets: np.ndarray
    labels: np.ndarray
    counts: np.ndarray


def count_pairs(targets: np.ndarray, labels: np.ndarray) -> Pairs:
    """Count the pairs of targets and predicted labels, both (rows,)."""
    both = np.stack([targets, labels]).astype(np.int64)
    low = both.min()
    span = both.max() - low + 1
    codes, counts = np.unique((both[0] - low) * span + both[1] - low, return_counts=True)
    return Pairs(codes // span + low, codes % span + low, counts)


def accuracy(targets: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of rows with the right label."""
    return float((targets == labels).mean())


def averages(targets: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return precision, recall and F1 in each average, by name."""
    return averages_of(count_pairs(targets, labels))


def averages_of(pairs: Pairs) -> dict[str, float]:
    """Return precision, recall and F1 in each average, by name."""
    from sklearn.metrics import precision_recall_fscore_support

    y, labels, counts = pairs
    each = precision_recall_fscore_support(y, labels, labels=np.unique(y), sample_weight=counts, zero_division=0.0)
    shares = each[3] / each[3].sum()
    # With one label a row, true positives over all classes are the rows with the right label, and so are both others.
    right = float(counts[y == labels].sum() / counts.sum())
    averaged = {"macro": lambda values: values.mean(), "weighted": lambda values: values @ shares}
    return {
        name_of_average(name, average): float(averaged[average](values)) if average in averaged else right
        for average in AVERAGES
        for name, values in zip(AVERAGED, each, strict=False)
    }


def _averaged(name: str, targets: np.ndarray, labels: np.ndarray) -> float:
    return averages(targets, labels)[name]


AVERAGED_FUNCTIONS = {
    name: functools.partial(_averaged, name)
    for name in (name_of_average(each, average) for average in AVERAGES for each in AVERAGED)
}
"""The function of each averaged metric, by its name."""


def matthews(targets: np.ndarray, labels: np.ndarray) -> float:
    """Return Matthews' correlation coefficient: 1 is perfect, 0 is what a constant or chance has."""
    return matthews_of(count_pairs(targets, labels))


def matthews_of(pairs: Pairs) -> float:
    """Return Matthews' correlation coefficient; see `matthews`."""
    from sklearn.metrics import matthews_corrcoef

    if len(np.union1d(pairs.targets, pairs.labels)) < 2:
        return 0.0  # as scikit-learn, which also warns
    return float(matthews_corrcoef(pairs.targets, pairs.labels, sample_weight=pairs.counts))


def kappa(targets: np.ndarray, labels: np.ndarray) -> float:
    """Return Cohen's kappa: the agreement beyond that of chance; NaN if targets and labels are one class."""
    return kappa_of(count_pairs(targets, labels))


def kappa_of(pairs: Pairs) -> float:
    """Return Cohen's kappa; see `kappa`."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.union1d(pairs.targets, pairs.labels)) < 2:
        return float("nan")
    return float(cohen_kappa_score(pairs.targets, pairs.labels, sample_weight=pairs.counts))
