"""A label for each step or pixel: which integers are taken as such, which of them count, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.dataset.segmentation import counted, is_segmentation
from negres_core.errors import InputError

RNG = np.random.default_rng(0)
STEPS = RNG.integers(0, 4, size=(6, 5))
MASKS = RNG.integers(0, 2, size=(6, 4, 3))


def make(y, **options):
    return Dataset(x=np.arange(12.0).reshape(6, 2), y=y, name="mine", **options)


@pytest.mark.parametrize(
    ("y", "shape", "outputs"),
    [
        (STEPS, (6, 5, 1), 4),
        (STEPS.astype(np.uint8), (6, 5, 1), 4),
        (STEPS.tolist(), (6, 5, 1), 4),
        (STEPS[..., None], (6, 5, 1), 4),
        ((STEPS > 1).astype(int)[..., None], (6, 5, 1), 2),
        (MASKS, (6, 4, 3, 1), 2),
        (MASKS.astype(bool), (6, 4, 3, 1), 2),
        (MASKS[..., None], (6, 4, 3, 1), 2),
        (np.stack([MASKS] * 2, axis=1)[..., None], (6, 2, 4, 3, 1), 2),
    ],
)
def test_integers_of_steps_or_pixels_are_held_with_an_axis_at_the_end(y, shape, outputs):
    data = make(y)

    assert (data.task, data.y.shape, data.y.dtype, data.outputs) == ("segmentation", shape, np.int32, outputs)
    assert (data.classes, data.has_labels, data.ignore_class) == (outputs, True, None)
    assert np.array_equal(data.y.reshape(-1), np.asarray(y).reshape(-1))
    assert data.count_targets(np.arange(4)) == 4


def test_zeros_and_ones_in_columns_are_several_labels_a_row_unless_an_axis_or_a_label_says_otherwise():
    y = (STEPS > 1).astype(int)

    assert make(y).task == "multilabel"
    assert make(y[..., None]).task == make(y, ignore_class=255).task == "segmentation"
    assert make(y[..., None]).digest == make(y, ignore_class=255).digest != make(y).digest
    few = make(y[..., None]).take(np.array([0, 1]))
    assert (few.task, few.y.shape, few.with_targets(few.y[::-1]).task) == ("segmentation", (2, 5, 1), "segmentation")


@pytest.mark.parametrize("mark", [-1, -100, 255, 7])
def test_a_label_that_does_not_count_is_minus_1_whatever_it_was(mark):
    y = np.where(RNG.uniform(size=STEPS.shape) < 0.3, mark, STEPS)
    y[:, 0] = STEPS[:, 0]
    data = make(y, ignore_class=mark)

    assert np.array_equal(data.y[..., 0], np.where(y == mark, -1, y))
    assert (data.outputs, data.ignore_class) == (1 + data.y.max(), -1)
    assert np.array_equal(counted(data.y)[..., 0], y != mark)
    assert data.count_targets(np.array([1, 2])) == np.count_nonzero(y[1:3] != mark)
    again = replace(data, x=data.x)
    assert (again.digest, again.count_targets(np.arange(6))) == (data.digest, np.count_nonzero(y != mark))
    assert data.take(np.array([1, 2])).ignore_class == -1


@pytest.mark.parametrize(
    ("y", "wrong", "remedy"),
    [
        (np.where(STEPS == 0, -1, STEPS), "are -1, which often marks", "Dataset(..., ignore_class=-1)"),
        (np.where(STEPS == 0, -100, STEPS), "are -100, which often marks", "Dataset(..., ignore_class=-100)"),
        (np.where(MASKS == 0, 255, 1), "are 255, which often marks", "Dataset(..., ignore_class=255)"),
        (np.eye(4, dtype=int)[STEPS], "may be one-hot labels of steps", "y=y.argmax(axis=-1)[..., None]"),
        (STEPS + 1, "have to count from 0", "y=y - 1"),
        (STEPS * 1000, "have to count from 0", "as floats, y=y.astype(float)"),
    ],
)
def test_refuses_what_may_mean_something_else(y, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        make(y)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("y", [STEPS[:, 0], STEPS.astype(float), STEPS[:, 0] * 0.5])
def test_only_steps_or_pixels_have_a_label_that_does_not_count(y):
    with pytest.raises(
        InputError, match="`ignore_class` of data set 'mine' is only for targets with a label at each step or pixel"
    ):
        make(y, ignore_class=2)


@pytest.mark.parametrize("given", [True, "void", [0, 255], 255.0])
def test_refuses_a_label_that_is_no_integer(given):
    with pytest.raises(InputError, match="`ignore_class` of data set 'mine' has to be the integer label"):
        make(STEPS, ignore_class=given)


def test_refuses_a_row_of_which_no_label_counts():
    y = STEPS.copy()
    y[3] = 9
    with pytest.raises(InputError, match="No label of some rows") as caught:
        make(y, ignore_class=9)
    assert "such as row 3" in caught.value.received


def test_values_shaped_like_masks_stay_values():
    assert make(MASKS[..., None].astype(float)).task == "reconstruction"
    assert not is_segmentation(make(MASKS[..., None].astype(float)).y)
