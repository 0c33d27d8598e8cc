"""Checks of the arguments of a stage, which say what to write in their place."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from negres_core.arguments import count_required
from negres_core.arms.functions import is_loss, name_of, takes
from negres_core.errors import InputError

Losses: TypeAlias = tuple[tuple[str, Any], ...]
"""The losses of several outputs with their names, in a form that can be hashed."""


def check_build(field: str, given: Any) -> None:
    """Raise InputError unless `build`, `inherits` or `freezes` is a function; the last two may be None."""
    if given is None and field != "build":
        return
    # A Keras model can be called, too, and returns outputs.
    is_model = hasattr(given, "layers") and hasattr(given, "fit") and not isinstance(given, type)
    if not callable(given) or is_model:
        raise InputError(
            f"`{field}` of a stage has to be a function that returns a new Keras model at every call.",
            received=given,
            remedy="Give the function itself, not its result: Stage(base), not Stage(base()).",
        )


def checked_count(field: str, given: Any) -> int:
    """Return `epochs` or `batch_size` as an int.

    Raises:
        InputError: it is not a positive integer.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
        raise InputError(
            f"`{field}` of a stage has to be a positive integer.",
            received=f"{field}={given!r}",
            remedy="Give 1 or more.",
        )
    return int(given)


def checked_share(given: Any) -> float | None:
    """Return the share of the training fold as a float; None if the stage is trained on all of it.

    Raises:
        InputError: it is not a number between 0 and 1.
    """
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, float | np.floating) or not 0 < given < 1:
        raise InputError(
            "`share` of a stage has to be a share of the training fold, more than 0 and less than 1.",
            received=f"share={given!r}",
            remedy="Give a float such as 0.5; leave it out to train on all rows of the training fold.",
        )
    return float(given)


def check_start(start: Any, *, inherits: Any) -> None:
    """Raise InputError unless `start` is None or a function (model, parent) of a stage that inherits another."""
    if start is None:
        return
    if not callable(start):
        raise InputError(
            "`start` of a stage has to be a function (model, parent) that sets the initial weights of `model`.",
            received=start,
            remedy="Give a function that assigns to the weights of its first argument: "
            "def start(model, parent): model.layers[0].kernel.assign(...).",
        )
    if inherits is None:
        raise InputError(
            "`start` sets the weights of a stage from those of the stage before, but this stage inherits none.",
            received=f"start={name_of(start)}, and no `inherits`",
            remedy="Give inherits=, the build function of the stage before. To set weights that do not depend on "
            "another stage, use the initializers of the layers.",
        )
    if not takes(start, places=2, offered=("x", "y", "seed")):
        raise InputError(
            f"`start` of a stage is called with the model and its parent, and {name_of(start)} takes other arguments.",
            received=", ".join(inspect.signature(start).parameters) or "no arguments",
            remedy="Take (model, parent) and, if needed, `x`, `y` and `seed`; set other arguments with "
            "functools.partial.",
        )


def check_format(saved_as: Any) -> None:
    """Raise InputError unless Keras can write a file format."""
    if saved_as not in ("keras", "h5"):
        raise InputError(
            "`saved_as` of a stage has to be a file format that Keras can write.",
            received=saved_as,
            remedy='Give "keras" or "h5".',
        )


