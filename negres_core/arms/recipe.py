"""Recipes: what an arm trains, as one or more stages, and possibly a fit at the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from negres_core.arguments import OF_STAGES, count_required, explain_arguments, of_stage
from negres_core.arms.fit import Fit, refuse_estimator
from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.early_stopping import NO_MONITOR, Validation, check_same_rows
from negres_core.errors import InputError

IN_PARTS = OF_STAGES | of_stage(*NO_MONITOR)
"""Arguments that a recipe does not have, and where they belong."""


@explain_arguments("recipe", IN_PARTS)
@dataclass(frozen=True, init=False)
class Recipe:
    """What one arm trains: stages in order, each inheriting from the one before, and possibly a fit at the end.

    Recipes are equal if their parts are. Arms whose recipes begin with equal stages share the training of these stages.

    Args:
        *parts: one or more stages, and possibly a `Fit` at the end; or a `Fit` alone. Every part after the first
            inherits the stage before it.
        preprocess: None, or a function (or class) that returns an unfitted scikit-learn transformer, or a new Keras
            layer that adapts to data, such as TextVectorization. In each cell a new one is fitted on the training fold:
            its inputs, flattened to (rows, features) or a DataFrame, and its targets, if it takes any. It may change
            the number of features. With several inputs, each has its own transformer; an input that needs another kind
            has to be scaled in the model.
        resample: None, or a function (or class) that returns a sampler with `fit_resample`, such as SMOTE of
            imbalanced-learn. In each cell a new sampler receives the training fold, after `preprocess`, flattened to
            (rows, features), with several inputs side by side, and the arm is trained on the rows that it returns. Each
            `random_state` that is None is set to a seed of the cell. Validation and test rows are never resampled.

    Attributes:
        stages: the stages, in order; empty if the recipe is a fit alone.
        fit: the fit at the end, or None.
        preprocess: the function that makes the transformer, or None.
        resample: the function that makes the sampler, or None.

    Raises:
        InputError: there are no parts, a part does not inherit the stage before it, or `preprocess` or `resample` is
            not a function.

    Examples:
        >>> def shallow(input_shape, outputs): ...
        >>> def deep(input_shape, outputs): ...
        >>> print(Recipe(Stage(shallow, epochs=3), Stage(deep, inherits=shallow, freezes=shallow)))
        shallow (3 epochs) then deep (10 epochs, shallow frozen)
    """

    stages: tuple[Stage, ...]
    fit: Fit | None
    preprocess: Callable[[], Any] | None
    resample: Callable[[], Any] | None

    def __init__(
        self,
        *parts: Stage | Fit,
        preprocess: Callable[[], Any] | None = None,
        resample: Callable[[], Any] | None = None,
    ) -> None:
        _check_parts(parts)
        _check_preprocess(preprocess)
        _check_resample(resample, parts)
        object.__setattr__(self, "stages", tuple(part for part in parts if isinstance(part, Stage)))
        object.__setattr__(self, "fit", parts[-1] if isinstance(parts[-1], Fit) else None)
        object.__setattr__(self, "preprocess", preprocess)
        object.__setattr__(self, "resample", resample)

    @property
    def last(self) -> Stage:
        """The last stage: its model is the arm's result, or the model that the fit is given."""
        return self.stages[-1]

    @property
    def validation(self) -> Validation | None:
        """What all stages of the recipe hold out as validation rows; a fit at the end is not given them either."""
        return self.stages[0].validation if self.stages else None

    @property
    def share(self) -> float | None:
        """The share of the training fold that the last part is trained on; None for all of it."""
        return None if self.fit is not None else self.last.share

    @property
    def network(self) -> Recipe | None:
        """The recipe without its fit, which is the network that it trains; None if it trains none."""
        return self if self.fit is None else self.parent

    @property
    def parent(self) -> Recipe | None:
        """The recipe without its last part, which has to be trained first; None if it has one part only."""
        before = self.stages if self.fit else self.stages[:-1]
        return self.with_parts(*before) if before else None

    @property
    def lineage(self) -> tuple[Recipe, ...]:
        """The recipes to train, in order: each comes after its parent, and this recipe is the last."""
        return (*(self.parent.lineage if self.parent else ()), self)

    def with_parts(self, *parts: Stage | Fit) -> Recipe:
        """Return a recipe of other parts, whose rows are prepared in the same way."""
        return Recipe(*parts, preprocess=self.preprocess, resample=self.resample)

    def __str__(self) -> str:
        parts = []
        for stage in self.stages:
            frozen = f", {name_of(stage.freezes)} frozen" if stage.freezes else ""
            most = "at most " if stage.patience is not None else ""
            parts.append(f"{name_of(stage.build)} ({most}{stage.epochs} epochs{frozen})")
        return " then ".join(parts + ([name_of(self.fit.function)] if self.fit else []))


