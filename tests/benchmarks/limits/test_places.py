"""Covertype by place: which rows share a group, and which rows are left out."""

import numpy as np
import pytest

from benchmarks.limits.places import AREAS, SOILS, in_areas, in_patches
from fixtures._covertype_shaped import draw_covertype_shaped
from negres_core import Dataset, KFolds, LeaveOneGroupOut


@pytest.fixture(scope="module")
def shaped():
    return draw_covertype_shaped(2_000)


@pytest.fixture(scope="module")
def with_a_class_of_one_area(shaped):
    """The same rows, but class 3 occurs in the fourth area alone, as cottonwood does in Covertype."""
    area = shaped.x[:, AREAS].argmax(axis=1)
    kept = (shaped.y != 3) | (area == 3)
    assert (shaped.y[kept] == 3).sum() > 0
    return Dataset(x=shaped.x[kept], y=shaped.y[kept], name="covertype")


def test_the_columns_are_one_hot(shaped):
    for columns in (AREAS, SOILS):
        np.testing.assert_array_equal(shaped.x[:, columns].sum(axis=1), 1)


def test_a_class_of_one_area_is_left_out_and_the_others_keep_their_order(with_a_class_of_one_area):
    data = in_areas(with_a_class_of_one_area)
    kept = with_a_class_of_one_area.y != 3
    y = with_a_class_of_one_area.y[kept]
    np.testing.assert_array_equal(data.x, with_a_class_of_one_area.x[kept])
    np.testing.assert_array_equal(data.y, y - (y > 3))
    assert data.outputs == 6
    assert data.name == "covertype in areas"


def test_each_area_can_be_left_out(with_a_class_of_one_area):
    data = in_areas(with_a_class_of_one_area)
    tested = [np.unique(data.x[cell.test, AREAS].argmax(axis=1)) for cell in LeaveOneGroupOut().split(data)]
    np.testing.assert_array_equal(np.concatenate(tested), np.arange(4))


def test_no_patch_is_in_both_folds_and_no_row_is_left_out(shaped):
    data = in_patches(shaped)
    assert len(data) == len(shaped)
    area, soil = (shaped.x[:, columns].argmax(axis=1) for columns in (AREAS, SOILS))
    patches = np.array([f"{a} {s}" for a, s in zip(area, soil, strict=True)])
    for cell in KFolds(5, repeats=1).split(data):
        assert not set(patches[cell.train]) & set(patches[cell.test])
