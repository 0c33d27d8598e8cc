"""Clean pipelines with a label for each step or pixel."""

from __future__ import annotations

import functools

import numpy as np

from negres_core import Dataset, Recipe, Stage, beats
from tests.zoo.pipelines import FIT, Pipeline, load

LINES, LONGEST, SHORTEST = 150, 8, 4
SIZE = 14


def lines(seed):
    """Return lines of 4 to 8 handwritten digits, padded with blanks, their labels, and where they are padded."""
    x, digit = load("digits")
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(x))[: LINES * LONGEST].reshape(LINES, LONGEST)
    padded = np.arange(LONGEST) >= rng.integers(SHORTEST, LONGEST + 1, size=LINES)[:, None]
    return np.where(padded[..., None], 0, x[chosen] / 16), digit[chosen], padded


def of_steps(input_shape, outputs, *, hidden):
    """Label each step by itself."""
    import keras
    from keras import layers

    stack = [layers.Dense(units, "relu") for units in hidden]
    return keras.Sequential([keras.Input(input_shape), *stack, layers.Dense(outputs, "softmax")])


def of_pixels(input_shape, outputs, *, sees):
    """Label each pixel by so many pixels around it, as logits."""
    import keras
    from keras import layers

    stack = [layers.Conv2D(8, sees, padding="same", activation="relu") for _ in range(2)]
    return keras.Sequential([keras.Input(input_shape), *stack, layers.Conv2D(outputs, 1)])


def counted_steps():
    import keras

    return keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)


def logits_of_pixels():
    import keras

    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def padded_lines(seed):
    """Does a hidden layer read more digits of a line, whose padding does not count?"""
    x, labels, padded = lines(seed)
    fit = FIT | {"loss": counted_steps}
    return Pipeline(
        data=Dataset(x=x, y=np.where(padded, 255, labels), name="lines of digits", ignore_class=255),
        treatment=Recipe(Stage(functools.partial(of_steps, hidden=(32,)), **fit)),
        control=Recipe(Stage(functools.partial(of_steps, hidden=()), **fit)),
        claim=beats("accuracy"),
    )


def squares_and_discs(seed, *, rows=120):
    """Return noisy images with a square and a disc each, and what each pixel belongs to: neither, square, or disc."""
    rng = np.random.default_rng(seed)
    height, width = np.mgrid[:SIZE, :SIZE]
    masks = np.zeros((rows, SIZE, SIZE), dtype=int)
    for mask in masks:
        top, left, side = rng.integers([0, 0, 4], [5, 8, 7])
        mask[top : top + side, left : left + side] = 1
        row, column, radius = rng.uniform([8.5, 2.5, 2], [11.5, 11.5, 3])
        mask[(height - row) ** 2 + (width - column) ** 2 <= radius**2] = 2
    brightness = np.array([0.0, 0.5, 1.0])[masks]
    return brightness[..., None] + rng.normal(0, 0.35, size=(rows, SIZE, SIZE, 1)), masks


def pixels_of_shapes(seed):
    """Does a network that sees the pixels around find squares and discs better than one that sees single pixels?"""
    x, masks = squares_and_discs(seed)
    fit = FIT | {"loss": logits_of_pixels}
    return Pipeline(
        data=Dataset(x=x, y=masks, name="squares and discs"),
        treatment=Recipe(Stage(functools.partial(of_pixels, sees=3), **fit)),
        control=Recipe(Stage(functools.partial(of_pixels, sees=1), **fit)),
        claim=beats("iou"),
    )


PIPELINES_OF_SEGMENTATION = {
    "a label for each step": padded_lines,
    "a label for each pixel": pixels_of_shapes,
}
