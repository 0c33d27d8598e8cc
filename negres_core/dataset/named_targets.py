"""Named targets: an array for each output of a model with several outputs; a claim is about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from negres_core.arrays import Named, label_arrays
from negres_core.dataset.given import as_array
from negres_core.dataset.targets import check_targets
from negres_core.errors import InputError


def check_all_targets(y: Any, x: Any, *, of: str, ignore_class: int | None) -> Named[np.ndarray]:
    """Return targets, one array or several by name, each as `check_targets` returns it, with one target per row of x.

    Args:
        y: targets as the user gave them.
        x: checked inputs, one array or several by name.
        of: the name of the data set.
        ignore_class: the label of steps or pixels that do not count; None if all labels do.

    Raises:
        InputError: targets have no names, differ in length from the inputs, or are none that `check_targets` takes.
    """
    if not isinstance(y, Mapping):
        return _checked(y, x, "y", of=of, ignore_class=ignore_class)
    if not y or not all(name and isinstance(name, str) for name in y):
        raise InputError(
            f"The targets of each output of data set {of!r} need a name.",
            received=f"y with the names {list(y)}",
            remedy='Use the names of the model\'s outputs: y={"age": ages, "sex": labels}.',
        )
    if ignore_class is not None:
        raise InputError(
            f"`ignore_class` of data set {of!r} is for targets in one array.",
            received=f"ignore_class={ignore_class}, and y with the names {', '.join(sorted(y))}",
            remedy="Give the targets of the output with such labels alone, y=labels.",
        )
    return {name: _checked(y[name], x, f"y[{name!r}]", of=of, ignore_class=None) for name in sorted(y)}


def _checked(given: Any, x: Any, label: str, *, of: str, ignore_class: int | None) -> np.ndarray:
    y = as_array(given, label, of=of)
    for name, array in label_arrays(x, "x").items():
        if y.ndim == 0 or len(array) != len(y):
            raise InputError(
                f"`{name}` and `{label}` of data set {of!r} differ in length.",
                received=f"{name} of shape {array.shape} and {label} of shape {y.shape}",
                remedy="Give one target for each row of inputs.",
            )
        if not len(array):
            raise InputError(
                f"Data set {of!r} is empty.",
                received=f"{name} of shape {array.shape}",
                remedy="Give 2 rows or more; check how the rows were selected.",
            )
    try:
        return check_targets(y, of=of, given=given, ignore_class=ignore_class)
    except InputError as error:
        if label == "y":
            raise
        wrong = error.wrong.replace("`y`", f"`{label}`")
        received = f"in {label}: {error.received}" if wrong == error.wrong else error.received
        raise InputError(wrong, received=received, remedy=error.remedy) from None


def check_output(y: Any, output: str | None, *, of: str) -> None:
    """Raise InputError unless a claim names one of several outputs, or the targets are one array and it names none.

    Args:
        y: targets, one array or several by name.
        output: the output that a claim is about, or None.
        of: the name of the data set.
    """
    if not isinstance(y, Mapping):
        if output is None:
            return
        raise InputError(
            f"Data set {of!r} has targets of one output, which needs no name.",
            received=f"output={output!r}",
            remedy="Leave `output` out of the claim; or give the data set targets by the names of the outputs, "
            'y={"age": ages, "sex": labels}.',
        )
    if output not in y:
        raise InputError(
            f"Data set {of!r} has targets of several outputs, so a claim has to name one of them.",
            received="no `output` in the claim" if output is None else f"output={output!r}",
            remedy="Name it in the claim, such as "
            f'beats("loss", output={next(iter(y))!r}); the outputs are {", ".join(y)}.',
        )


def no_single_target(y: Mapping[str, np.ndarray], *, of: str) -> InputError:
    """Return the error about a question that targets of several outputs have no single answer to."""
    return InputError(
        f"Data set {of!r} has targets of several outputs, each with a task of its own.",
        received=f"y with the names {', '.join(y)}",
        remedy=f"Choose one of them: data.about({next(iter(y))!r}).",
    )
