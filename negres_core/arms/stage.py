"""A stage: one training run of one model, over plain Keras functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, TypeAlias

from negres_core.arguments import OF_KERAS, explain_arguments
from negres_core.arms.stage_checks import (
    check_build,
    check_format,
    check_functions,
    check_start,
    checked_count,
    checked_loss_weights,
    checked_losses,
    checked_share,
)
from negres_core.claim import Metric
from negres_core.claim.scorers import as_metric
from negres_core.early_stopping import NO_MONITOR, Validation, checked_options
from negres_core.weighting import ClassWeight, check_class_weight

Build = Callable[..., Any]
"""A function that returns an uncompiled Keras 3 model. It may ask for `input_shape` and `outputs` by name."""

Loss: TypeAlias = str | Callable[..., Any]
"""The name of a Keras loss, a loss, or a function that returns one."""

Objective = Callable[..., Any]
"""A function (model, x, y, *, training) that returns the quantity to minimize."""

Start = Callable[..., Any]
"""A function (model, parent) that sets the initial weights of a model from those of a trained one."""


@explain_arguments("stage", OF_KERAS)
@dataclass(frozen=True)
class Stage:
    """One training run of one model.

    Attributes:
        build: a plain function that returns an uncompiled Keras 3 model. If it has parameters named `input_shape` (a
            tuple, or a dictionary of tuples by the names of several inputs) or `outputs` (the number of classes, or of
            target columns), it receives those of the data set, after `preprocess`.
        inherits: the `build` of the stage before. Its trained weights, saved to disk and loaded again, are this model's
            initial weights. Layers are matched by the paths of their weights.
        start: None, or a function ``(model, parent)`` that sets the initial weights of this model from the trained
            model of the stage before, as growth and pruning do. Before it is called, weights of the same path and shape
            are inherited; it may set any weight. If it has parameters named `x`, `y` or `seed`, it receives the
            prepared rows that the stage is trained on, their targets, and an integer that differs between replicates.
            It needs `inherits`, and has to change at least one weight.
        freezes: a `build` whose layers are not trained in this model (Keras' `trainable = False`).
        optimizer: the name of a Keras optimizer, or a function that returns a new optimizer.
        loss: the name of a Keras loss; a loss itself, which is a function (targets, outputs) or a keras.losses.Loss; or
            a function without arguments that returns one. For a model with several outputs, which returns them in a
            dictionary, one of these for each output by its name. The data set has targets by the same names.
        loss_weights: None, or the weights of the losses of several outputs in their sum, by name; 1 for an output that
            is not named.
        objective: None, or a function ``(model, x, y, *, training)`` that takes the place of the loss and returns the
            quantity to minimize on a batch, a scalar. If it has a parameter named `sample_weight`, it receives the
            weights of the rows, (rows,), in training, and None for test rows or if there are no weights. Losses from
            `add_loss` and regularizers are added to it. For adversarial models such as a GAN, return a dictionary of
            one scalar per sub-model, by the name of its layer: each trains the weights of that sub-model only. Written
            with keras.ops, it runs on every backend.
        callbacks: None, or a function without arguments that returns a list of new `keras.callbacks.Callback` objects,
            for each replicate. They see only the training fold, and need the slower reference engine, of which an
            EngineWarning reminds you.
        epochs: passes over the training fold, 1 or more; with `patience`, the maximum.
        batch_size: rows per training step, 1 or more.
        share: None; or the share of the training fold that the stage is trained on, such as 0.5. The rows are drawn at
            random for each cell, the same for every arm, and those of a smaller share are among those of a larger one.
            `preprocess` is fitted on the whole training fold.
        class_weight: None, or the weights of the classes in the training loss, as `keras.Model.fit` takes them: a
            dictionary of the numbers of classes to weights, in which a class that is not named has weight 1; or
            "balanced", which gives all classes the same total weight, computed from each training fold as in
            scikit-learn. They are multiplied by the data set's `sample_weight`. Scores, including the test loss, are
            not weighted.
        saved_as: the file format through which a later stage inherits this one: "keras", or "h5" (HDF5).
        validation: None; or a share of the training fold, such as 0.1, that is held out as validation rows: neither
            trained on, nor used to fit `preprocess`. They are stratified and grouped as the folds are, and the same for
            every arm with the same share. True takes the validation rows of the design, and a tenth of the training
            fold if it has none. All stages of a recipe hold out the same rows.
        patience: None; or the number of epochs without an improvement on the validation rows after which training ends.
        monitor: what is measured on the validation rows after each epoch: "loss" (without penalties), the name of any
            metric of the task, a `Metric` with `compute`, or a scorer of scikit-learn. negres knows its direction.
        restore_best: whether the stage ends with the weights of its best epoch instead of its last. None, the default,
            means True if there is `patience`.
        plateau: None; or a `keras.callbacks.ReduceLROnPlateau`, or a function that returns one: the learning rate falls
            if `monitor` does not improve.

    Raises:
        InputError: a field has the wrong type or is out of range, or needs validation rows and has none.

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
    start: Start | None = None
    optimizer: str | Callable[[], Any] = "adam"
    loss: Loss | Mapping[str, Loss] | tuple[tuple[str, Loss], ...] = "sparse_categorical_crossentropy"
    loss_weights: Mapping[str, float] | tuple[tuple[str, float], ...] | None = None
    objective: Objective | None = None
    callbacks: Callable[[], Any] | None = None
    epochs: int = 10
    batch_size: int = 128
    share: float | None = None
    class_weight: ClassWeight = None
    saved_as: Literal["keras", "h5"] = "keras"
    validation: Validation | None = None
    patience: int | None = None
    monitor: str | Metric = "loss"
    restore_best: bool | None = None
    plateau: Any = None

    def __post_init__(self) -> None:
        for field in ("build", "inherits", "freezes"):
            check_build(field, getattr(self, field))
        # Dictionaries cannot be hashed, and recipes are known by their parts.
        losses = checked_losses(self.loss, self.loss_weights, class_weight=self.class_weight, objective=self.objective)
        for loss in dict(losses).values() if losses else [self.loss]:
            check_functions(optimizer=self.optimizer, loss=loss, callbacks=self.callbacks, objective=self.objective)
        check_start(self.start, inherits=self.inherits)
        check_format(self.saved_as)
        options = {name: getattr(self, name) for name in NO_MONITOR} | {"monitor": as_metric(self.monitor)}
        checked = checked_options(**options) | {
            "epochs": checked_count("epochs", self.epochs),
            "batch_size": checked_count("batch_size", self.batch_size),
            "share": checked_share(self.share),
            "class_weight": check_class_weight(self.class_weight),
            "loss": losses or self.loss,
            "loss_weights": checked_loss_weights(self.loss_weights, losses),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def losses(self) -> dict[str, Loss]:
        """The loss of each of several outputs by name; empty for a model with one output."""
        return dict(self.loss) if isinstance(self.loss, tuple) else {}

    @property
    def weights_of_losses(self) -> dict[str, float]:
        """The weight of the loss of each of several outputs in their sum, by name."""
        return dict.fromkeys(self.losses, 1.0) | dict(self.loss_weights or ())

    @property
    def restores_best(self) -> bool:
        """Whether the stage ends with the weights of its best epoch, and not of its last."""
        return self.patience is not None if self.restore_best is None else self.restore_best

    def count_rows(self, rows: int) -> int:
        """Return how many rows of a training fold the stage is trained on: its share of them, and at least 1."""
        return count_share(rows, self.share)

    def count_batches(self, rows: int) -> int:
        """Return the optimizer steps of one pass over some rows; the last step may take fewer."""
        return -(-rows // self.batch_size)

    def steps_per_epoch(self, rows: int) -> int:
        """Return the optimizer steps of one epoch on the stage's share of a training fold of some rows."""
        return self.count_batches(self.count_rows(rows))

    def count_steps(self, rows: int) -> int:
        """Return the optimizer steps of all epochs on a training fold of some rows."""
        return self.epochs * self.steps_per_epoch(rows)


def count_share(rows: int, share: float | None) -> int:
    """Return how many of some rows a share of them is: at least 1; all of them if it is None."""
    return rows if share is None else max(1, round(share * rows))
