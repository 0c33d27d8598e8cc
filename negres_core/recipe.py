"""Recipes: what an arm trains, as one or more stages over plain Keras functions."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from negres_core.arrays import Named
from negres_core.errors import InputError
from negres_core.fit import Fit

Build = Callable[..., Any]
"""A function that returns an uncompiled Keras 3 model. It may ask for `input_shape` and `outputs` by name."""

Objective = Callable[..., Any]
"""A function (model, x, y, *, training) that returns what is minimized."""

OFFERED = ("input_shape", "outputs")


@dataclass(frozen=True)
class Stage:
    """One training run of one model.

    Attributes:
        build: a plain function that returns a Keras 3 model. Where it names parameters `input_shape` (tuple) or
            `outputs` (number of classes, or of target columns), it is given those of the data set; of several inputs,
            a dictionary of the shape of each by name.
        inherits: the `build` of the stage before, whose trained weights, saved to disk and loaded again, this model
            starts from. Layers are matched by the path of their weights.
        freezes: a `build` whose layers in this model are not trained (Keras' `trainable = False`).
        optimizer: a Keras optimizer's name, or a function that returns a fresh optimizer.
        loss: a Keras loss' name, or a function that returns a Keras loss.
        objective: None, or a function in place of the loss, ``(model, x, y, *, training)`` to what is minimized on a
            batch: a number, to which penalties of `add_loss` and regularizers are added; or, where players of one model
            minimize different things, as in a GAN, a dictionary of the name of each player's layer (a nested model) to
            its number, which trains the weights of that layer alone. Written in keras.ops, it runs on every backend.
        epochs: passes over the training fold, 1 or more.
        batch_size: rows a step, 1 or more.
        saved_as: the file format through which a later stage inherits this one: "keras", or "h5" (HDF5).
    """

    build: Build
    _: KW_ONLY
    inherits: Build | None = None
    freezes: Build | None = None
    optimizer: str | Callable[[], Any] = "adam"
    loss: str | Callable[[], Any] = "sparse_categorical_crossentropy"
    objective: Objective | None = None
    epochs: int = 10
    batch_size: int = 128
    saved_as: Literal["keras", "h5"] = "keras"

    def __post_init__(self) -> None:
        for field in ("build", "inherits", "freezes"):
            value = getattr(self, field)
            if not callable(value) and (field == "build" or value is not None):
                raise InputError(
                    f"`{field}` of a stage has to be a function that returns a Keras model.",
                    received=value,
                    remedy="Give the function itself, not its result: Stage(base), not Stage(base()).",
                )
        for field in ("optimizer", "loss"):
            value = getattr(self, field)
            if not isinstance(value, str) and not callable(value):
                raise InputError(
                    f"`{field}` of a stage has to be a name, or a function that returns a fresh one.",
                    received=value,
                    remedy=f'Give "adam" or `lambda: keras.optimizers.Adam(1e-4)`, say, for `{field}`.',
                )
        if self.objective is not None and not callable(self.objective):
            raise InputError(
                "`objective` of a stage has to be a function of a model, a batch of inputs and their targets.",
                received=self.objective,
                remedy="Give a function (model, x, y, *, training) that returns a number; a Keras loss goes to `loss`.",
            )
        for field in ("epochs", "batch_size"):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(
                    f"`{field}` of a stage has to be a positive integer.",
                    received=f"{field}={value!r}",
                    remedy="Give 1 or more.",
                )
        if self.saved_as not in ("keras", "h5"):
            raise InputError(
                "`saved_as` of a stage has to be a format that Keras can save.",
                received=self.saved_as,
                remedy='Give "keras" or "h5".',
            )


@dataclass(frozen=True, init=False)
class Recipe:
    """What one arm trains: stages in order, each inheriting the one before, on inputs prepared the same way.

    Args:
        *parts: one stage or more, of which every one after the first inherits the one before it; and at the end, or
            alone, there may be a `Fit`.
        preprocess: None, or a function (or class) that returns an unfitted scikit-learn transformer; it is fitted on
            the inputs of the training fold of each cell, flattened to (rows, features), and applied to both folds. Of
            several inputs, each has a fresh one of its own; what has to be scaled another way is scaled in the model.

    Raises:
        InputError: there is no stage, or a stage does not inherit the one before.
    """

    stages: tuple[Stage, ...]
    fit: Fit | None
    preprocess: Callable[[], Any] | None

    def __init__(self, *parts: Stage | Fit, preprocess: Callable[[], Any] | None = None) -> None:
        for part in parts:
            if not isinstance(part, Stage) and (not isinstance(part, Fit) or part is not parts[-1]):
                raise InputError(
                    "A recipe is made of stages, and of one fit at most, which ends it.",
                    received=part,
                    remedy="Wrap the build function: Recipe(Stage(base)).",
                )
        if not parts:
            raise InputError("A recipe needs at least one stage.", received="none", remedy="Give Recipe(Stage(base)).")
        if parts[0].inherits is not None:
            raise InputError(
                "The first stage of a recipe has nothing to inherit.",
                received=f"inherits={name_of(parts[0].inherits)}",
                remedy="Put a stage that trains it in front, or drop `inherits`.",
            )
        for before, part in itertools.pairwise(parts):
            if part.inherits is None or not isinstance(before, Stage) or part.inherits != before.build:
                got = "nothing" if part.inherits is None else name_of(part.inherits)
                raise InputError(
                    "Each stage inherits the one before it; otherwise that one would be trained for nothing.",
                    received=f"{_name_of(part)}, which inherits {got}, after {_name_of(before)}",
                    remedy=f"Give inherits={_name_of(before)}, or leave the stage before out.",
                )
        if preprocess is not None and not callable(preprocess):
            raise InputError(
                "`preprocess` has to be a function that returns an unfitted scikit-learn transformer.",
                received=preprocess,
                remedy="Give the class itself, as in preprocess=MinMaxScaler, or a function that makes one.",
            )
        object.__setattr__(self, "stages", tuple(part for part in parts if isinstance(part, Stage)))
        object.__setattr__(self, "fit", parts[-1] if isinstance(parts[-1], Fit) else None)
        object.__setattr__(self, "preprocess", preprocess)

    @property
    def last(self) -> Stage:
        """The last stage, whose model is the arm's result, or what a fit looks at."""
        return self.stages[-1]

    @property
    def network(self) -> Recipe | None:
        """The recipe without a fit: the network that it trains, or None where it trains none."""
        return self if self.fit is None else self.parent

    @property
    def parent(self) -> Recipe | None:
        """The recipe without its last part: what has to be trained first, and is shared by all arms that have it."""
        before = self.stages if self.fit else self.stages[:-1]
        return Recipe(*before, preprocess=self.preprocess) if before else None

    @property
    def lineage(self) -> tuple[Recipe, ...]:
        """The recipes to train, in order: each one's parent comes before it, and this recipe is the last."""
        return (*(self.parent.lineage if self.parent else ()), self)

    def __str__(self) -> str:
        parts = []
        for stage in self.stages:
            frozen = f", {name_of(stage.freezes)} frozen" if stage.freezes else ""
            parts.append(f"{name_of(stage.build)} ({stage.epochs} epochs{frozen})")
        return " then ".join(parts + ([name_of(self.fit.compute)] if self.fit else []))


def _name_of(part: Stage | Fit) -> str:
    return name_of(part.build if isinstance(part, Stage) else part.compute)


def name_of(function: Callable[..., Any]) -> str:
    """Name a function the way its author did; a partial by the function it completes."""
    if isinstance(function, functools.partial):
        given = ", ".join([*map(_shown, function.args), *(f"{k}={_shown(v)}" for k, v in function.keywords.items())])
        return f"{name_of(function.func)}({given})" if given else name_of(function.func)
    return getattr(function, "__name__", type(function).__name__)


def call_build(build: Build, *, input_shape: Named[tuple[int, ...]], outputs: int) -> Any:
    """Call a build function with those of the offered arguments that it names; what a partial gives stands.

    Raises:
        InputError: it requires an argument that is not offered.
    """
    offered = dict(zip(OFFERED, (input_shape, outputs), strict=True))
    given = build.keywords if isinstance(build, functools.partial) else {}
    parameters = [p for p in inspect.signature(build).parameters.values() if p.name not in given]
    unknown = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        if p.name not in offered
    ]
    if unknown:
        raise InputError(
            f"{name_of(build)} requires arguments that a build function is not offered.",
            received=", ".join(unknown),
            remedy=f"Give them with functools.partial, or name only {' and '.join(OFFERED)}.",
        )
    return build(**{p.name: offered[p.name] for p in parameters if p.name in offered})


def _shown(value: Any) -> str:
    """Show an argument the same way in every process."""
    return name_of(value) if callable(value) else re.sub(r" at 0x[0-9a-f]+", "", repr(value))
