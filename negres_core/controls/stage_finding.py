"""The finding of a control that looks at every stage: those at fault, or else those that are sound."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.evidence import Finding
from negres_core.run.arm import Arm


def describe_stage(arm: Arm, recipe: Recipe) -> str:
    """Return the name of a recipe's last stage, and whose it is."""
    return f"{name_of(recipe.last.build)} of the {arm.role} arm"


def stage_finding(
    control: str, faults: Sequence[str], sound: Sequence[str], *, threshold: str, remedy: str
) -> Finding | None:
    """Return the finding of a control about stages, each described by a sentence; None if it judged no stage."""
    if not faults and not sound:
        return None
    return Finding(
        control=control,
        passed=not faults,
        found="; ".join(faults or sound),
        threshold=threshold,
        remedy=remedy,
    )
