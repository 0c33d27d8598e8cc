"""Bugs of a label for each step or pixel: moved by one place, and padding that counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Metric, beats
from tests.zoo.pipelines_of_segmentation import lines, padded_lines, pixels_of_shapes, squares_and_discs
from tests.zoo.specimens import bug


@bug("labels one step further than the inputs", "position alignment")
def move_steps(seed):
    """Labels were cut off at the wrong end of the lines."""
    x, labels, padded = lines(seed)
    moved = np.where(padded, 255, np.roll(labels, 1, axis=1))
    data = Dataset(x=x, y=moved, name="lines of digits", ignore_class=255)
    return replace(padded_lines(seed), data=data)


@bug("masks one pixel further than the images", "position alignment")
def move_pixels(seed):
    """Masks were padded at the top, and images at the bottom."""
    x, masks = squares_and_discs(seed)
    data = Dataset(x=x, y=np.roll(masks, 1, axis=1), name="squares and discs")
    return replace(pixels_of_shapes(seed), data=data)


@bug("padding counted as right", "padding")
def count_padding(seed):
    """Padding is an eleventh class, which every arm knows at once."""
    x, labels, padded = lines(seed)
    return replace(padded_lines(seed), data=Dataset(x=x, y=np.where(padded, 10, labels), name="lines of digits"))


def all_that_agree(targets, labels):
    return float((targets == labels).mean())


@bug("own metric that counts padding", "padding")
def count_padding_in_a_metric(seed):
    """The metric of the claim compares all labels, also those that do not count."""
    metric = Metric("agreement", higher_is_better=True, unit="share", compute=all_that_agree, takes="labels")
    return replace(padded_lines(seed), claim=beats(metric))
