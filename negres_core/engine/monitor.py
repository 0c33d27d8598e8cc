"""The monitor of a stage: the metric that it measures on validation rows, and the rules that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.claim import Metric
from negres_core.dataset import Dataset
from negres_core.early_stopping import Course, Plateau
from negres_core.engine.loss_scale import innermost
from negres_core.engine.model import make_optimizer
from negres_core.errors import InputError
from negres_core.metrics import monitored_metric
from negres_core.provenance.outside_reads import watch


@dataclass(frozen=True)
class Monitor:
    """What a stage measures on its validation rows, and what follows from it.

    Attributes:
        metric: the metric.
        patience: epochs without improvement after which training ends, or None.
        restores_best: whether the stage ends with the weights of its best epoch.
        plateau: the rule by which the learning rate falls, or None.
        rate: the learning rate at the start; None if there is no plateau.
    """

    metric: Metric
    patience: int | None
    restores_best: bool
    plateau: Plateau | None
    rate: float | None

    def begin(self) -> Course:
        """Return the course of a training that has not begun."""
        return Course(
            higher_is_better=self.metric.higher_is_better,
            patience=self.patience,
            plateau=self.plateau,
            rate=self.rate,
        )


def monitor_of(stage: Stage, data: Dataset) -> Monitor | None:
    """Return the monitor of a stage on a data set; None if the stage has no validation rows.

    Raises:
        InputError: there is no such metric for the task, or the rule of the plateau cannot be followed.
    """
    if stage.validation is None:
        return None
    metric = monitored_metric(stage.monitor, task=data.task, targets=data.y)
    plateau = None if stage.plateau is None else _plateau_of(stage, metric)
    rate = None if plateau is None else _rate_of(stage)
    return Monitor(metric, stage.patience, stage.restores_best, plateau, rate)


def _plateau_of(stage: Stage, metric: Metric) -> Plateau:
    """Return the rule of a Keras callback; only its configuration is used."""
    given = stage.plateau
    made: Any = given if hasattr(given, "on_epoch_end") and not isinstance(given, type) else _call(given)
    if type(made) is not keras.callbacks.ReduceLROnPlateau:
        raise InputError(
            f"`plateau` of stage {name_of(stage.build)} has to be Keras' ReduceLROnPlateau, or a function that makes "
            "one.",
            received=made,
            remedy="Give plateau=lambda: keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=5).",
        )
    wanted = f"val_{metric.name}"
    if made.monitor != wanted:
        raise InputError(
            f"The plateau of stage {name_of(stage.build)} monitors another metric than the stage.",
            received=f"ReduceLROnPlateau(monitor={made.monitor!r}), and monitor={metric.name!r} in the stage",
            remedy=f"Give ReduceLROnPlateau(monitor={wanted!r}, ...); or the stage monitor="
            f"{made.monitor.removeprefix('val_')!r}.",
        )
    mode = "max" if metric.higher_is_better else "min"
    if made.mode not in ("auto", mode):
        raise InputError(
            f"The plateau of stage {name_of(stage.build)} takes {metric.name} for a metric of the other direction.",
            received=f"ReduceLROnPlateau(mode={made.mode!r})",
            remedy=f"Leave `mode` out, or give mode={mode!r}.",
        )
    return Plateau(
        factor=float(made.factor),
        patience=int(made.patience),
        min_delta=float(made.min_delta),
        cooldown=int(made.cooldown),
        min_rate=float(made.min_lr),
    )


def _call(given: Any) -> Any:
    return watch(given) if callable(given) else given


def _rate_of(stage: Stage) -> float:
    """Return the learning rate that an optimizer begins with; raise InputError if it is not one that can be set."""
    optimizer = make_optimizer(stage)
    inner = innermost(optimizer)
    if isinstance(getattr(inner, "_learning_rate", None), keras.optimizers.schedules.LearningRateSchedule):
        raise InputError(
            f"The learning rate of stage {name_of(stage.build)} follows a schedule, so a plateau cannot lower it.",
            received=f"a {type(inner._learning_rate).__name__} in {type(inner).__name__}, and a plateau",
            remedy="Give the optimizer a number, or leave `plateau` out.",
        )
    return float(np.float32(keras.ops.convert_to_numpy(optimizer.learning_rate)))
