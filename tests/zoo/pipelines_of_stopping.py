"""Clean pipelines whose arms stop early, or slow down on a plateau."""

from __future__ import annotations

from dataclasses import replace

from negres_core import Recipe, Stage, matches
from tests.zoo.models import linear, network
from tests.zoo.pipelines import FIT, VALUES, diabetes, digits, min_max, standard, subjects

LONG = FIT | {"epochs": 40}


def falling():
    import keras

    return keras.callbacks.ReduceLROnPlateau(monitor="val_r2", factor=0.3, patience=3)


def early_stopping(seed):
    """Both arms hold out the same rows, and each stops when its own accuracy there has not improved."""
    options = LONG | {"validation": 0.15, "patience": 6, "monitor": "accuracy"}
    return replace(
        digits(seed),
        treatment=Recipe(Stage(network(hidden=(32,)), **options), preprocess=min_max),
        control=Recipe(Stage(linear, **options), preprocess=min_max),
    )


def one_arm_stops(seed):
    """Does early stopping do as well as the full training? Groups stay whole among the validation rows."""
    return replace(
        subjects(seed),
        treatment=Recipe(Stage(linear, **LONG, validation=0.2, patience=4)),
        control=Recipe(Stage(linear, **LONG)),
        claim=matches("accuracy", within=0.1),
    )


def plateau(seed):
    """A regression whose rate falls when R^2 on the validation rows does not rise, against one that only stops."""
    options = LONG | VALUES | {"validation": 0.2, "monitor": "r2"}
    build = network(hidden=(8,), last="linear")
    return replace(
        diabetes(seed),
        treatment=Recipe(Stage(build, **options, plateau=falling, restore_best=True), preprocess=standard),
        control=Recipe(Stage(build, **options, patience=8), preprocess=standard),
        claim=matches("mse", within=0.5),
    )


PIPELINES_OF_STOPPING = {
    "early stopping of both arms": early_stopping,
    "early stopping of one arm": one_arm_stops,
    "rate that falls on a plateau": plateau,
}
