"""Recipes: what an arm trains, as one or more stages over plain Keras functions."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np

from negres_core.arguments import OF_KERAS, OF_STAGES, count_required, explain_arguments, of_stage
from negres_core.claim import Metric
from negres_core.claim.scorers import as_metric
from negres_core.early_stopping import NO_MONITOR, Validation, check_same_rows, checked_options
from negres_core.errors import InputError
from negres_core.fit import Fit, refuse_estimator
from negres_core.provenance.fingerprint import without_address
from negres_core.weighting import ClassWeight, check_class_weight

Build = Callable[..., Any]
"""A function that returns an uncompiled Keras 3 model. It may ask for `input_shape` and `outputs` by name."""

Objective = Callable[..., Any]
"""A function (model, x, y, *, training) that returns the quantity to minimize."""


@explain_arguments("stage", OF_KERAS)
@dataclass(frozen=True)
class Stage:
    """One training run of one model.

    Attributes:
        build: a plain function that returns an uncompiled Keras 3 model. If it has parameters named `input_shape` (a
            tuple, or a dictionary of tuples by the names of several inputs) or `outputs` (the number of classes, or of
            target columns), it is given those of the data set, after `preprocess`.
        inherits: the `build` of the stage before. Its trained weights, saved to disk and loaded again, are this model's
            initial weights. Layers are matched by the paths of their weights.
        freezes: a `build` whose layers are not trained in this model (Keras' `trainable = False`).
        optimizer: the name of a Keras optimizer, or a function that returns a new optimizer.
        loss: the name of a Keras loss; a loss itself, which is a function (targets, outputs) or a keras.losses.Loss; or
            a function without arguments that returns one.
        objective: None, or a function ``(model, x, y, *, training)`` that takes the place of the loss and returns the
            quantity to minimize on a batch, a scalar. If it has a parameter named `sample_weight`, it is given the
            weights of the rows, (rows,), in training; None where rows are tested, or there are no weights. Losses from
            `add_loss` and regularizers are added to it. For adversarial models such as a GAN, return a dictionary of
            one scalar per sub-model, by the name of its layer: each trains the weights of that sub-model only. Written
            with keras.ops, it runs on every backend.
        callbacks: None, or a function without arguments that returns a list of new `keras.callbacks.Callback` objects,
            for each replicate. They see the training fold alone, and need the reference engine, with an EngineWarning.
        epochs: passes over the training fold, 1 or more; with `patience`, the most.
        batch_size: rows per training step, 1 or more.
        class_weight: None, or the weights of the classes in the training loss, as `keras.Model.fit` takes them: a
            dictionary of the numbers of classes to weights, in which a class that is not named has weight 1; or
            "balanced", with which all classes count alike, computed from each training fold as scikit-learn does. They
            are multiplied by the data set's `sample_weight`. Scores, the test loss included, are not weighted.
        saved_as: the file format through which a later stage inherits this one: "keras", or "h5" (HDF5).
        validation: None; or a share of the training fold, such as 0.1, that is held out as validation rows: neither
            trained on, nor used to fit `preprocess`. They are stratified and grouped as the folds are, and the same for
            every arm with the same share. True takes the validation rows of the design, and a tenth of the training
            fold if it has none. All stages of a recipe hold out the same rows.
        patience: None; or the epochs without a better value on the validation rows after which training ends.
        monitor: what is measured on the validation rows after each epoch: "loss" (without penalties), the name of any
            metric of the task, a `Metric` with `compute`, or a scorer of scikit-learn. Its direction is known.
        restore_best: whether the stage ends with the weights of its best epoch, and not of its last. None, the default,
            does so if there is `patience`.
        plateau: None; or a `keras.callbacks.ReduceLROnPlateau`, or a function that returns one: the learning rate falls
            if `monitor` does not improve.

    Raises:
        InputError: a field has the wrong type, or is out of range; or what needs validation rows has none.

    Examples:
        >>> def wide(input_shape, outputs):
        ...     from keras import Input, Sequential, layers
        ...
        ...     return Sequential([Input(input_shape), layers.Dense(64, "relu"), layers.Dense(outputs, "softmax")])
        >>> stage = Stage(wide, epochs=3, optimizer="sgd")
        >>> stage.epochs, stage.batch_size, stage.loss
        (3, 128, 'sparse_categorical_crossentropy')
    """

    build: Build
    _: KW_ONLY
    inherits: Build | None = None
    freezes: Build | None = None
    optimizer: str | Callable[[], Any] = "adam"
    loss: str | Callable[[], Any] = "sparse_categorical_crossentropy"
    objective: Objective | None = None
    callbacks: Callable[[], Any] | None = None
    epochs: int = 10
    batch_size: int = 128
    class_weight: ClassWeight = None
    saved_as: Literal["keras", "h5"] = "keras"
    validation: Validation | None = None
    patience: int | None = None
    monitor: str | Metric = "loss"
    restore_best: bool | None = None
    plateau: Any = None

    def __post_init__(self) -> None:
        for field in ("build", "inherits", "freezes"):
            value = getattr(self, field)
            # A Keras model can be called, too, and returns outputs.
            is_function = callable(value) and not (hasattr(value, "layers") and hasattr(value, "fit"))
            if isinstance(value, type):
                is_function = True
            if not is_function and (field == "build" or value is not None):
                raise InputError(
                    f"`{field}` of a stage has to be a function that returns a new Keras model at every call.",
                    received=value,
                    remedy="Give the function itself, not its result: Stage(base), not Stage(base()).",
                )
        self._check_functions()
        for field in ("epochs", "batch_size"):
            value = getattr(self, field)
            if isinstance(value, np.integer):
                object.__setattr__(self, field, value := int(value))
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(
                    f"`{field}` of a stage has to be a positive integer.",
                    received=f"{field}={value!r}",
                    remedy="Give 1 or more.",
                )
        # A dictionary cannot be hashed, and recipes are known by their parts.
        object.__setattr__(self, "class_weight", check_class_weight(self.class_weight))
        if self.saved_as not in ("keras", "h5"):
            raise InputError(
                "`saved_as` of a stage has to be a file format that Keras can write.",
                received=self.saved_as,
                remedy='Give "keras" or "h5".',
            )
        options = {name: getattr(self, name) for name in NO_MONITOR} | {"monitor": as_metric(self.monitor)}
        for name, value in checked_options(**options).items():
            object.__setattr__(self, name, value)

    @property
    def restores_best(self) -> bool:
        """Whether the stage ends with the weights of its best epoch, and not of its last."""
        return self.patience is not None if self.restore_best is None else self.restore_best

    def _check_functions(self) -> None:
        """Raise InputError unless optimizer, loss, callbacks and objective can be called as they are."""
        if not isinstance(self.optimizer, str) and not callable(self.optimizer):
            made = f"keras.optimizers.{type(self.optimizer).__name__}"
            raise InputError(
                "`optimizer` of a stage has to be a name, or a function that returns a new optimizer: "
                "every replicate has its own.",
                received=self.optimizer,
                remedy=f"Give a function, optimizer=lambda: {made}(...)."
                if hasattr(self.optimizer, "learning_rate")
                else 'Give, for example, "adam" or `lambda: keras.optimizers.Adam(1e-4)`.',
            )
        if not isinstance(self.loss, str) and not callable(self.loss):
            raise InputError(
                "`loss` of a stage has to be a name, a loss, or a function that returns a loss.",
                received=self.loss,
                remedy='Give, for example, "mse" or `lambda: keras.losses.Huber(0.5)`.',
            )
        if self.callbacks is not None and not callable(self.callbacks):
            raise InputError(
                "`callbacks` of a stage has to be a function that returns a list of new callbacks: "
                "every replicate has its own.",
                received=self.callbacks,
                remedy="Give a function, callbacks=lambda: [keras.callbacks.LearningRateScheduler(...)].",
            )
        for field in ("optimizer", "loss", "callbacks"):
            value = getattr(self, field)
            is_done = value is None or isinstance(value, str) or (field == "loss" and is_loss(value))
            required = 0 if is_done else count_required(value)
            if required > 2 and field == "loss" and not isinstance(value, type):
                raise InputError(
                    "`loss` of a stage has to be a function of targets and outputs.",
                    received=f"{name_of(value)}, which requires {required} arguments",
                    remedy="Give a function (model, x, y, *, training) to `objective` instead.",
                )
            if required:
                raise InputError(
                    f"`{field}` of a stage is called without arguments, and requires some.",
                    received=f"{name_of(value)}, which requires {required}",
                    remedy=f"Set them in a function: {field}=lambda: {name_of(value)}(...).",
                )
        if self.objective is None:
            return
        if not callable(self.objective) or is_loss(self.objective):
            raise InputError(
                "`objective` of a stage has to be a function of a model, a batch of inputs and their targets.",
                received=self.objective,
                remedy="Give a function (model, x, y, *, training) that returns a scalar; a loss, which is a function "
                "of targets and outputs, goes to `loss`.",
            )


def is_loss(given: Any) -> bool:
    """Return whether a function or object is itself a loss: it requires targets and outputs."""
    return callable(given) and not isinstance(given, type) and count_required(given) == 2


IN_PARTS = OF_STAGES | of_stage(*NO_MONITOR)
"""Arguments that a recipe does not have, and where they belong."""


@explain_arguments("recipe", IN_PARTS)
@dataclass(frozen=True, init=False)
class Recipe:
    """What one arm trains: stages in order, each of which inherits the one before, and possibly a fit at the end.

    Recipes are equal if their parts are. Arms whose recipes begin with equal stages share the training of these stages.

    Args:
        *parts: one or more stages, and possibly a `Fit` at the end; or a `Fit` alone. Every part after the first
            inherits the stage before it.
        preprocess: None, or a function (or class) that returns an unfitted scikit-learn transformer. In each cell a new
            transformer is fitted on the training fold: its inputs, flattened to (rows, features) or a DataFrame, and
            its targets, if it takes any. It may change the number of features. With several inputs, each has its own
            transformer; an input that needs another kind has to be scaled in the model.
        resample: None, or a function (or class) that returns a sampler with `fit_resample`, such as SMOTE of
            imbalanced-learn. In each cell a new sampler is given the training fold, after `preprocess`, flattened to
            (rows, features), several inputs side by side, and the arm is trained on the rows that it returns. Each
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
        _check_resample(resample)
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


def _check_resample(resample: Any) -> None:
    """Raise InputError unless `resample` can be called without arguments."""
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


def _check_parts(parts: tuple[Stage | Fit, ...]) -> None:
    """Raise InputError unless the parts are stages that inherit each other, and at most one fit, at the end."""
    for part in parts:
        if isinstance(part, list | tuple):
            raise InputError(
                "A recipe takes its parts one by one.",
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
                "Each part of a recipe has to inherit the stage before it, which would otherwise be trained in vain.",
                received=f"{_name_of_part(part)}, which inherits {inherited}, after {_name_of_part(before)}",
                remedy=f"Give inherits={_name_of_part(before)}, or drop the stage before.",
            )
    check_same_rows({_name_of_part(part): part.validation for part in parts if isinstance(part, Stage)})


def _name_of_part(part: Stage | Fit) -> str:
    return name_of(part.build if isinstance(part, Stage) else part.function)


def name_of(function: Callable[..., Any]) -> str:
    """Return a function's own name; for a partial, the function's name with the arguments that it sets.

    Recorded digests contain these names, so their spelling must not change.

    Examples:
        >>> name_of(functools.partial(round, ndigits=2))
        'round(ndigits=2)'
    """
    if isinstance(function, functools.partial):
        positional = [_text_of(value) for value in function.args]
        named = [f"{name}={_text_of(value)}" for name, value in function.keywords.items()]
        arguments = ", ".join([*positional, *named])
        return f"{name_of(function.func)}({arguments})" if arguments else name_of(function.func)
    return getattr(function, "__name__", type(function).__name__)


def _text_of(argument: Any) -> str:
    """Return the text of an argument, the same in every process."""
    return name_of(argument) if callable(argument) else without_address(argument)
