"""Operations of a training step, against counts by hand, and the measured peak of a device."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from negres_core.engine import flops
from negres_core.engine.flops import peak_flops_per_s, step_flops

BY_HAND = {
    "dense, 6 to 8 to 3": (((6,), [layers.Dense(8), layers.Dense(3)]), 2 * (2 * 6 * 8 + 3 * 8 * 3)),
    "dense over 5 positions": (((5, 6), [layers.Dense(8)]), 2 * 2 * 5 * 6 * 8),
    "3 x 3 convolution of 8 x 8 x 2 to 6 x 6 x 4": (((8, 8, 2), [layers.Conv2D(4, 3)]), 2 * 2 * 6 * 6 * 3 * 3 * 2 * 4),
    "a stride of 2": (((8, 8, 2), [layers.Conv2D(4, 3, 2, "same")]), 2 * 2 * 4 * 4 * 3 * 3 * 2 * 4),
    "its transpose": (((4, 4, 4), [layers.Conv2DTranspose(2, 3, 2, "same")]), 2 * 2 * 4 * 4 * 3 * 3 * 2 * 4),
    "layers without matrix products": (((6,), [layers.Dropout(0.5), layers.BatchNormalization()]), 0),
}


@pytest.mark.parametrize(("model", "row"), BY_HAND.values(), ids=BY_HAND)
def test_later_layers_need_the_gradient_of_their_inputs_and_the_first_does_not(model, row):
    shape, stack = model
    assert step_flops(keras.Sequential([keras.Input(shape), *stack]), 32) == 32 * row


def test_layers_inside_a_nested_model_count():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(8)])
    assert step_flops(keras.Sequential([keras.Input((6,)), inner, layers.Dense(3)]), 1) == 2 * (2 * 6 * 8 + 3 * 8 * 3)


def test_a_frozen_layer_needs_no_gradient_of_its_weights():
    first, second = layers.Dense(8), layers.Dense(3)
    model = keras.Sequential([keras.Input((6,)), first, second])
    second.trainable = False
    assert step_flops(model, 1) == 2 * (2 * 6 * 8 + 2 * 8 * 3)
    first.trainable, second.trainable = False, True
    assert step_flops(model, 1) == 2 * (6 * 8 + 2 * 8 * 3)


FAST = {1024: 0.004, 2048: 0.02, 2816: 0.05, 4096: 9.0, 5632: 9.0}
SLOW = {1024: 0.04, 1280: 0.07, 2048: 9.0, 2560: 9.0}
"""Seconds of a product by its size, on two devices: the largest that is tried has the best rate."""


@pytest.mark.parametrize(
    ("seconds", "max_rows", "sizes"),
    [(FAST, 16_384, [1024, 2048, 2816]), (FAST, 2048, [1024, 2048]), (SLOW, 16_384, [1024, 1280])],
)
def test_the_peak_is_the_rate_of_products_that_grow_until_one_takes_long_enough(seconds, max_rows, sizes, monkeypatch):
    calls = []
    monkeypatch.setattr(flops, "_product_s", lambda square: calls.append(len(square)) or seconds[len(square)])
    monkeypatch.setattr(flops, "PEAK_MAX_ROWS", max_rows)
    assert peak_flops_per_s.__wrapped__() == pytest.approx(2 * sizes[-1] ** 3 / seconds[sizes[-1]])
    assert calls == [size for size in sizes for _ in range(3)]


def test_the_peak_is_measured_once():
    assert peak_flops_per_s() == peak_flops_per_s() > 0
