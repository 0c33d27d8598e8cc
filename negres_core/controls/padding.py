"""Padding does not count: no class is only that of the steps that fill up a row, and no metric scores such steps."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.claim import Metric
from negres_core.controls.positions import MOST_SAMPLED_ROWS, inputs_by_position
from negres_core.dataset.segmentation import NOT_COUNTED, counted
from negres_core.evidence import Finding
from negres_core.metrics import certain, find_metric, score_metric
from negres_core.run.run import Run

NAME = "padding"
WHEN = "before"
FITS = True

MIN_ROWS = 20
"""Fewest rows with such steps: among fewer, it may be chance."""

MIN_LENGTHS = 3
"""Fewest different places where such steps begin: padding fills up sequences of different lengths."""


def check(run: Run) -> Finding | None:
    """Look for a class that fills up the ends of sequences, and for a metric that scores labels which do not count.

    Padding has one label, and one input, such as zeros. It begins at another step in each row and lasts to the end, and
    neither its label nor its input is found anywhere else. A model that has learned that is right on all padded steps,
    so that every arm has a high accuracy. Images are not searched: a background has one label and one colour as well. A
    metric of the user's own is given predictions that differ only where labels do not count.
    """
    if run.data.task != "segmentation":
        return None
    padded, metric = _padded_share(run), run.metric
    counts_all = _counts_all(metric, run) if metric.compute and metric != find_metric(metric.name) else False
    faults = []
    if padded is not None:
        label, share = padded
        faults.append(
            f"class {label}, {share:.1%} of the steps, has only steps at the end of rows, all with the same input"
        )
    if counts_all:
        faults.append(f"{metric.name} changes with predictions for steps or pixels that do not count")
    return Finding(
        control=NAME,
        passed=not faults,
        found="; ".join(faults) or "no class is only that of padded steps, and no label that does not count is scored",
        threshold="expected neither: padding is not a label, and recognizing it is not a skill",
        remedy="Declare the label that does not count, Dataset(..., ignore_class=...), and use a loss that ignores "
        "it. In a metric of your own, leave out targets of -1.",
    )


def _padded_share(run: Run) -> tuple[int, float] | None:
    """Return the class that is padding, and its share of all steps that count; None if there is none."""
    data = run.data
    if data.y.ndim != 3:
        return None
    rows = spread_rows(len(data), most=MOST_SAMPLED_ROWS)
    x, y = inputs_by_position(data, rows), data.y[rows][..., 0]
    if x is None or len(rows) < MIN_ROWS:
        return None
    for label in np.unique(y[:, -1]).tolist():
        has_it = y == label
        ends = has_it[:, -1]
        lasts = bool((np.diff(has_it.astype(int), axis=1) >= 0).all())
        lengths = len(np.unique(has_it[ends].argmax(axis=1)))
        if label == NOT_COUNTED or not lasts or ends.sum() < MIN_ROWS or lengths < MIN_LENGTHS:
            continue
        filler = x[:, -1][ends][0]
        if np.array_equal((x == filler).all(axis=-1), has_it):
            return label, float(has_it.sum() / counted(y).sum())
    return None


def _counts_all(metric: Metric, run: Run) -> bool:
    """Return whether a metric changes with predictions of steps or pixels that do not count.

    The label that marks them is among these predictions: a metric that compares all labels takes it for a right one.
    """
    rows = spread_rows(len(run.data), most=MOST_SAMPLED_ROWS)
    y, classes = run.data.y[rows], run.data.outputs
    if counted(y).all() or classes < 2:
        return False
    predicted = [np.where(counted(y), y, label) for label in range(NOT_COUNTED, classes)]
    scores = [score_metric(metric, y, certain(each, classes)) for each in predicted]
    values = np.array([np.nan if score is None else score for score in scores])
    return bool(np.isfinite(values).all() and np.ptp(values) > 1e-9 * np.abs(values).max())
