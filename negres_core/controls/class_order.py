"""The classes that a fit predicts are those of the data set: no other order of them is nearer to its labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.dataset.segmentation import counted
from negres_core.evidence import Finding
from negres_core.metrics import Predicted
from negres_core.run.arm import Arm
from negres_core.run.models import Models
from negres_core.run.run import Run

NAME = "class order"
WHEN = "after"
FITS = True

STANDARD_ERRORS = 6.0
"""By how many standard errors another order has to be nearer."""
MIN_ROWS = 30
"""Fewest training rows of which predictions are asked."""
MOST_ROWS = 2_000
"""Most training rows of which predictions are asked, or steps or pixels of `MIN_ROWS` rows or more."""


def check(run: Run) -> Finding | None:
    """Let fits predict their own training rows in the first cell, and look for an order of classes that fits better.

    On rows that it was fitted to, a fit that learned anything is right more often than by chance, whatever the test
    fold is like. If class 3 is predicted where the label is 5, columns of probabilities are in another order than the
    labels, or one of two encodings was sorted. Half of the rows choose the order, and the other half is judged by it.
    """
    if run.models is None or not run.data.classes:
        return None
    results = [
        (fault, f"{arm.role} arm {words}")
        for arm in run.arms
        if arm.recipe.fit is not None
        for fault, words in [_judge(run, run.models, arm)]
        if words
    ]
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=not any(fault for fault, _ in results),
        found="; ".join(words for _, words in results),
        threshold=f"expected no other order of the classes to agree better by {STANDARD_ERRORS:g} standard errors: a "
        "fit that learned anything knows the labels of the rows that it was fitted to",
        remedy="Order the columns of probabilities by the labels of the data set, 0 to classes - 1: scikit-learn sorts "
        "them by `classes_`.",
    )


def _judge(run: Run, models: Models, arm: Arm) -> tuple[bool, str]:
    """Return whether there is a fault in one fit, and what was found; no words if it cannot be judged."""
    most = max(MIN_ROWS, MOST_ROWS // run.data.y[0].size)
    rows = np.random.default_rng(0).permutation(run.cells[0].train)[:most]
    labels = run.data.y[rows]
    answer = models.refit(arm, 0, labels, rows) if len(rows) >= MIN_ROWS else {}
    if isinstance(answer, Mapping):
        return False, ""
    predicted = Predicted.of(np.asarray(answer), task=run.data.task)
    classes = run.data.outputs
    shares = predicted.outputs if predicted.outputs is not None else np.eye(classes)[predicted.best]
    if run.data.task == "segmentation":
        shares = shares.reshape(*labels.shape[:-1], classes)[counted(labels)[..., 0]]
        labels = labels[counted(labels)]
    shares = shares - shares.mean(axis=0)
    # Two halves: each is judged by the order that the other has chosen.
    gains = [_gains(shares, labels, chosen=chosen, judged=1 - chosen) for chosen in (0, 1)]
    gain = np.concatenate(gains)
    # Steps or pixels of a row are hardly independent, so rows count.
    error = gain.std() / np.sqrt(len(rows))
    own = float(shares[np.arange(len(labels)), labels].mean())
    fault = min(each.mean() for each in gains) > 0 and gain.mean() > STANDARD_ERRORS * error and own <= gain.mean()
    return bool(fault), (
        f"agrees with its {len(labels)} training labels by {own:+.3f}, and by {gain.mean():+.3f} more (standard error "
        f"{error:.3f}) with another order of the classes"
    )


def _gains(shares: np.ndarray, labels: np.ndarray, *, chosen: int, judged: int) -> np.ndarray:
    """Return by how much each row of one half is nearer to its label in the order that is best for the other half."""
    from scipy.optimize import linear_sum_assignment

    agreed = np.zeros((shares.shape[1], shares.shape[1]))
    np.add.at(agreed, labels[chosen::2], shares[chosen::2])
    order = linear_sum_assignment(agreed, maximize=True)[1]
    if agreed.trace() >= agreed[np.arange(len(order)), order].sum() - 1e-9:
        order = np.arange(len(order))
    x, y = shares[judged::2], labels[judged::2]
    rows = np.arange(len(y))
    gains: np.ndarray = x[rows, order[y]] - x[rows, y]
    return gains
