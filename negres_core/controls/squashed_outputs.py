"""Outputs were squashed only once: they do not press against the bounds of a double softmax or a double sigmoid."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run.run import Run
from negres_core.thresholds import BOUND_MARGIN_LOG_ODDS, ROUNDING_ERROR

NAME = "squashed outputs"
WHEN = "after"

MIN_SHARE_AT_BOUND = 0.2
"""Share of the rows, or outputs, that press against a bound. A trained network has over half of them there; if rows
stay inside a bound by chance, few are in the outermost twentieth of the scale."""


def check(run: Run) -> Finding | None:
    """Check the log-odds of the outputs of one replicate of each arm.

    A second softmax receives values between 0 and 1, so the logarithms of its outputs in a row differ by 1 at most; the
    log-odds of a second sigmoid lie between 0 and 1. A trained network presses against these bounds: where it is
    certain, it comes as close as it can. A network that has learned little stays inside them too, but its most certain
    rows share no edge.
    """
    results, passed = [], True
    for arm, _, inspection in run.inspections():
        outputs = inspection.outputs.astype(np.float64)
        if run.data.task == "segmentation":
            outputs = outputs.reshape(-1, outputs.shape[-1])
        has_softmax = run.data.classes > 0 and outputs.shape[1] > 1
        if has_softmax and outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
            is_squashed, log_odds = _check_softmax(outputs)
        elif not has_softmax and outputs.min() >= 0 and outputs.max() <= 1:
            is_squashed, log_odds = _check_sigmoid(outputs)
        else:
            continue
        passed &= not is_squashed
        results.append(f"{arm.role} arm has {log_odds}")
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold=f"expected log-odds beyond 1 somewhere, or fewer than {MIN_SHARE_AT_BOUND:.0%} within "
        f"{BOUND_MARGIN_LOG_ODDS:g} of the bounds, or only in one class: many outputs at a bound that none exceeds do "
        "not occur by chance",
        remedy="Remove one of the two softmax or sigmoid layers; only the last layer needs one.",
    )


def _check_softmax(outputs: np.ndarray) -> tuple[bool, str]:
    """Return whether softmax outputs look like those of a double softmax, and their log-odds in words."""
    logs = np.log(np.maximum(outputs, 1e-30))
    spread = logs.max(axis=1) - logs.min(axis=1)
    at_bound = (spread > 1 - BOUND_MARGIN_LOG_ODDS) & (spread <= 1 + ROUNDING_ERROR)
    # If all rows get the same answer, class shares that happen to be e to 1, they press against nothing.
    counts = np.bincount(outputs.argmax(axis=1)[at_bound], minlength=2)
    is_bounded = spread.max() <= 1 + ROUNDING_ERROR
    is_squashed = is_bounded and at_bound.mean() >= MIN_SHARE_AT_BOUND and counts.max() <= 0.95 * counts.sum()
    return bool(is_squashed), f"log-odds up to {spread.max():.3g}, {at_bound.mean():.1%} of rows at the bound of 1"


def _check_sigmoid(outputs: np.ndarray) -> tuple[bool, str]:
    """Return whether sigmoid outputs look like those of a double sigmoid, and their log-odds in words."""
    inside = np.clip(outputs, 1e-30, 1 - 1e-16)
    log_odds = np.log(inside) - np.log1p(-inside)
    low, high = (float(np.mean(np.abs(log_odds - bound) <= BOUND_MARGIN_LOG_ODDS)) for bound in (0, 1))
    is_bounded = log_odds.min() >= -ROUNDING_ERROR and log_odds.max() <= 1 + ROUNDING_ERROR
    is_squashed = is_bounded and low + high >= MIN_SHARE_AT_BOUND and min(low, high) > 0
    shown = f"log-odds from {log_odds.min():.3g} to {log_odds.max():.3g}, {low:.1%} at 0 and {high:.1%} at 1"
    return bool(is_squashed), shown
