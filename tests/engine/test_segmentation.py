"""A label for each step or pixel: which models, losses and fits are taken, and what the others are told."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Fit
from negres_core.arms.recipe import Recipe
from negres_core.engine.checks import check_recipe
from negres_core.errors import InputError
from negres_core.metrics import recorded_names
from tests.engine import examples as ex
from tests.engine.examples import STEPS
from tests.engine.test_fits import results


def of_rows(input_shape, outputs):
    """A model that gives a whole row one label."""
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(outputs, "softmax")])


GOOD = {
    "an output for each class": (Recipe(ex.stage(ex.of_steps)), ex.STEPS),
    "more outputs than classes": (Recipe(ex.stage(functools.partial(ex.of_steps, outputs=5))), ex.STEPS),
    "a mask by one sigmoid": (Recipe(ex.stage(ex.of_pixels, loss="binary_crossentropy")), ex.MASKS),
    "steps that do not count": (
        Recipe(ex.stage(functools.partial(ex.of_steps, None), loss=ex.counted_logits)),
        ex.PADDED,
    ),
    "a loss of one's own that leaves them out": (
        Recipe(ex.stage(ex.of_steps, loss=lambda: ex.counted_squares)),
        ex.PADDED,
    ),
}


@pytest.mark.parametrize(("recipe", "data"), GOOD.values(), ids=GOOD)
def test_a_model_with_outputs_for_each_step_or_pixel_passes(recipe, data):
    check_recipe(recipe, data)


@pytest.mark.parametrize(
    ("build", "data", "received"),
    [
        (of_rows, ex.STEPS, "outputs of shape (3,) for labels of shape (5,), from 0 to 2"),
        (functools.partial(ex.of_steps, outputs=2), ex.STEPS, "outputs of shape (5, 2) for labels of shape (5,)"),
        (
            functools.partial(ex.of_steps, "sigmoid", outputs=1),
            ex.STEPS,
            "outputs of shape (5, 1) for labels of shape (5,)",
        ),
        (of_rows, ex.MASKS, "outputs of shape (2,) for labels of shape (5, 2), from 0 to 1"),
    ],
)
def test_refuses_outputs_that_are_not_those_of_each_step_or_pixel(build, data, received):
    with pytest.raises(InputError, match="not an output for each class at each") as caught:
        check_recipe(Recipe(ex.stage(build)), data)
    assert received in caught.value.received
    assert "If the targets are values, such as counts, give floats" in caught.value.remedy


def shares_of_steps(train, test):
    """Predict the share of each class at each step of the training fold for every row."""
    shares = np.stack([(train.y[..., 0] == label).mean(axis=0) for label in range(train.outputs)], axis=-1)
    return np.tile(shares, (len(test), 1, 1))


@pytest.mark.parametrize("shape", [(-1, 5), (-1, 5, 1)])
def test_labels_of_steps_or_their_probabilities_can_be_predicted(shape):
    result, _ = results(Recipe(Fit(shares_of_steps)), STEPS)
    of_labels = Fit(lambda train, test: shares_of_steps(train, test).argmax(axis=-1).reshape(shape))
    labels, _ = results(Recipe(of_labels), STEPS)

    rows = len(result.outputs)
    assert set(result.metrics) == set(recorded_names("segmentation"))
    assert set(result.metrics) - set(labels.metrics) == {"log_loss", "brier"}
    assert {name: result.metrics[name] for name in labels.metrics} == labels.metrics
    assert (sum(result.predictions["counts"]), result.predictions["sd"]) == (5 * rows, 0.0)
    assert (result.outputs.shape, labels.outputs.shape) == ((rows, 5, 3), (rows, 5, 1))


@pytest.mark.parametrize(
    ("change", "wrong", "remedy"),
    [
        (lambda p: p[:, 0], "has to return .* a class label for each step or pixel", "argmax(axis=-1)"),
        (lambda p: 2 + p.argmax(axis=-1), "has to return .* a class label for each step or pixel", "from 0"),
        (lambda p: p - 3, "whose rows are not probabilities", "scores.argmax(axis=-1)"),
    ],
)
def test_refuses_what_says_nothing_of_each_step(change, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        results(Recipe(Fit(lambda train, test: change(shares_of_steps(train, test)))), STEPS)
    assert remedy in caught.value.remedy