def _check_preprocess(preprocess: Any) -> None:
    """Raise InputError unless `preprocess` can be called without arguments."""
    if preprocess is None:
        return
    wrong = "`preprocess` has to be a function that returns an unfitted scikit-learn transformer."
    if not callable(preprocess):
        made = type(preprocess).__name__
        raise InputError(
            wrong,
            received=preprocess,
            remedy="Give the class itself, as in preprocess=MinMaxScaler, or a function that makes one: "
            f"preprocess=lambda: {made if hasattr(preprocess, 'transform') else 'MinMaxScaler'}(...).",
        )
    if count_required(preprocess) and not isinstance(preprocess, type):
        raise InputError(
            wrong,
            received=f"{name_of(preprocess)}, which requires {count_required(preprocess)} arguments",
            remedy=f"Wrap a function of x: preprocess=lambda: FunctionTransformer({name_of(preprocess)}).",
        )


def _check_resample(resample: Any, parts: tuple[Stage | Fit, ...]) -> None:
    """Raise InputError unless `resample` can be called without arguments, and decides alone what is trained on."""
    wrong = "`resample` has to be a function that returns a sampler with `fit_resample`."
    if resample is not None and (
        not callable(resample) or (hasattr(resample, "get_params") and not isinstance(resample, type))
    ):
        raise InputError(
            wrong,
            received=resample,
            remedy="Give the class itself, as in resample=SMOTE, or a function that makes one: "
            "resample=lambda: SMOTE(k_neighbors=3).",
        )
    if resample is not None and not isinstance(resample, type) and count_required(resample):
        raise InputError(
            wrong,
            received=f"{name_of(resample)}, which requires {count_required(resample)} arguments",
            remedy="Give a function without arguments that returns an object with `fit_resample(x, y)`.",
        )
    if resample is not None and any(isinstance(part, Stage) and part.losses for part in parts):
        raise InputError(
            "A sampler cannot return rows with targets of several outputs.",
            received=f"resample={name_of(resample)}, and a stage with losses of several outputs",
            remedy="Leave `resample` out; rows can be weighted by `sample_weight` of the data set.",
        )
    shares = [part.share for part in parts if isinstance(part, Stage) and part.share is not None]
    if resample is not None and shares:
        raise InputError(
            "A stage is trained either on a share of the training fold or on the rows that a sampler returns.",
            received=f"share={shares[0]:g} and resample={name_of(resample)}",
            remedy="Use one of the two: a sampler may return as many rows as it likes.",
        )


def _check_parts(parts: tuple[Stage | Fit, ...]) -> None:
    """Raise InputError unless the parts are stages that inherit each other, and at most one fit, at the end."""
    for part in parts:
        if isinstance(part, list | tuple):
            raise InputError(
                "A recipe takes its parts as separate arguments.",
                received=part,
                remedy="Give Recipe(first, second), or Recipe(*parts).",
            )
        refuse_estimator(part)
        if not isinstance(part, Stage) and (not isinstance(part, Fit) or part is not parts[-1]):
            raise InputError(
                "A recipe consists of stages, and may end in one fit.",
                received=part,
                remedy="Wrap the build function: Recipe(Stage(base)).",
            )
    if not parts:
        raise InputError(
            "A recipe needs at least one stage or fit.", received="none", remedy="Give Recipe(Stage(base))."
        )
    if parts[0].inherits is not None:
        raise InputError(
            "The first part of a recipe has nothing to inherit.",
            received=f"inherits={name_of(parts[0].inherits)}",
            remedy="Put a stage that trains it in front, or drop `inherits`.",
        )
    for before, part in itertools.pairwise(parts):
        if part.inherits is None or not isinstance(before, Stage) or part.inherits != before.build:
            inherited = "nothing" if part.inherits is None else name_of(part.inherits)
            raise InputError(
                "Each part of a recipe has to inherit from the stage before it; otherwise that stage would be "
                "trained for nothing.",
                received=f"{_name_of_part(part)}, which inherits {inherited}, after {_name_of_part(before)}",
                remedy=f"Give inherits={_name_of_part(before)}, or drop the stage before.",
            )
    check_same_rows({_name_of_part(part): part.validation for part in parts if isinstance(part, Stage)})


def _name_of_part(part: Stage | Fit) -> str:
    return name_of(part.build if isinstance(part, Stage) else part.function)
