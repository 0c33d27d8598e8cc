"""Cascade-Correlation: the best candidate becomes a unit, and the outputs stay as they are until they are trained."""

import functools

import numpy as np
from keras.ops import convert_to_numpy

from benchmarks.growth.cascade import cascade, covariance, install_best

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 5)).astype(np.float32)
Y = RANDOM.integers(3, size=60)
BUILD = functools.partial(cascade, (5,), 3)


def sizes_of(model):
    """Return the size of each candidate's covariance with the errors, by NumPy's own function."""
    both = convert_to_numpy(model(X))
    errors = both[:, :3] - np.eye(3)[Y]
    return np.array(
        [sum(abs(np.cov(candidate, error, bias=True)[0, 1]) for error in errors.T) for candidate in both[:, 3:].T]
    )


def test_candidates_are_trained_to_covary_with_the_errors():
    pool = BUILD(units=2, candidates=4)

    np.testing.assert_allclose(-covariance(pool, X, Y[:, None], training=True), sizes_of(pool).sum(), rtol=1e-4)
    trained = {weight.path for weight in pool.trainable_weights}
    assert trained == {weight.path for weight in pool.get_layer("candidates").weights}


def test_the_best_candidate_becomes_a_unit_that_the_outputs_do_not_see_yet():
    pool, model = BUILD(units=1, candidates=4), BUILD(units=2)
    model.get_layer("unit_1").set_weights(pool.get_layer("unit_1").get_weights())
    install_best(model, pool, X, Y)

    best = np.argmax(sizes_of(pool))
    kernel, _ = pool.get_layer("candidates").get_weights()
    np.testing.assert_array_equal(model.get_layer("unit_2").get_weights()[0][:, 0], kernel[:, best])
    np.testing.assert_allclose(model(X), convert_to_numpy(pool(X))[:, :3], atol=1e-6)
    assert {weight.path.split("/")[-2] for weight in model.trainable_weights} == {"classes"}


def test_units_that_are_not_frozen_are_trained():
    model = BUILD(units=2, frozen=False)

    assert {weight.path.split("/")[-2] for weight in model.trainable_weights} == {"unit_1", "unit_2", "classes"}
