"""Records of tuned arms: what is searched, before a run, and how an arm was tuned, after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.claim import Metric
from negres_core.evidence import RangeRecord, RecipeDescription, SearchBudget, TuningPlan, TuningRecord
from negres_core.provenance.fingerprint import digest_code, source_of
from negres_core.run.arm import Arm


def plan_of(tuned: Tuned, metric: Metric) -> TuningPlan:
    """Return the record of what a tuned arm searches; trials are compared by the metric."""
    from negres_core.engine.description import changed_settings

    return TuningPlan(
        make=name_of(tuned.make),
        source=source_of(tuned.make),
        code=digest_code([tuned.make, *changed_settings()]),
        space={name: _record_range(each) for name, each in tuned.ranges.items()},
        trials=tuned.trials,
        sampler=tuned.sampler,
        metric=metric.key,
        higher_is_better=metric.higher_is_better,
    )


def record_tuning(arm: Arm, metric: Metric, describe: Callable[[Recipe], RecipeDescription]) -> TuningRecord:
    """Return the record of how an arm was tuned, in the cells that it has.

    Args:
        arm: a tuned arm, trained.
        metric: the metric by which trials are compared.
        describe: returns the description of a recipe.
    """
    assert arm.tuned is not None, "the arm is not tuned"
    descriptions = [describe(recipe) for recipe in arm.recipes]
    return TuningRecord(
        plan=plan_of(arm.tuned, metric),
        searches=list(arm.searches),
        recipes={each.digest: each for each in descriptions},
        chosen=[each.digest for each in descriptions],
        budget=SearchBudget.of(
            arm.trials[id] for search in arm.searches for trial in search.trials for id in trial.replicates
        ),
    )


def _record_range(given: Any) -> RangeRecord:
    if hasattr(given, "choices"):
        return RangeRecord(kind="choice", choices=list(given.choices))
    kind: Literal["float", "int"] = "float" if isinstance(given.low, float) else "int"
    return RangeRecord(kind=kind, low=given.low, high=given.high, log=given.log, step=given.step)
