"""Clean pipelines whose claim is about what training costs."""

from __future__ import annotations

from dataclasses import replace

from negres_core import Recipe, Stage, beats, to_reach
from tests.zoo.models import linear, network
from tests.zoo.pipelines import FIT, digits, load, min_max, sample, wine


def epochs_to_target(seed):
    """Does a wide network reach an accuracy of 0.8 in fewer epochs than a narrow one?"""
    fit = FIT | {"epochs": 20}
    return replace(
        digits(seed),
        treatment=Recipe(Stage(network(hidden=(64,)), **fit), preprocess=min_max),
        control=Recipe(Stage(network(hidden=(8,)), **fit), preprocess=min_max),
        claim=beats(to_reach("accuracy", 0.8)),
    )


def seconds_to_target(seed):
    return replace(epochs_to_target(seed), claim=beats(to_reach("log_loss", 0.8, in_="seconds")))


def target_out_of_reach(seed):
    """No arm reaches the target, which is inconclusive and no fault."""
    return replace(epochs_to_target(seed), claim=beats(to_reach("accuracy", 1.0)))


def seconds_of_training(seed):
    return replace(wine(seed), claim=beats("seconds"))


def equally_fast(seed):
    """The arms differ in one row of a batch."""
    fit = FIT | {"epochs": 20}
    arms = [Recipe(Stage(linear, **fit | {"batch_size": size}), preprocess=min_max) for size in (32, 33)]
    data = sample(*load("digits"), seed, name="digits", rows=400)
    return replace(digits(seed), data=data, treatment=arms[0], control=arms[1], claim=beats(to_reach("accuracy", 0.8)))


PIPELINES_OF_COSTS = {
    "epochs to a target": epochs_to_target,
    "seconds to a target": seconds_to_target,
    "target out of reach": target_out_of_reach,
    "seconds of training": seconds_of_training,
    "arms that are equally fast": equally_fast,
}
