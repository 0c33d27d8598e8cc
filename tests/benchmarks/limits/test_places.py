"""Covertype by place: which rows share a group, and none is left out."""

import numpy as np
import pytest

from benchmarks.limits.places import AREAS, SOILS, in_patches
from fixtures._covertype_shaped import draw_covertype_shaped
from negres_core import KFolds


@pytest.fixture(scope="module")
def shaped():
    return draw_covertype_shaped(2_000)


def test_the_columns_are_one_hot(shaped):
    for columns in (AREAS, SOILS):
        np.testing.assert_array_equal(shaped.x[:, columns].sum(axis=1), 1)


def test_no_patch_is_in_both_folds_and_no_row_is_left_out(shaped):
    data = in_patches(shaped)
    assert len(data) == len(shaped)
    area, soil = (shaped.x[:, columns].argmax(axis=1) for columns in (AREAS, SOILS))
    patches = np.array([f"{a} {s}" for a, s in zip(area, soil, strict=True)])
    for cell in KFolds(5, repeats=1).split(data):
        assert not set(patches[cell.train]) & set(patches[cell.test])
