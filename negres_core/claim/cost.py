"""Costs as metrics: what training takes, in all or until a metric reaches a target on validation rows."""

from __future__ import annotations

import math
import numbers
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

from negres_core.claim.metric import Metric
from negres_core.claim.scorers import Given, as_metric
from negres_core.errors import InputError

CostName = Literal["epochs", "steps", "flops", "seconds"]

COST_UNITS: dict[CostName, str] = {"epochs": "epochs", "steps": "steps", "flops": "FLOPs", "seconds": "s"}
"""The unit of each cost."""


@dataclass(frozen=True)
class CostMetric(Metric):
    """A metric of what training costs; less is better.

    Attributes:
        counted_in: the cost: passes over the training fold, optimizer steps, floating-point operations, or seconds.
        watched: the metric that is measured on validation rows after each epoch, or its name; None for the cost of the
            whole training.
        target: the value of that metric up to which the cost is counted.
    """

    _: KW_ONLY
    counted_in: CostName = "epochs"
    watched: Metric | str | None = None
    target: float | None = None

    @property
    def aim(self) -> str:
        """The metric and its target in words, such as "accuracy 0.9"."""
        name = self.watched.name if isinstance(self.watched, Metric) else self.watched
        return f"{name} {self.target:g}"


COSTS: dict[str, CostMetric] = {
    name: CostMetric(name, higher_is_better=False, unit=unit, counted_in=name) for name, unit in COST_UNITS.items()
}
"""The costs of a whole training, by the name that a claim uses."""


def to_reach(metric: Given, target: float, *, in_: CostName = "epochs") -> CostMetric:
    """Return a metric of the cost of training until a metric reaches a target on validation rows; lower is better.

    Validation rows are neither trained nor tested on. They are those of the design or, if it has none, a tenth of each
    training fold, the same for all arms. The metric is measured on them after each epoch, and the cost is that of all
    epochs up to the first one after which the metric is at the target or better, including previous stages. A run that
    never reaches the target counts at the budget that all arms share (a restricted mean), and the evidence says how
    many such runs there were.

    Args:
        metric: the metric that has to reach the target, as for a claim: its name, a `Metric` with `compute`, or a
            scorer of scikit-learn.
        target: the value to reach, in the unit of that metric.
        in_: what is counted, which is also the unit of the claim's margin: "epochs", "steps", "flops" or "seconds".

    Raises:
        InputError: the target is not a finite number, or there is no such cost.

    Examples:
        >>> to_reach("accuracy", 0.9, in_="flops").name
        'FLOPs to accuracy 0.9'
    """
    if in_ not in get_args(CostName):
        raise InputError(
            "`in_` has to be the unit in which the cost to reach a target is counted.",
            received=f"in_={in_!r}",
            remedy=f"Give one of: {', '.join(get_args(CostName))}.",
        )
    if isinstance(target, bool) or not isinstance(target, numbers.Real) or not math.isfinite(target):
        raise InputError(
            "The target of to_reach has to be a finite number.",
            received=f"target={target!r}",
            remedy='Give the value to reach, in the unit of the metric: to_reach("accuracy", 0.9, in_="epochs").',
        )
    watched = as_metric(metric)
    name = watched.name if isinstance(watched, Metric) else watched
    if isinstance(watched, CostMetric) or not isinstance(name, str) or not name:
        raise InputError(
            "to_reach needs a metric of predictions.",
            received=metric,
            remedy='Give the name of a metric, for example "accuracy"; a Metric(..., compute=function); or a scorer.',
        )
    unit = COST_UNITS[in_]
    counted = "seconds" if in_ == "seconds" else unit
    return CostMetric(
        f"{counted} to {name} {float(target):g}",
        higher_is_better=False,
        unit=unit,
        counted_in=in_,
        watched=watched,
        target=float(target),
    )


def watched_metric(metric: Metric) -> Metric | None:
    """Return the metric that a claim about the cost to a target watches; None for any other claim."""
    return metric.watched if isinstance(metric, CostMetric) and isinstance(metric.watched, Metric) else None


def shared_budget(metric: CostMetric) -> Literal["epochs", "steps", "flops"] | None:
    """Return what the budgets of both arms have to be equal in, at which runs count that do not reach the target.

    Budgets in seconds are known when they are spent, and the smaller one of each cell counts; the cost of a whole
    training needs no budget. For these it is None.
    """
    return None if metric.watched is None or metric.counted_in == "seconds" else metric.counted_in
