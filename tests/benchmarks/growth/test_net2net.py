"""Net2Net: a larger network starts where its teacher stopped, and random padding does not."""

import keras
import numpy as np
import pytest
from keras import layers
from keras.ops import convert_to_numpy

from benchmarks.growth import models
from benchmarks.growth.net2net import net2deeper, net2wider, random_pad, silent_pad

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(size=(50, 64)).astype(np.float32)
SMALL = {"input_shape": (64,), "outputs": 10}


def drawn(model):
    """Return a model with weights that are neither symmetric nor zero, biases included, as those of a trained one."""
    for weight in model.weights:
        weight.assign(RANDOM.uniform(0.5, 1.5, weight.shape) * RANDOM.choice([-0.2, 0.3], weight.shape))
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(RANDOM.uniform(0.5, 1.5, layer.moving_variance.shape))
    return model


def outputs(model):
    return convert_to_numpy(model(IMAGES, training=False))


def normalized(units):
    middle = [layers.Dense(units, name="dense"), layers.BatchNormalization(name="norm"), layers.ReLU()]
    return keras.Sequential([keras.Input((64,)), *middle, layers.Dense(10, "softmax", name="classes")])


def flattened(channels):
    ends = [layers.Flatten(), layers.Dense(10, "softmax", name="classes")]
    image = [layers.Reshape((8, 8, 1)), layers.Conv2D(channels, 3, activation="relu", name="conv")]
    return keras.Sequential([keras.Input((64,)), *image, *ends])


@pytest.mark.parametrize(
    ("small", "wide"),
    [
        (lambda: models.mlp(**SMALL, widths=(6, 5)), lambda: models.mlp(**SMALL, widths=(16, 9))),
        (lambda: models.mlp(**SMALL, widths=(6, 5)), lambda: models.mlp(**SMALL, widths=(6, 9))),
        (lambda: models.cnn(**SMALL, channels=3, units=8), lambda: models.cnn(**SMALL, channels=7, units=16)),
        (lambda: normalized(6), lambda: normalized(11)),
        (lambda: flattened(2), lambda: flattened(5)),
    ],
    ids=["both layers", "the second layer", "convolutions", "batch normalization", "before a Flatten"],
)
def test_a_wider_network_starts_with_the_outputs_of_its_teacher(small, wide):
    teacher, student = drawn(small()), wide()

    assert np.abs(outputs(student) - outputs(teacher)).max() > 0.01
    net2wider(student, teacher, 1)

    np.testing.assert_allclose(outputs(student), outputs(teacher), atol=1e-5)


def test_copies_of_a_unit_do_not_stay_copies():
    teacher, student = drawn(models.mlp(**SMALL, widths=(2,))), models.mlp(**SMALL, widths=(4,))
    net2wider(student, teacher, 1)
    incoming = convert_to_numpy(student.get_layer("hidden_1").kernel)
    outgoing = convert_to_numpy(student.get_layer("classes").kernel)
    original = next(unit for unit in range(2) if np.array_equal(incoming[:, unit], incoming[:, 2]))

    assert np.abs(outgoing[2] - outgoing[original]).min() > 0


def test_which_units_are_copied_depends_on_the_seed():
    teacher = drawn(models.mlp(**SMALL, widths=(6,)))

    def copied(seed):
        student = models.mlp(**SMALL, widths=(12,))
        net2wider(student, teacher, seed)
        return student.get_layer("hidden_1").get_weights()[0]

    np.testing.assert_array_equal(copied(1), copied(1))
    assert not np.array_equal(copied(1), copied(2))


@pytest.mark.parametrize(
    ("shallow", "deep"),
    [
        (lambda: models.mlp(**SMALL, widths=(6,)), lambda: models.mlp(**SMALL, widths=(6, 6, 6))),
        (lambda: models.cnn(**SMALL, channels=3), lambda: models.cnn(**SMALL, channels=3, deeper=True)),
    ],
    ids=["dense", "convolutions"],
)
def test_a_deeper_network_starts_with_the_outputs_of_its_teacher(shallow, deep):
    teacher, student = drawn(shallow()), deep()
    for layer in teacher.layers:
        student.get_layer(layer.name).set_weights(layer.get_weights()) if layer.weights else None

    assert np.abs(outputs(student) - outputs(teacher)).max() > 0.01
    net2deeper(student, teacher)

    np.testing.assert_allclose(outputs(student), outputs(teacher), atol=1e-5)


def test_padding_keeps_the_weights_of_the_teacher_among_random_ones():
    teacher, student = drawn(models.mlp(**SMALL, widths=(6,))), models.mlp(**SMALL, widths=(9,))
    before = student.get_layer("classes").get_weights()[0]
    random_pad(student, teacher)

    for layer in ("hidden_1", "classes"):
        for padded, known in zip(
            student.get_layer(layer).get_weights(), teacher.get_layer(layer).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(padded[tuple(slice(size) for size in known.shape)], known)
    np.testing.assert_array_equal(student.get_layer("classes").get_weights()[0][6:], before[6:])
    assert np.abs(outputs(student) - outputs(teacher)).max() > 0.01


def test_new_units_that_reach_no_layer_leave_the_outputs_as_they_are():
    teacher, student = drawn(models.mlp(**SMALL, widths=(6, 5))), models.mlp(**SMALL, widths=(16, 9))
    drawn_before = student.get_layer("hidden_1").get_weights()[0]
    silent_pad(student, teacher)

    np.testing.assert_allclose(outputs(student), outputs(teacher), atol=1e-5)
    np.testing.assert_array_equal(student.get_layer("hidden_1").get_weights()[0][:, 6:], drawn_before[:, 6:])
    assert np.abs(student.get_layer("hidden_1").get_weights()[0]).min() > 0


@pytest.mark.parametrize(
    ("rule", "model", "message"),
    [
        (net2deeper, lambda: models.mlp(**SMALL, widths=(6, 7)), "No start of 'hidden_2', of shape"),
        (net2deeper, lambda: models.mlp(**SMALL, widths=(6, 6), activation="tanh"), "No start of 'hidden_2'"),
        (net2wider, lambda: models.mlp(**SMALL, widths=(6, 6)), "has no 'hidden_2'"),
    ],
)
def test_what_cannot_be_started_is_refused(rule, model, message):
    arguments = (1,) if rule is net2wider else ()

    with pytest.raises(ValueError, match=message):
        rule(model(), drawn(models.mlp(**SMALL, widths=(6,))), *arguments)


def test_a_layer_that_has_no_wider_form_is_refused():
    def with_norm(units):
        return keras.Sequential(
            [keras.Input((64,)), layers.Dense(units, name="dense"), layers.LayerNormalization(name="norm")]
        )

    with pytest.raises(ValueError, match="not defined for a layer of kind LayerNormalization"):
        net2wider(with_norm(6), with_norm(4), 1)
