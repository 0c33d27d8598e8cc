"""Arguments that a class does not have: each is refused with the place where negres has what it is for."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from negres_core.errors import InputError

Given = TypeVar("Given", bound=Callable[..., Any])

_DATA = "Give the data to the claim: experiment.measure(..., on=Dataset(x=x, y=y, name=...))."
_TESTED = "Leave it out: each cell of the design is tested after training, on rows that its training never sees."
_RATE = "Give it to the optimizer: optimizer=lambda: keras.optimizers.Adam({value})."
_ENGINE = "Leave it out: negres decides how a stage is compiled, and the numbers do not depend on it."

OF_KERAS = {
    "x": _DATA,
    "y": _DATA,
    "early_stopping": "Give validation=0.1 and patience=5.",
    "restore_best_weights": "Name it `restore_best`.",
    "sample_weight": "Give the weights to the data set: Dataset(x=x, y=y, sample_weight=weights, name=...). Weights "
    "that follow from the label are `class_weight`.",
    "validation_data": "Hold out a share of each training fold: validation=0.1; or name the rows in the design, "
    "FixedSplit(train=..., validation=..., test=...), and give validation=True.",
    "validation_split": "Name it `validation`: validation=0.1, the share of each training fold that is held out.",
    "validation_steps": _TESTED,
    "validation_batch_size": _TESTED,
    "validation_freq": _TESTED,
    "metrics": 'Name the metric in the claim: claim=reaches("accuracy", bar=0.9). All metrics of the task are '
    "recorded; a Fit computes others.",
    "weighted_metrics": "Name the metric in the claim; a Fit computes one that weights rows.",
    "steps_per_epoch": "Leave it out: an epoch is one pass over the training fold. Set `epochs` and `batch_size`.",
    "shuffle": "Leave it out: rows are shuffled before every epoch, in the same order in both arms.",
    "initial_epoch": "Leave it out; to go on from trained weights, add a stage that `inherits` this one.",
    "verbose": "Leave it out: pytest shows progress.",
    "learning_rate": _RATE,
    "lr": _RATE,
    **{
        name: f"Give it to the optimizer: optimizer=lambda: keras.optimizers.Adam(1e-4, {name}={{value}})."
        for name in ("clipnorm", "clipvalue", "global_clipnorm", "weight_decay", "gradient_accumulation_steps")
    },
    "use_ema": "Leave it out: Keras swaps averaged weights in when `fit` returns, and negres trains epoch by epoch.",
    "run_eagerly": _ENGINE,
    "jit_compile": _ENGINE,
    "steps_per_execution": _ENGINE,
    "auto_scale_loss": "Leave it out; for float16, let the optimizer scale: "
    "optimizer=lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()).",
    "model": "Give the function that builds it as the first argument: Stage(build).",
    "seed": "Leave it out: each replicate has a seed of its own. For several per cell, give seeds=3 beside the claim.",
    "preprocess": "Give it to the recipe: Recipe(Stage(build), preprocess=StandardScaler).",
    "resample": "Give it to the recipe: Recipe(Stage(build), resample=SMOTE).",
}
"""What keras.Model.fit and compile take and a stage does not, and a few others: what to do instead."""


def of_stage(*names: str) -> dict[str, str]:
    """Return, for arguments of a stage that a recipe does not have, where they belong."""
    return {name: f"`{name}` belongs to a stage: Recipe(Stage(build, {name}=...))." for name in names}


OF_STAGES = of_stage(
    *("epochs", "batch_size", "optimizer", "loss", "loss_weights", "objective", "callbacks"),
    *("inherits", "freezes", "start", "share", "saved_as"),
) | {
    "class_weight": "`class_weight` belongs to a stage: Recipe(Stage(build, class_weight=...)); an estimator has its "
    "own.",
    "sample_weight": "Give the weights to the data set: Dataset(x=x, y=y, sample_weight=weights, name=...).",
}
"""Arguments of a stage that a recipe does not have, and where they belong."""


def explain_arguments(noun: str, elsewhere: Mapping[str, str]) -> Callable[[Given], Given]:
    """Return a decorator that lets a class or function refuse unknown arguments and say what to do instead.

    Args:
        noun: what the class, or the result of the function, is called in words, such as "stage".
        elsewhere: unknown arguments that users may give, and what to do instead, in which "{value}" stands for what
            was given.
    """

    def decorate(given: Given) -> Given:
        is_class = isinstance(given, type)
        call: Any = vars(given)["__init__"] if is_class else given
        parameters = list(inspect.signature(call).parameters.values())[int(is_class) :]
        check = _Arguments(noun, getattr(given, "__name__", noun), parameters, elsewhere)

        @functools.wraps(call)
        def checked(*args: Any, **kwargs: Any) -> Any:
            check(args[int(is_class) :], kwargs)
            return call(*args, **kwargs)

        if not is_class:
            return cast("Given", checked)
        type.__setattr__(given, "__init__", checked)
        return given

    return decorate


class _Arguments:
    """Checks what a class or function is called with; for the arguments, see `explain_arguments`."""

    def __init__(
        self, noun: str, name: str, parameters: Sequence[inspect.Parameter], elsewhere: Mapping[str, str]
    ) -> None:
        self._noun = f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"
        self._name, self._elsewhere = name, elsewhere
        self._known = [each.name for each in parameters if each.kind is not each.VAR_POSITIONAL]
        self._positional = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
        by_name = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
        required = [each.name for each in by_name if each.default is each.empty]
        self._named = required or [each.name for each in by_name[:1]] or self._known[1:2]
        self._takes_more = any(each.kind is each.VAR_POSITIONAL for each in parameters)

    def __call__(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Raise InputError if an argument does not exist, or has to be given by name."""
        for name in kwargs.keys() - set(self._known):
            near = difflib.get_close_matches(name, self._known, n=1)
            guess = f"Did you mean `{near[0]}`? " if near else ""
            listed = f"{guess}The arguments of {self._noun[0].lower()}{self._noun[1:]} are {', '.join(self._known)}."
            raise InputError(
                f"{self._noun} has no argument `{name}`.",
                received=f"{self._name}(..., {name}={kwargs[name]!r})",
                remedy=self._elsewhere.get(name, "").replace("{value}", repr(kwargs[name])) or listed,
            )
        if len(args) > len(self._positional) and not self._takes_more:
            example = ", ".join([*self._positional, *(f"{name}=..." for name in self._named)])
            taken = f"only `{self._positional[0]}` without a name" if self._positional else "all arguments by name"
            raise InputError(
                f"{self._noun} takes {taken}.",
                received=f"{len(args)} argument{'' if len(args) == 1 else 's'} without a name",
                remedy=f"Name the others, for example {self._name}({example})."
                if self._positional
                else f"Name them, for example {self._name}({example}).",
            )


def count_required(function: Callable[..., Any]) -> int:
    """Return how many positional arguments a function requires; 0 if that is not known.

    >>> count_required(lambda y_true, y_pred, weight=1: y_true)
    2
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions written in C
        return 0
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.default is each.empty and each.kind in kinds for each in parameters)
