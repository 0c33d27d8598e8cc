"""A/A: a second seed of the same arm changes its weights, but makes no clear difference in the claim's metric."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import MIN_P_VALUE, TRUE_TARGETS, by_role, p_better, true_targets
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "A/A"
WHEN = "small runs"
FITS = True
small_runs = true_targets


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare two seeds of each arm over the cells of a small run: in the claim's metric, and in the final weights."""
    results, passed = [], True
    for role, small_run in by_role(trained, TRUE_TARGETS).items():
        arm = small_run.arms[0]
        values = small_run.values(arm, run.metric.key)
        if not np.isfinite(values).all():
            continue  # the arm diverges at this size, which is not an effect of the seed
        differences = values[..., 1] - values[..., 0]
        mean = round(float(differences.mean()), 12) + 0.0  # neither rounding errors nor a negative zero are displayed
        p_value = min(1.0, 2 * min(p_better(sign * differences, small_run) for sign in (1, -1)))
        final = [[weight.end for weight in replicate.weights if weight.trainable] for replicate in arm.replicates]
        same = sum(one == other for one, other in zip(final[::2], final[1::2], strict=True))
        passed &= p_value >= MIN_P_VALUE
        in_weights = ""
        if any(final):  # a fit that records no weights may well not depend on its seed
            passed &= same < len(small_run.cells)
            in_weights = f"; {same} of {len(small_run.cells)} cells end in the same weights"
        results.append(
            f"{role} arm: a second seed differs by {mean:+.4g} {run.metric.unit}, p {p_value:.2g} "
            f"(two-sided corrected t){in_weights}"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold=f"expected p of {MIN_P_VALUE:g} or more, and different weights in at least one cell: a difference "
        "between equal arms comes from the pipeline, and a seed must have an effect",
        remedy="Look for state that outlives a replicate, such as weights, an optimizer or a generator that is created "
        "only once, and for a seed that is set to a constant.",
    )
