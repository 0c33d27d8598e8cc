"""Both arms were tuned alike: by the same number of trials, compared by the same metric, drawn in the same way."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run.arm import Arm
from negres_core.run.run import Run

NAME = "unequal tuning"
WHEN = "before"
FITS = True


def check(run: Run) -> Finding | None:
    """Compare how two arms were tuned; arms of which none is tuned are not judged."""
    if len(run.arms) != 2 or all(arm.tuned is None for arm in run.arms):
        return None
    treatment, control = (_words_of(arm) for arm in run.arms)
    return Finding(
        control=NAME,
        passed=treatment == control,
        found=f"treatment arm: {treatment}; control arm: {control}",
        threshold="expected the same: if two arms are equally good, the one with more trials looks better, because "
        "it is the best of more",
        remedy="Tune both arms, with the same `trials`, `sampler` and `on`. If the claim is about tuning itself, waive "
        "this control and say so.",
    )


def _words_of(arm: Arm) -> str:
    if (tuned := arm.tuned) is None:
        return "not tuned"
    on = "the metric of the claim" if tuned.on is None else getattr(tuned.on, "name", tuned.on)
    return f"{tuned.trials} trials in each cell, {tuned.sampler} sampler, on {on}"
