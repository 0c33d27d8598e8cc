"""The metric of a claim: its name, direction and unit, and the function that computes it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from negres_core.arguments import explain_arguments
from negres_core.errors import InputError

if TYPE_CHECKING:
    from negres_core.dataset import Task

Compute = Callable[[Any, Any], Any]
"""A function of targets and of what an arm predicts for them, which returns one number."""

Takes = Literal["outputs", "labels"]

CODE_DIGITS = 12
"""Hexadecimal digits of a function's digest that are part of the name under which a record keeps its metric."""


@explain_arguments("metric", {})
@dataclass(frozen=True)
class Metric:
    """The name, the direction and the unit of a metric, and the function that computes it.

    Give one to a claim: `beats(Metric("cost", ..., compute=cost), by=5)`. Without `compute` it declares a metric that a
    `Fit` returns itself, so that a claim can name it.

    Attributes:
        name: the name in tables and evidence. A metric with `compute` needs a name that no metric of negres has.
        higher_is_better: the direction. The sign of an effect is chosen so that positive is better.
        unit: the unit of its values, and therefore of effects and margins.
        tasks: the tasks that it applies to; empty for any task.
        compute: None, or a function (targets, outputs) of a test fold that returns one number. `targets` are those of
            the data set, (rows, ...). `outputs` are what an arm predicts for them: probabilities, (rows, classes), for
            class labels, and (rows, ..., classes) for labels of steps or pixels, where targets of -1 do not count;
            otherwise values in the shape of the targets. The code of the function is part of what is registered.
        takes: "outputs", or "labels" if the function takes predicted labels, in the shape of the targets, instead of
            probabilities.

    Raises:
        InputError: a field has the wrong type, or `compute` does not take two arguments.

    Examples:
        >>> Metric("confidence", higher_is_better=True, unit="probability")
        Metric(name='confidence', higher_is_better=True, unit='probability', tasks=())
        >>> def cost(targets, labels):
        ...     return 100 * (labels < targets).mean() + 1 * (labels > targets).mean()
        >>> of_cost = Metric("cost", higher_is_better=False, unit="EUR a row", compute=cost, takes="labels")
    """

    name: str
    _: KW_ONLY
    higher_is_better: bool
    unit: str
    tasks: tuple[Task, ...] = ()
    compute: Compute | None = field(default=None, repr=False)
    takes: Takes = field(default="outputs", repr=False)
    code: str | None = field(default=None, init=False, repr=False, compare=False)
    """Digest of what a user's `compute` does; None for a metric of negres or of a fit, and before it is looked up."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(
                "A metric needs a name.", received=self.name, remedy='Give a string, such as Metric("cost", ...).'
            )
        if self.takes not in get_args(Takes):
            raise InputError(
                f"`takes` of the metric {self.name!r} states what its function receives besides the targets.",
                received=f"takes={self.takes!r}",
                remedy=f"Give one of: {', '.join(get_args(Takes))}.",
            )
        if self.compute is not None:
            _check_function(self.name, self.compute)

    @property
    def key(self) -> str:
        """The name under which a replicate's record keeps the metric.

        Two tests may have different functions of one name, and share replicates.
        """
        return self.name if self.code is None else f"{self.name}@{self.code[:CODE_DIGITS]}"

    def with_code(self, code: str) -> Metric:
        """Return the metric with the digest of its function."""
        metric = Metric(
            self.name,
            higher_is_better=self.higher_is_better,
            unit=self.unit,
            tasks=self.tasks,
            compute=self.compute,
            takes=self.takes,
        )
        object.__setattr__(metric, "code", code)
        return metric


def _check_function(name: str, compute: Any) -> None:
    """Raise InputError if a metric is not computed by a function of two arguments."""
    remedy = "Give a function that returns one number: def compute(targets, outputs): ..."
    if not callable(compute):
        raise InputError(f"`compute` of the metric {name!r} has to be a function.", received=compute, remedy=remedy)
    try:
        hash(compute)
        inspect.signature(compute).bind(None, None)
    except TypeError as error:
        raise InputError(
            f"`compute` of the metric {name!r} has to be a function of the targets and of what an arm predicts.",
            received=f"{compute!r}: {error}",
            remedy=f"{remedy} Set other arguments with functools.partial.",
        ) from error
    except ValueError:  # a function written in C has no signature
        return
