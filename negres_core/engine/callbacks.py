"""Keras callbacks of a stage: new ones for each replicate, which see its training as one call of keras.Model.fit."""

from __future__ import annotations

from typing import Any

import keras

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.engine.hooks import is_keras, overridden
from negres_core.errors import InputError
from negres_core.provenance.outside_reads import watch

OWN_REPORTS = ("train_step", "compute_loss", "compute_metrics", "get_metrics_result", "fit")
"""Hooks of a model by which it may report more than the loss."""

NEVER_CALLED = tuple(
    f"on_{mode}_{moment}" for mode in ("test", "predict") for moment in ("begin", "end", "batch_begin", "batch_end")
)
"""Methods of a callback that Keras calls while it evaluates or predicts, which a stage never lets it do."""

REFUSED = {
    keras.callbacks.BackupAndRestore: (
        "continues from what another training saved, which may belong to another replicate",
        "Leave it out: an interrupted run resumes from its recorded replicates.",
    ),
    keras.callbacks.SwapEMAWeights: (
        "averages weights, which negres does not support",
        "Leave it out, as well as use_ema of the optimizer.",
    ),
}
"""Callbacks that no stage can have: what they do, and what to do instead."""


class EpochwiseCallbacks(keras.callbacks.CallbackList):
    """The callbacks of one replicate, given to every call of `fit`, one an epoch; training begins and ends once.

    Args:
        stage: the stage, which has `callbacks`.
        model: the model of the replicate, compiled.
        steps: number of batches in an epoch.
    """

    def __init__(self, stage: Stage, model: Any, *, steps: int) -> None:
        made = make_callbacks(stage)
        super().__init__(made, add_history=True, model=model, epochs=stage.epochs, steps=steps, verbose=0)
        self._name, self._monitoring = name_of(stage.build), [each for each in made if _monitor_of(each)]
        self._has_begun, self._last_logs = False, None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin with the first epoch."""
        if not self._has_begun:
            self._has_begun = True
            super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """End an epoch; raise InputError if a callback monitors what was not reported."""
        for callback in self._monitoring:
            monitor = _monitor_of(callback)
            if monitor not in (logs or {}):
                _refuse_monitor(callback, self._name, reported=", ".join(logs or {}) or "nothing")
        super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Remember the last epoch's numbers: another epoch may follow."""
        self._last_logs = logs

    def finish(self) -> None:
        """End the training, which may put the best weights back."""
        super().on_train_end(self._last_logs)


def make_callbacks(stage: Stage) -> list[Any]:
    """Return new callbacks for a stage; none if it has none.

    Raises:
        InputError: its function does not return a list of Keras callbacks.
    """
    if stage.callbacks is None:
        return []
    made = watch(stage.callbacks)
    if not isinstance(made, list | tuple) or not all(isinstance(each, keras.callbacks.Callback) for each in made):
        raise InputError(
            f"`callbacks` of stage {name_of(stage.build)} has to return a list of Keras callbacks.",
            received=f"{made!r}, a {type(made).__name__}",
            remedy="Return, for example, [keras.callbacks.LearningRateScheduler(...)].",
        )
    return list(made)


def ending_callback(stage: Stage) -> str | None:
    """Return the name of a callback of Keras that ends the training of a stage early, or None if it has none."""
    stopping = keras.callbacks.EarlyStopping
    return next((type(each).__name__ for each in make_callbacks(stage) if isinstance(each, stopping)), None)


def check_callbacks(stage: Stage, model: Any) -> None:
    """Raise InputError if callbacks are not new at every call, or need what a training stage does not give them."""
    made, name = make_callbacks(stage), name_of(stage.build)
    shared = {id(each) for each in made} & {id(each) for each in make_callbacks(stage)}
    for callback in made:
        kind = type(callback).__name__
        if id(callback) in shared:
            raise InputError(
                f"The callbacks of stage {name} have to be new objects at every call.",
                received=f"the same {kind} twice",
                remedy="Create them inside the function: callbacks=lambda: [...].",
            )
        for refused, (wrong, remedy) in REFUSED.items():
            if isinstance(callback, refused):
                raise InputError(
                    f"{kind} {wrong}.", received=f"a {kind} among the callbacks of stage {name}", remedy=remedy
                )
        ignored = [hook for hook in NEVER_CALLED if not _is_default(callback, hook)]
        if ignored:
            raise InputError(
                f"{kind}.{ignored[0]} would never be called, because negres evaluates stages itself.",
                received=f"{', '.join(ignored)} in a callback of stage {name}",
                remedy="Use the methods that are called in training, such as on_epoch_end, whose logs have the loss.",
            )
        monitor = _monitor_of(callback)
        reports_more = any(hook in OWN_REPORTS for hook in overridden(model, "model"))
        if monitor and (monitor.startswith("val_") or (monitor != "loss" and not reports_more)):
            _refuse_monitor(callback, name, reported="loss")


def _refuse_monitor(callback: Any, name: str, *, reported: str) -> None:
    raise InputError(
        f"{type(callback).__name__} monitors a number that the training of stage {name} does not report.",
        received=f"monitor={_monitor_of(callback)!r}; reported: {reported}",
        remedy='Monitor "loss": a callback sees no held-out rows. To stop early, or to lower the learning rate, by '
        "rows that are held out of the training fold, give the stage validation=0.1 with patience=5 or plateau=.",
    )


def _monitor_of(callback: Any) -> str | None:
    """Return the number that a callback acts on, or None if there is none."""
    if getattr(callback, "save_best_only", True) is False:
        return None  # a ModelCheckpoint that saves whenever it is called
    monitor = getattr(callback, "monitor", None)
    return monitor if isinstance(monitor, str) else None


def _is_default(callback: Any, hook: str) -> bool:
    """Return whether a method of a callback is Keras' own."""
    owner = next(parent for parent in type(callback).__mro__ if hook in vars(parent))
    return hook not in vars(callback) and is_keras(owner.__module__)
