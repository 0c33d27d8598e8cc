from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, KFolds
from negres_core.controls.position_alignment import check
from negres_core.run.run import Run

RNG = np.random.default_rng(1)
ROWS = 120
MEANS = RNG.normal(size=(4, 5))
TOKENS = RNG.integers(0, 4, size=(ROWS, 12))
SEGMENTS = np.repeat(RNG.integers(0, 4, size=(ROWS, 5)), 4, axis=1)


def inputs(y):
    return MEANS[y] + RNG.normal(size=(*y.shape, 5)) * 0.7


def shapes():
    masks = np.zeros((ROWS, 14, 14), dtype=int)
    for mask in masks:
        top, left, high, wide = RNG.integers([1, 1, 4, 4], [5, 5, 8, 8])
        mask[top : top + high, left : left + wide] = 1
    return masks


SHAPES = shapes()
PIXELS = SHAPES[..., None] * 0.8 + RNG.normal(size=(*SHAPES.shape, 1)) * 0.4


def find(x, y, **options):
    data, design = Dataset(x=x, y=y, name="places", **options), KFolds(3)
    return check(Run(data, design, list(design.split(data)), ()))


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize("y", [TOKENS, SEGMENTS], ids=["tokens", "segments"])
def test_labels_one_step_further_fail(y, shift):
    x = inputs(y)
    finding = find(x, np.roll(y, shift, axis=1))

    assert find(x, y).passed
    assert not finding.passed
    assert ("after" if shift < 0 else "before") in finding.found


@pytest.mark.parametrize("axis", [1, 2])
def test_masks_one_pixel_further_fail_by_their_axis(axis):
    finding = find(PIXELS, np.roll(SHAPES, 1, axis=axis))

    assert find(PIXELS, SHAPES).passed
    assert not finding.passed
    assert f"along axis {axis}," in finding.found


def test_labels_that_do_not_count_are_no_changes():
    x, ends = inputs(TOKENS), np.arange(12) >= RNG.integers(7, 13, size=ROWS)[:, None]
    hidden = np.where(ends, 255, TOKENS)

    assert find(np.where(ends[..., None], 0, x), hidden, ignore_class=255).passed
    moved = np.where(ends, 255, np.roll(TOKENS, 1, axis=1))
    assert not find(np.where(ends[..., None], 0, x), moved, ignore_class=255).passed


def test_the_prediction_of_the_next_step_and_labels_that_depend_on_both_pass():
    x = RNG.normal(size=(ROWS, 12, 2))
    following = np.roll(x[..., 0], -1, axis=1)
    steps = np.digitize(following, [-1.5, -0.5, 0.5, 1.5])

    assert find(x, steps).passed
    assert find(x, (x[..., 0] + following > 0).astype(int)[..., None]).passed


def test_noise_and_labels_without_places_are_not_judged():
    assert find(RNG.normal(size=(ROWS, 12, 5)), TOKENS).passed
    assert find(RNG.normal(size=(ROWS, 7)), TOKENS) is None
    assert find(RNG.normal(size=(ROWS, 7)), TOKENS[:, 0]) is None
