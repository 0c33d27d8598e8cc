"""Arguments that a class does not have: each is refused with the place where negres has what it is for."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from negres_core.errors import InputError

Kind = TypeVar("Kind", bound=type)

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
    "loss_weights": "Combine the losses of a model in an `objective`, which returns one scalar.",
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
    *("epochs", "batch_size", "optimizer", "loss", "objective", "callbacks"),
    *("inherits", "freezes", "saved_as"),
) | {
    "class_weight": "`class_weight` belongs to a stage: Recipe(Stage(build, class_weight=...)); an estimator has its "
    "own.",
    "sample_weight": "Give the weights to the data set: Dataset(x=x, y=y, sample_weight=weights, name=...).",
}
"""Arguments of a stage that a recipe does not have, and where they belong."""


def explain_arguments(noun: str, elsewhere: Mapping[str, str]) -> Callable[[Kind], Kind]:
    """Return a decorator that lets a class refuse unknown arguments with an InputError that says what to do instead.

    Args:
        noun: what the class is called in words, such as "stage".
        elsewhere: unknown arguments that users may give, and what to do instead, in which "{value}" stands for what
            was given.
    """
    article = "An" if noun[0] in "aeiou" else "A"

    def decorate(kind: Kind) -> Kind:
        init = vars(kind)["__init__"]
        parameters = list(inspect.signature(init).parameters.values())[1:]
        known = [each.name for each in parameters if each.kind is not each.VAR_POSITIONAL]
        positional = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
        required = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY and each.default is each.empty]
        named = ", ".join(f"{name}=..." for name in required or known[1:2])
        takes_more = any(each.kind is each.VAR_POSITIONAL for each in parameters)

        @functools.wraps(init)
        def checked(self: Any, *args: Any, **kwargs: Any) -> None:
            for name in kwargs.keys() - set(known):
                near = difflib.get_close_matches(name, known, n=1)
                guess = f"Did you mean `{near[0]}`? " if near else ""
                raise InputError(
                    f"{article} {noun} has no argument `{name}`.",
                    received=f"{kind.__name__}(..., {name}={kwargs[name]!r})",
                    remedy=elsewhere.get(name, "").replace("{value}", repr(kwargs[name]))
                    or f"{guess}The arguments of {article.lower()} {noun} are {', '.join(known)}.",
                )
            if len(args) > len(positional) and not takes_more:
                raise InputError(
                    f"{article} {noun} takes only `{positional[0]}` without a name.",
                    received=f"{len(args)} arguments without a name",
                    remedy=f"Name the others, for example {kind.__name__}({positional[0]}, {named}).",
                )
            init(self, *args, **kwargs)

        type.__setattr__(kind, "__init__", checked)
        return kind

    return decorate


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
