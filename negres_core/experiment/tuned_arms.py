"""Tuned arms among the arguments of an experiment: what is known and checked of them before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Draws, Tuned
from negres_core.claim import Claim, CostMetric, Metric
from negres_core.dataset import Dataset
from negres_core.design import Design, nested_cells
from negres_core.errors import InputError
from negres_core.evidence import TuningPlan
from negres_core.experiment.tuning_record import plan_of
from negres_core.metrics import metric_of
from negres_core.run.arm import Role


class TunedArm(NamedTuple):
    """A tuned arm that was checked.

    Attributes:
        tuned: the arm.
        metric: the metric by which its trials are compared.
        plan: the record of what it searches.
    """

    tuned: Tuned
    metric: Metric
    plan: TuningPlan


def first_recipe(arm: Recipe | Tuned) -> Recipe:
    """Return the recipe of an arm; of a tuned one that of its first trial, by which it is checked beforehand."""
    return arm.recipe(Draws(arm).ask()) if isinstance(arm, Tuned) else arm


def tuned_arms(
    arms: Mapping[Role, Recipe | Tuned],
    recipes: Mapping[Role, Recipe],
    metric: Metric,
    design: Design,
    data: Dataset,
    *,
    equal: object,
) -> dict[Role, TunedArm]:
    """Return the tuned arms, by their roles, after checking that they can be searched for.

    Args:
        arms: all arms.
        recipes: a recipe of each arm.
        metric: the metric of the claim.
        design: the design.
        data: the data set.
        equal: what budgets are made equal in, or None.

    Raises:
        InputError: a training fold is too small to give up validation rows, a metric of the trials does not exist, or
            the claim or the experiment needs one budget for an arm that has several.
    """
    tuned = {role: arm for role, arm in arms.items() if isinstance(arm, Tuned)}
    if not tuned:
        return {}
    if isinstance(metric, CostMetric):
        raise InputError(
            "A claim about a cost cannot have a tuned arm, because it is not defined whether the trials count as cost.",
            received=f"a claim about {metric.name}, and a tuned {' and '.join(tuned)} arm",
            remedy="Make a claim about a metric of predictions; the evidence has the cost of the trials. Or write "
            "recipes with the chosen settings.",
        )
    if equal is not None:
        raise InputError(
            "Budgets cannot be made equal for a tuned arm, because each of its trials may have another budget.",
            received=f"equal={equal!r}",
            remedy="Leave `equal` out, and let the functions of both arms give their recipes the same epochs.",
        )
    nested_cells(design, data)
    return {role: tuned_arm(role, arm, recipes[role], metric, data) for role, arm in tuned.items()}


def tuned_arm(role: Role, arm: Tuned, recipe: Recipe, claimed: Metric, data: Dataset) -> TunedArm:
    """Return a tuned arm, with the metric of its trials looked up for one of its recipes.

    Raises:
        InputError: there is no such metric.
    """
    from negres_core.experiment.completion import check_metric

    metric = claimed
    if arm.on is not None:
        declared = recipe.fit.metrics if recipe.fit else ()
        own = [declared if arm.on in [each.name for each in declared] else None]
        metric = metric_of(Claim.about("reaches", arm.on, 0.0), task=data.task, own=own, targets=data.y)
        if isinstance(metric, CostMetric):
            raise InputError(
                f"The trials of the {role} arm cannot be compared by a cost: the cheapest recipe would be one that "
                "learns nothing.",
                received=f"on={arm.on!r}",
                remedy='Give a metric of predictions, such as on="log_loss".',
            )
        check_metric(metric, [recipe], data)
    return TunedArm(arm, metric, plan_of(arm, metric))
