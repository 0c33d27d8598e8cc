"""Arms differ: they are not the same computation under two names."""

from __future__ import annotations

from negres_core.arms.recipe import Recipe
from negres_core.evidence import Finding
from negres_core.run.arm import Arm
from negres_core.run.run import Run

NAME = "equal arms"
WHEN = "before"
FITS = True


def check(run: Run) -> Finding | None:
    """Compare the untrained models of two arms, and how they are trained.

    The arms are one if the same weights give the same outputs, in training and in inference mode, and if initial
    weights, loss, optimizer and epochs are the same. Names do not count, nor do layers without an effect: a flag that
    nothing reads, a branch that leads nowhere, a branch that is multiplied by 0.
    """
    if run.models is None or len(run.arms) != 2:
        return None
    if (recipes := _recipes_of(*run.arms)) is None:
        return None
    treatment, control = recipes
    same = run.models.same_training(treatment, control)
    return Finding(
        control=NAME,
        passed=not same,
        found=f"the arms {treatment} and {control} {'train the same function in the same way' if same else 'differ'}",
        threshold="expected a difference in what is computed or how it is trained: equal arms always match, and say "
        "nothing about the idea",
        remedy="Check that the treatment has an effect on the model: that its options are read, and that its layers "
        "are connected to the outputs.",
    )


def _recipes_of(treatment: Arm, control: Arm) -> tuple[Recipe, Recipe] | None:
    """Return the recipes to compare; None if one arm is tuned and the other is not, or if they search other spaces.

    Tuned arms are compared at the settings that the treatment arm chose in the first cell: both may choose the same
    recipe there, and not be the same search.
    """
    if treatment.tuned is None and control.tuned is None:
        return treatment.recipe, control.recipe
    if treatment.tuned is None or control.tuned is None:
        return None
    if treatment.tuned.ranges != control.tuned.ranges or not treatment.searches:
        return None
    return treatment.recipe, control.tuned.recipe(treatment.searches[0].best.settings)
