"""Early stopping: what follows from a metric on validation rows, epoch by epoch.

A training ends if the metric has not improved for some epochs, its best epoch is known, and its learning rate falls on
a plateau. The engines ask this module during a training; controls and `negres verify` ask it again of a record.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from negres_core.errors import InputError

Validation = float | bool
"""A share of the training fold; or True for the validation rows of the design, and a tenth if it has none."""

MOST_SHARE = 0.5
"""Largest share of a training fold that can be held out."""

NO_MONITOR: dict[str, Any] = {
    "validation": None,
    "patience": None,
    "monitor": "loss",
    "restore_best": None,
    "plateau": None,
}
"""The options of a stage that measures nothing on validation rows."""

NEEDS_ROWS = "Give the stage validation rows: validation=0.1, a share of the training fold, or validation=True."


@dataclass(frozen=True)
class Plateau:
    """A rule by which the learning rate falls if a metric does not improve, as in Keras' ReduceLROnPlateau.

    Attributes:
        factor: what the rate is multiplied by, below 1.
        patience: epochs without improvement after which the rate falls.
        min_delta: the smallest change that counts as an improvement.
        cooldown: epochs after a fall in which no epoch counts as one without improvement.
        min_rate: the rate does not fall below this.
    """

    factor: float
    patience: int
    min_delta: float
    cooldown: int
    min_rate: float


class Course:
    """The course of one training by the values of its metric on validation rows.

    Args:
        higher_is_better: the direction of the metric.
        patience: epochs without improvement after which the training is over; None if it never is.
        plateau: the rule by which the learning rate falls; None if it does not.
        rate: the learning rate at the start; None if it is not known.

    Attributes:
        values: the value after each epoch.
        best_epoch: the epoch with the best value so far, from 1; the first one of several. 0 before the first epoch.
        is_over: whether the training is over.
        rate: the learning rate of the next epoch, float32 as optimizers keep it; None if it is not known.
    """

    def __init__(
        self,
        *,
        higher_is_better: bool,
        patience: int | None = None,
        plateau: Plateau | None = None,
        rate: float | None = None,
    ) -> None:
        self.values: list[float] = []
        self.best_epoch = 0
        self.is_over = False
        self.rate = None if rate is None else np.float32(rate)
        self._sign = -1.0 if higher_is_better else 1.0
        self._patience, self._plateau = patience, plateau
        self._best = self._best_of_plateau = math.inf
        self._waited = self._cooling = 0

    def add(self, value: float) -> None:
        """Take the value after another epoch; one that is not a number does not count as an improvement."""
        self.values.append(value)
        signed = self._sign * value
        if signed < self._best or not self.best_epoch:
            self._best = signed if math.isfinite(signed) else math.inf
            self.best_epoch = len(self.values)
        waited = len(self.values) - self.best_epoch
        self.is_over = self._patience is not None and waited >= self._patience
        if self._plateau is not None and self.rate is not None:
            self._follow(self._plateau, signed, self.rate)

    def _follow(self, plateau: Plateau, signed: float, rate: np.float32) -> None:
        """Lower the rate on a plateau, in the order in which Keras does."""
        if self._cooling:
            self._cooling -= 1
            self._waited = 0
        if signed + plateau.min_delta < self._best_of_plateau:
            self._best_of_plateau = signed
            self._waited = 0
        elif not self._cooling:
            self._waited += 1
            if self._waited >= plateau.patience and float(rate) > np.float32(plateau.min_rate):
                self.rate = np.float32(max(float(rate) * plateau.factor, plateau.min_rate))
                self._cooling, self._waited = plateau.cooldown, 0


def replay(values: Iterable[float | None], *, higher_is_better: bool, patience: int | None) -> Course:
    """Return the course of a training with these values on validation rows, up to where its patience ends it."""
    course = Course(higher_is_better=higher_is_better, patience=patience)
    for value in values:
        if course.is_over:
            break
        course.add(math.nan if value is None else value)
    return course


def checked_validation(given: Any) -> Validation | None:
    """Return what a stage holds out: a share, True, or None for nothing.

    Raises:
        InputError: it is none of these.
    """
    if given is None or given is False:
        return None
    if given is True:
        return True
    if isinstance(given, numbers.Real) and 0 < float(given) <= MOST_SHARE:
        return float(given)
    raise InputError(
        f"`validation` of a stage has to be a share of the training fold, above 0 and at most {MOST_SHARE}, or True.",
        received=f"validation={given!r}",
        remedy="Give validation=0.1; or True for the validation rows of the design: "
        "FixedSplit(train=..., validation=..., test=...).",
    )


def checked_patience(given: Any) -> int | None:
    """Return a number of epochs, or None.

    Raises:
        InputError: it is not a positive integer.
    """
    if given is None:
        return None
    if isinstance(given, numbers.Integral) and not isinstance(given, bool) and int(given) >= 1:
        return int(given)
    raise InputError(
        "`patience` of a stage has to be a number of epochs, 1 or more.",
        received=f"patience={given!r}",
        remedy="Give, for example, patience=5; or leave it out to train for all `epochs`.",
    )


def check_needs(validation: Validation | None, **needed: Any) -> None:
    """Raise InputError if options that need validation rows are given without them."""
    given = [f"{name}={value!r}" for name, value in needed.items() if value is not None]
    if validation is None and given:
        raise InputError(
            f"`{given[0].partition('=')[0]}` of a stage needs validation rows, but the stage has none.",
            received=", ".join(given),
            remedy=NEEDS_ROWS,
        )


def checked_options(*, validation: Any, patience: Any, monitor: Any, restore_best: Any, plateau: Any) -> dict[str, Any]:
    """Return the options of a stage that `NO_MONITOR` names, as the stage keeps them.

    Raises:
        InputError: one of them has the wrong type, or needs validation rows that are not there.
    """
    options = {"validation": checked_validation(validation), "patience": checked_patience(patience)}
    if restore_best not in (None, True, False):
        raise InputError(
            "`restore_best` of a stage has to be True or False.",
            received=f"restore_best={restore_best!r}",
            remedy="Leave it out to restore the best epoch if there is `patience`.",
        )
    given = {"monitor": None if monitor == "loss" else monitor, "restore_best": restore_best or None}
    check_needs(options["validation"], patience=patience, plateau=plateau, **given)
    return options | {"monitor": monitor, "restore_best": restore_best, "plateau": plateau}


def check_same_rows(held_out: Mapping[str, Validation | None]) -> None:
    """Raise InputError if stages of one recipe, by their names, do not hold out the same rows."""
    if len(set(held_out.values())) > 1:
        raise InputError(
            "All stages of a recipe have to hold out the same validation rows: those of one stage would otherwise be "
            "trained on by another.",
            received=", ".join(f"validation={each!r} in {name}" for name, each in held_out.items()),
            remedy="Give every stage the same `validation`. `patience` and `monitor` may differ.",
        )
