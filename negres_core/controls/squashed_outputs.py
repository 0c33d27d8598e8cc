"""Outputs were squashed once: they do not press against the bounds of a softmax of a softmax, or of two sigmoids."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"

EDGE = 0.05
"""How near to a bound counts as pressed against it, in log-odds, whose range is 1."""
CROWD = 0.2
"""Share of the rows, or outputs, that are a crowd at a bound. A trained net has over half there; of rows that stop
short of a bound by chance, the most certain twentieth of the scale holds few."""
ROUNDING = 1e-3


def check(run: Run) -> Finding | None:
    """Look at the log-odds of the outputs of one replicate of each arm.

    A second softmax is given values between 0 and 1, so the logarithms of its outputs in a row are never more than 1
    apart; a second sigmoid's log-odds lie between 0 and 1. A trained net presses against that: what it is sure of comes
    as near as it can. A net that has learned little stays inside too, but its most certain rows have no edge in common.
    """
    found, passed = [], True
    for arm, _, inspection in run.inspections():
        outputs = inspection.outputs.astype(np.float64)
        several = run.data.task == "classification" and outputs.shape[1] > 1
        if several and outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
            squashed, seen = _softmax_twice(outputs)
        elif not several and outputs.min() >= 0 and outputs.max() <= 1:
            squashed, seen = _sigmoid_twice(outputs)
        else:
            continue
        passed &= not squashed
        found.append(f"{arm.role} {seen}")
    if not found:
        return None
    return Finding(
        control="squashed outputs",
        passed=passed,
        found="; ".join(found),
        threshold=f"log-odds beyond 1 somewhere, or fewer than {CROWD:.0%} within .05 of that bound, in one class: "
        "a crowd at an edge that none passes is no chance",
        remedy="Drop one of the two softmax or sigmoid layers; the model's last layer needs the only one.",
    )


def _softmax_twice(outputs: np.ndarray) -> tuple[bool, str]:
    logs = np.log(np.maximum(outputs, 1e-30))
    spread = logs.max(axis=1) - logs.min(axis=1)
    edge = (spread > 1 - EDGE) & (spread <= 1 + ROUNDING)
    # Rows that all get the same answer, the shares of classes that happen to be e to 1, press against nothing.
    crowd = np.bincount(outputs.argmax(axis=1)[edge], minlength=2)
    squashed = spread.max() <= 1 + ROUNDING and edge.mean() >= CROWD and crowd.max() <= 0.95 * crowd.sum()
    return bool(squashed), f"log-odds up to {spread.max():.3g}, {edge.mean():.1%} of rows at the bound of 1"


def _sigmoid_twice(outputs: np.ndarray) -> tuple[bool, str]:
    inside = np.clip(outputs, 1e-30, 1 - 1e-16)
    odds = np.log(inside) - np.log1p(-inside)
    low, high = float(np.mean(np.abs(odds) <= EDGE)), float(np.mean(np.abs(odds - 1) <= EDGE))
    squashed = odds.min() >= -ROUNDING and odds.max() <= 1 + ROUNDING and low + high >= CROWD and min(low, high) > 0
    return bool(squashed), f"log-odds from {odds.min():.3g} to {odds.max():.3g}, {low:.1%} at 0 and {high:.1%} at 1"
