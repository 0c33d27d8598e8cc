"""Bounds of metrics: the largest value that one can have, and which of them are the share of rows an arm gets right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from negres_core.dataset import Task

SHARES = (
    *("accuracy", "precision", "recall", "f1", "balanced_accuracy"),
    *("precision_weighted", "recall_weighted", "f1_weighted", "precision_micro", "recall_micro", "f1_micro"),
    *("roc_auc", "average_precision", "ece"),
    *("exact_match", "hamming", "ranking_average_precision"),
    *("iou", "row_accuracy", "row_f1", "row_iou"),
)
"""Metrics that are shares, from 0 to 1; and so is every top_K, and F1 and IoU of one class."""

UP_TO_ONE = ("matthews", "kappa", "r2", "ssim", "skill", "loss_skill")
"""Metrics that are 1 for a perfect prediction, and may be negative."""

COUNTED = ("accuracy", "exact_match", "recall_weighted", "precision_micro", "recall_micro", "f1_micro")
"""Metrics that are the share of test rows that an arm gets right, if rows have one label; and so is every top_K."""


def is_share(name: str) -> bool:
    """Return whether a metric of negres is a share, from 0 to 1."""
    return name in SHARES or _is_top(name) or re.fullmatch(r"(f1|iou)_class_\d+", name) is not None


def counts_rows(name: str, *, task: Task | None) -> bool:
    """Return whether a metric of negres is the share of test rows that an arm gets right.

    With several labels a row, or with a label for each step or pixel, only the exact match counts rows.
    """
    if task in ("multilabel", "segmentation"):
        return name == "exact_match"
    return name in COUNTED or _is_top(name)


def highest_of(name: str) -> float | None:
    """Return the value of a metric of negres that no arm can exceed; None if higher is not better, or not bounded."""
    return 1.0 if (is_share(name) and name not in ("ece", "hamming")) or name in UP_TO_ONE else None


def _is_top(name: str) -> bool:
    return re.fullmatch(r"top_\d+", name) is not None
