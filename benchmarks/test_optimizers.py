"""Does Adam learn faster, and does SGD with momentum test better?

Both are folk wisdom. An MLP on Covertype, the article's network without its dropout, is trained for 10 epochs in
batches of 128, a small CNN on digits for 20 epochs in batches of 32. "As they come" means the learning rates that Keras gives,
0.001 for Adam and 0.01 for SGD, here with a momentum of 0.9. Tuned, each has six rates, half a decade apart, tried in
each training fold on validation rows of its own; the tuned MLP has 5 epochs in batches of 512.

The margin is half a point of accuracy, as in benchmarks/test_growth.py. On digits it is a whole point, and two epochs:
there the differences between cells have a standard deviation of 0.010 and of 1.9 epochs, and 25 cells decide no less.

These hypotheses were run while they were written, before they were registered in ledger.jsonl.
"""

from __future__ import annotations

import dataclasses
import functools

import pytest

from benchmarks.limits.networks import dropping
from benchmarks.test_growth import FIT, min_max
from negres_core import Recipe, Stage, Tuned, beats, to_reach


def cnn(input_shape, outputs):
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(input_shape),
            layers.Reshape((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(outputs, activation="softmax"),
        ]
    )


def adam(rate=0.001):
    import keras

    return keras.optimizers.Adam(rate)


def momentum(rate=0.01):
    import keras

    return keras.optimizers.SGD(rate, momentum=0.9)


NETWORKS = {
    "mlp": Stage(functools.partial(dropping, rate=0), **FIT),
    "cnn": Stage(cnn, epochs=20, batch_size=32),
}
TARGETS = {"mlp": 0.8, "cnn": 0.95}
MARGINS = {"mlp": 0.005, "cnn": 0.01}
RATES = {
    adam: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
    momentum: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
}


def trained_by(optimizer, network, **options):
    """Return the arm of a network that is trained by an optimizer, by default at the rate that Keras gives it."""
    return Recipe(dataclasses.replace(NETWORKS[network], optimizer=optimizer, **options), preprocess=min_max)


def make(optimizer, network, rate):
    short = {"epochs": 5, "batch_size": 512} if network == "mlp" else {}
    return trained_by(functools.partial(optimizer, rate), network, **short)


def tuned(optimizer, network):
    """Return the arm whose learning rate is searched for in each training fold."""
    return Tuned(functools.partial(make, optimizer, network), space={"rate": RATES[optimizer]}, trials=6)


def on(*cases, by=()):
    """Parametrize a hypothesis by data set, network, other parameters, and expected verdict."""
    return pytest.mark.parametrize(("data", "network", *by, "expected"), cases, indirect=["data"])


@on(
    ("digits", "cnn", "epochs", 2, "refuted"),
    by=["count", "margin"],
)
def test_adam_is_at_a_target_before_sgd(experiment, data, network, count, margin, expected):
    evidence = experiment.compare(
        trained_by("adam", network),
        against=trained_by(momentum, network),
        on=data,
        claim=beats(to_reach("accuracy", TARGETS[network], in_=count), by=margin),
        equal=count,
        folds=5,
        repeats=5,
    )
    assert evidence.verdict == expected, evidence


@on(("digits", "cnn", "refuted"))
def test_sgd_tests_better_than_adam_as_they_come(experiment, data, network, expected):
    evidence = experiment.compare(
        trained_by(momentum, network),
        against=trained_by("adam", network),
        on=data,
        claim=beats("accuracy", by=MARGINS[network]),
        folds=5,
        repeats=5,
    )
    assert evidence.verdict == expected, evidence
