"""Checks of the epochs of a replicate: as many as its stage says, or as many as its patience allowed."""

from __future__ import annotations

from negres_core.early_stopping import replay
from negres_core.evidence import Replicate, StageDescription

OTHER_EPOCHS = "it has replicates that were trained for another number of epochs"


def check_epochs(stage: StageDescription, replicate: Replicate) -> str | None:
    """Return what is wrong with the epochs of a replicate of a stage, or with its best epoch; None if nothing is."""
    monitor, epochs = stage.monitor, replicate.budget.epochs
    if monitor is None and stage.callbacks is not None:
        return OTHER_EPOCHS if epochs != len(replicate.curve) or epochs > stage.epochs else None
    if monitor is None:
        return OTHER_EPOCHS if epochs != stage.epochs else None
    if replicate.status != "finished":
        return OTHER_EPOCHS if epochs > stage.epochs else None
    values = replicate.monitored or []
    if len(values) != len(replicate.curve):
        return "it has replicates without a monitored value on validation rows for every epoch"
    course = replay(values, higher_is_better=monitor.higher_is_better, patience=monitor.patience)
    if replicate.best_epoch != course.best_epoch:
        return "it has replicates whose best epoch is not the best of their monitored values"
    trained = stage.epochs if monitor.patience is None else len(course.values)
    was_cut = monitor.patience is not None and not course.is_over and trained < stage.epochs
    return OTHER_EPOCHS if epochs != trained or len(values) != trained or was_cut else None
