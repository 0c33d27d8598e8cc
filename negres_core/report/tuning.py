"""Tuned arms in words: how each was searched for, what it chose, and what that took."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import ArmRecord, SearchBudget, TrialRecord, TuningRecord
from negres_core.report.layout import plural, show_number


def describe_tuning(arms: Sequence[ArmRecord]) -> list[str]:
    """Return a few lines about the tuned arms; none if there are none."""
    tuned = [(arm.role, arm.tuning) for arm in arms if arm.tuning is not None]
    lines = [line for role, tuning in tuned for line in _lines(role, tuning)]
    if tuned:
        first = "; ".join(f"{role} arm {_settings(tuning.searches[0].best)}" for role, tuning in tuned)
        lines.append(f"controls before training were given what the first cell chose: {first}")
    return lines


def _lines(role: str, tuning: TuningRecord) -> list[str]:
    plan, best = tuning.plan, [search.best for search in tuning.searches]
    settings, times = Counter(map(_settings, best)).most_common(1)[0]
    scores = [each.score for each in best if each.score is not None]
    mean = show_number(math.fsum(scores) / len(scores)) if scores else "not finite"
    cells = plural(len(best), "cell")
    return [
        f"{role} arm: {plan.trials} trials in each of {cells}, {plan.sampler} sampler, {_spent(tuning.budget)}",
        f"{role} arm: chose {settings} in {times} of {cells}; {show(plan.metric.partition('@')[0])} {mean} for the "
        "chosen trials on validation rows, which is too good, since they were chosen by it",
    ]


def _spent(budget: SearchBudget) -> str:
    parts = []
    if budget.epochs:
        parts.append(f"{budget.epochs:,} epochs, {budget.steps:,} steps, {budget.flops:.3g} operations")
    if budget.seconds is not None:
        parts.append(f"{budget.seconds:,.1f} s of training")
    return "; ".join(parts) or "not measured"


def _settings(trial: TrialRecord) -> str:
    words = {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in trial.settings.items()}
    return show(", ".join(f"{name}={value}" for name, value in words.items()))