def check_functions(*, optimizer: Any, loss: Any, callbacks: Any, objective: Any) -> None:
    """Raise InputError unless the functions of a stage can be called as they are."""
    if not isinstance(optimizer, str) and not callable(optimizer):
        made = f"keras.optimizers.{type(optimizer).__name__}"
        raise InputError(
            "`optimizer` of a stage has to be a name, or a function that returns a new optimizer: "
            "every replicate has its own.",
            received=optimizer,
            remedy=f"Give a function, optimizer=lambda: {made}(...)."
            if hasattr(optimizer, "learning_rate")
            else 'Give, for example, "adam" or `lambda: keras.optimizers.Adam(1e-4)`.',
        )
    if not isinstance(loss, str) and not callable(loss):
        raise InputError(
            "`loss` of a stage has to be a name, a loss, or a function that returns a loss.",
            received=loss,
            remedy='Give, for example, "mse" or `lambda: keras.losses.Huber(0.5)`; for several outputs, one for each '
            'by name: {"age": "mae", "sex": "sparse_categorical_crossentropy"}.',
        )
    if callbacks is not None and not callable(callbacks):
        raise InputError(
            "`callbacks` of a stage has to be a function that returns a list of new callbacks: "
            "every replicate has its own.",
            received=callbacks,
            remedy="Give a function, callbacks=lambda: [keras.callbacks.LearningRateScheduler(...)]. "
            "To stop early, give validation=0.1 and patience=5 in place of an EarlyStopping.",
        )
    for field, given in (("optimizer", optimizer), ("loss", loss), ("callbacks", callbacks)):
        _check_required(field, given)
    if objective is not None and (not callable(objective) or is_loss(objective)):
        raise InputError(
            "`objective` of a stage has to be a function of a model, a batch of inputs and their targets.",
            received=objective,
            remedy="Give a function (model, x, y, *, training) that returns a scalar; pass a function of targets and "
            "outputs as `loss`.",
        )


def checked_losses(loss: Any, loss_weights: Any, *, class_weight: Any, objective: Any) -> Losses | None:
    """Return the losses of several outputs as pairs, sorted by name; None if a stage has one loss.

    Raises:
        InputError: outputs have no names, or the stage has options that go with one loss, or with several, alone.
    """
    if not isinstance(loss, Mapping | tuple):
        if loss_weights is not None:
            raise InputError(
                "`loss_weights` of a stage weights the losses of several outputs.",
                received=f"loss_weights={loss_weights!r}, and loss={loss!r}",
                remedy="Give a loss for each output by name; or leave the weights out, and weight classes by "
                "`class_weight`.",
            )
        return None
    losses = dict(loss)
    if not losses or not all(isinstance(name, str) and name for name in losses):
        raise InputError(
            "`loss` of a stage needs the name of the output that each loss is for.",
            received=loss,
            remedy='Give a dictionary: loss={"age": "mae", "sex": "sparse_categorical_crossentropy"}.',
        )
    for name, given, remedy in (
        ("class_weight", class_weight, "Leave it out, as for keras.Model.fit; weight the loss itself."),
        ("objective", objective, "Give either losses or an objective."),
    ):
        if given is not None:
            raise InputError(
                f"`{name}` of a stage is for models with one output.",
                received=f"{name}={given!r}, and losses of {', '.join(losses)}",
                remedy=remedy,
            )
    return tuple(sorted(losses.items()))


def checked_loss_weights(given: Any, losses: Losses | None) -> tuple[tuple[str, float], ...] | None:
    """Return the weights of the losses of outputs as pairs, sorted by name.

    Raises:
        InputError: they are not numbers of 0 or more, or name an output without a loss.
    """
    if given is None:
        return None
    names = dict(losses or ())
    weights = dict(given) if isinstance(given, Mapping | tuple) else {}
    are_numbers = all(
        isinstance(each, int | float | np.number) and not isinstance(each, bool) and np.isfinite(each) and each >= 0
        for each in weights.values()
    )
    if not weights or not are_numbers or not weights.keys() <= names.keys():
        raise InputError(
            "`loss_weights` of a stage has to be numbers of 0 or more by the names of the outputs.",
            received=given,
            remedy=f"Give a weight to some of {', '.join(names)}: loss_weights={{{next(iter(names))!r}: 0.5}}.",
        )
    return tuple(sorted((name, float(weight)) for name, weight in weights.items()))


def _check_required(field: str, given: Any) -> None:
    """Raise InputError if a function that is called without arguments requires some."""
    is_done = given is None or isinstance(given, str) or (field == "loss" and is_loss(given))
    required = 0 if is_done else count_required(given)
    if required > 2 and field == "loss" and not isinstance(given, type):
        raise InputError(
            "`loss` of a stage has to be a function of targets and outputs.",
            received=f"{name_of(given)}, which requires {required} arguments",
            remedy="Give a function (model, x, y, *, training) to `objective` instead.",
        )
    if required:
        raise InputError(
            f"`{field}` of a stage is called without arguments, but requires some.",
            received=f"{name_of(given)}, which requires {required}",
            remedy=f"Set them in a function: {field}=lambda: {name_of(given)}(...).",
        )
