"""Starts by a rule: the initial weights of a stage as its `start` function makes them from the trained stage before."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.arrays import Named, digest_array
from negres_core.engine.inheritance import describe_relation, finish_layers, inherit_what_fits
from negres_core.engine.settings import kept_settings
from negres_core.errors import InputError
from negres_core.provenance.outside_reads import watch

Rows = Callable[[], tuple[Named[np.ndarray], Named[np.ndarray]]]
"""A function that returns the prepared inputs and the targets of the rows that a stage is trained on."""


def start_by_rule(stage: Stage, model: Any, parent: Any, *, rows: Rows, seed: int) -> dict[int, int]:
    """Set the initial weights of a model by the rule of its stage.

    Args:
        stage: the stage, which has `start`.
        model: its model as it was built; weights that fit are inherited first.
        parent: the trained model of the stage before.
        rows: called if the rule asks for `x` or `y`.
        seed: what the rule may draw from; the global generators begin with it, too.

    Returns:
        Index in `model.weights` to index in `parent.weights`, of all weights that begin as they ended in the parent.

    Raises:
        InputError: the rule fails, changes no weight, changes the parent or the structure of the model, or leaves a
            weight that is not finite.
    """
    assert stage.start is not None, "a stage without a rule inherits all of its parent's layers"
    name = name_of(stage.start)
    fitting = inherit_what_fits(model, parent, wanted_by=describe_relation(stage, "inherits"))
    before, of_parent = _digests(model), _digests(parent)
    keras.utils.set_random_seed(seed)
    with kept_settings():
        watch(_call, stage.start, model, parent, rows, seed)
    after = _digests(model)
    if len(after) != len(before) or [id(weight) for weight in model.weights] != list(before):
        raise InputError(
            f"{name} changes the structure of the model, but may only set its weights.",
            received=f"{len(after)} weights after the call, and {len(before)} before it",
            remedy="Build the whole model in the build function of the stage.",
        )
    if _digests(parent) != of_parent:
        raise InputError(
            f"{name} changes the weights of the parent.",
            received="other weights after the call",
            remedy="Assign only to weights of the first argument, the model that is going to be trained.",
        )
    if after == before:
        raise InputError(
            f"{name} does not change any weight of the model.",
            received=f"{len(after)} weights as they were, {len(fitting)} of them inherited",
            remedy="Assign to weights, as in model.get_layer(name).kernel.assign(...); or leave out `start`.",
        )
    broken = [weight.path for weight in model.weights if not np.isfinite(np.asarray(weight)).all()]
    if broken:
        raise InputError(
            f"{name} sets weights to numbers that are not finite.",
            received=", ".join(broken[:5]),
            remedy="Look for a division by zero, for example by the number of copies of a unit.",
        )
    finish_layers(model)
    ends = list(of_parent.values())
    return {here: there for here, there in fitting.items() if after[id(model.weights[here])] == ends[there]}


def _digests(model: Any) -> dict[int, str]:
    """Return the digest of each weight of a model by its identity, in the model's order."""
    return {id(weight): digest_array(weight) for weight in model.weights}


def _call(start: Any, model: Any, parent: Any, rows: Rows, seed: int) -> None:
    preset = start.keywords if isinstance(start, functools.partial) else {}
    wanted = set(inspect.signature(start).parameters) - set(preset)
    offered: dict[str, Any] = {"seed": seed} if "seed" in wanted else {}
    if wanted & {"x", "y"}:
        offered |= {key: value for key, value in zip("xy", rows(), strict=True) if key in wanted}
    start(model, parent, **offered)
