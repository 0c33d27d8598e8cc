"""Scores of one replicate: the metrics of its task, and a summary of what it predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.metrics import METRICS, score_images, score_labels, score_values


def score(
    data: Dataset, cell: Cell, predicted: np.ndarray, *, finite: bool, classes: int = 0
) -> tuple[dict[str, float], dict[str, Any]]:
    """Score predictions of a test fold.

    Args:
        data: the data set.
        cell: the cell.
        predicted: class labels, (rows,), or values in the shape of the targets.
        classes: how many labels could be predicted, of which the summary counts each.
        finite: whether everything is; where not, all metrics are NaN, and the summary is empty.

    Returns:
        Metrics by name, without those of a loss; and the summary that a record keeps.
    """
    if not finite:
        names = [name for name, metric in METRICS.items() if data.task in metric.tasks and "loss" not in name]
        return dict.fromkeys(names, float("nan")), {}
    y = data.y[cell.test]
    if data.task == "classification":
        return score_labels(y, predicted), {"counts": np.bincount(predicted, minlength=classes).tolist()}
    metrics = score_values(y, predicted)
    summary: dict[str, Any] = {"mean": float(predicted.mean()), "sd": float(predicted.std())}
    if data.task == "reconstruction":
        metrics |= score_images(y, predicted, mean=data.y[cell.train].mean(axis=0), span=data.span)
        summary |= _summarize_images(predicted, data)
    return metrics, summary


def _summarize_images(predicted: np.ndarray, data: Dataset) -> dict[str, float | int]:
    """Summarize raw outputs, and what 8 bits show of them."""
    shown = data.as_shown(predicted)
    return {
        "low": float(predicted.min()),
        "high": float(predicted.max()),
        "shown_values": int(np.count_nonzero(np.bincount(shown.reshape(-1), minlength=256))),
        "shown_black": float(np.mean(shown == 0)),
        "shown_white": float(np.mean(shown == 255)),
    }
