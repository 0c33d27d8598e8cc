"""GradMax: new units leave the outputs as they are, and have a larger gradient than random ones, at each growth."""

import functools

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from benchmarks.growth.gradmax import gradmax, random_units
from benchmarks.growth.models import mlp

GROWTHS = 5
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(500, 20)).astype(np.float32)
Y = np.argmax(np.maximum(X @ RANDOM.normal(size=(20, 15)), 0) @ RANDOM.normal(size=(15, 10)), axis=1)
BUILD = functools.partial(mlp, (20,), 10)


def gradient_norm(model):
    """Return the norm of the gradient of the loss, over all rows, by all weights: that of one step of rate 1."""
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy", jit_compile=False)
    model.train_on_batch(X, Y)
    after = model.get_weights()
    model.set_weights(before)
    return np.sqrt(sum(np.sum((old - new) ** 2) for old, new in zip(before, after, strict=True)))


def grow(parent, rule, *, units):
    student = BUILD(widths=(*[layer.units for layer in parent.layers[:-2]], parent.layers[-2].units + units))
    for layer in student.layers[:-2]:
        layer.set_weights(parent.get_layer(layer.name).get_weights())
    rule(student, parent)
    return student


def at_random(seed):
    return functools.partial(random_units, seed=seed)


def test_the_gradient_after_each_growth_is_larger_than_after_random_growth():
    keras.utils.set_random_seed(0)
    student = BUILD(widths=(3,))
    for growth in range(GROWTHS):
        student.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
        student.fit(X, Y, batch_size=100, epochs=4, verbose=0)
        before = gradient_norm(student)
        grown = grow(student, functools.partial(gradmax, x=X, y=Y), units=1)
        others = [gradient_norm(grow(student, at_random(seed), units=1)) for seed in range(2)]

        assert before < max(others) < gradient_norm(grown), growth
        student = grown


@pytest.mark.parametrize("widths", [(6,), (5, 6)])
@pytest.mark.parametrize("rule", [functools.partial(gradmax, x=X, y=Y), at_random(1)], ids=["gradmax", "random"])
def test_growth_does_not_change_the_outputs(rule, widths):
    parent = BUILD(widths=widths)
    student = grow(parent, rule, units=3)

    np.testing.assert_allclose(convert_to_numpy(student(X)), convert_to_numpy(parent(X)), atol=1e-5)
    assert student.layers[-2].units == 9


def test_new_outgoing_weights_are_as_large_as_the_others():
    parent = BUILD(widths=(6,))
    kernels = [grow(parent, rule, units=2).layers[-1].get_weights()[0] for rule in (at_random(1), at_random(2))]

    norms = np.linalg.norm(kernels[0], axis=1)
    np.testing.assert_allclose(norms[6:], norms[:6].mean(), rtol=1e-5)
    np.testing.assert_array_equal(kernels[0][:6], kernels[1][:6])
    assert np.abs(kernels[0][6:] - kernels[1][6:]).min() > 0


def test_more_units_than_directions_are_refused():
    with pytest.raises(ValueError, match=r"directions for 10 new units. Received: 11"):
        grow(BUILD(widths=(6,)), functools.partial(gradmax, x=X, y=Y), units=11)
