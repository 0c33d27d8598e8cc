"""Which factor makes the article's autoencoder fail, while its twin works?

Two configurations of one experiment have the same factors. `twin` shows faces; `article` has the article's symptoms:
only the values 0 and 255, and a loss that plateaus far from zero. `negres bisect` finds which of the differing factors
is to blame; benchmarks/validation/bisection.py does the same for other planted pairs.

On 2,000 faces of 16 x 16 pixels and with 15 epochs, a repeat of 5 folds takes seconds.
"""

from __future__ import annotations

import dataclasses
import functools

import pytest

from benchmarks.faces.fits import shown_rounded
from benchmarks.faces.models import cae
from negres_core import Fit, Recipe, Stage, reaches

TWIN = {
    "images.brightest": 1,
    "images.standardized": False,
    "model.activation": "elu",
    "model.code": 32,
    "model.normalized": False,
    "model.momentum": 0.9,
    "model.output": "sigmoid",
    "model.squashed_again": False,
    "model.width": 16,
    "shown.rounded": False,
    "train.batch_size": 64,
    "train.epochs": 15,
    "train.learning_rate": 0.002,
    "train.loss": "binary_crossentropy",
}
ARTICLE = TWIN | {
    "model.activation": "tanh",
    "model.code": 48,
    "model.normalized": True,
    "model.width": 24,
    "shown.rounded": True,
    "train.batch_size": 32,
    "train.epochs": 20,
    "train.learning_rate": 0.003,
}


@pytest.fixture(scope="session")
def small_faces():
    """2,000 drawn faces of 16 x 16 pixels."""
    from fixtures.synthetic_faces import draw_synthetic_faces

    return draw_synthetic_faces(rows=2_000, size=16)


def data_of(faces, configuration):
    """Return the faces with the scale of a configuration."""
    images = faces.x * configuration["images.brightest"]
    if configuration["images.standardized"]:
        images = (images - images.mean()) / images.std()
    return faces if images is faces.x else dataclasses.replace(faces, x=images, y=images)


def build(input_shape, *, squashed_again, **options):
    """Return a `cae`, with a second sigmoid after its last layer or without."""
    import keras

    model = cae(input_shape, blocks=2, **options)
    if squashed_again:
        model.get_layer("decoder").add(keras.layers.Activation("sigmoid"))
        images = keras.Input(input_shape)
        model = keras.Model(images, model.get_layer("decoder")(model.get_layer("encoder")(images)))
    return model


def adam(rate):
    import keras

    return keras.optimizers.Adam(rate)


def recipe_of(configuration):
    """Return the recipe of a configuration."""
    values = {factor.partition(".")[2]: value for factor, value in configuration.items()}
    options = ("activation", "code", "momentum", "normalized", "output", "squashed_again", "width")
    model = functools.partial(build, **{name: values[name] for name in options})
    stage = Stage(
        model,
        loss=values["loss"],
        optimizer=functools.partial(adam, values["learning_rate"]),
        epochs=values["epochs"],
        batch_size=values["batch_size"],
    )
    return Recipe(stage, Fit(shown_rounded, inherits=model)) if values["rounded"] else Recipe(stage)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [pytest.param(TWIN, "supported", id="twin"), pytest.param(ARTICLE, "refuted", id="article")],
)
def test_the_autoencoder_shows_faces(experiment, small_faces, configuration, expected):
    """Shows: of two similar configurations, one shows faces and the other has the article's symptoms.

    Does not show: which factor is the cause: they differ in eight, and `negres bisect` finds it. Nor that the article's
    code, which is not available, had this fault.
    """
    evidence = experiment.measure(
        recipe_of(configuration),
        on=data_of(small_faces, configuration),
        claim=reaches("skill", bar=0.5),
        folds=5,
        repeats=1,
    )
    assert evidence.verdict == expected, evidence
