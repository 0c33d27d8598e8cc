"""Inputs are one array of float32, or several by name; each mistake has its remedy."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.dataset.inputs import check_inputs
from negres_core.errors import InputError


def test_one_array_and_several_by_name_become_float32():
    one = check_inputs([[1, 2], [3, 4]], [0, 1], of="mine")
    assert one.dtype == np.float32
    several = check_inputs({"b": [[1], [2]], "a": np.zeros((2, 3, 3))}, [0, 1], of="mine")
    assert {name: (array.shape, array.dtype.name) for name, array in several.items()} == {
        "a": ((2, 3, 3), "float32"),
        "b": ((2, 1), "float32"),
    }


@pytest.mark.parametrize(
    ("x", "part"),
    [
        ([1.0, 2.0], "x.reshape(-1, 1)"),
        (np.zeros((2, 0)), "one feature or more"),
        ({"age": [1.0, 2.0]}, "x['age'].reshape(-1, 1)"),
        ({"": [[1.0], [2.0]]}, "names of the model's inputs"),
        ([np.zeros((2, 3)), np.zeros((2, 4)), np.zeros((2, 5))], 'x={"image": x[0]'),
    ],
)
def test_each_mistake_has_its_remedy(x, part):
    with pytest.raises(InputError) as caught:
        check_inputs(x, [0, 1], of="mine")
    assert part in str(caught.value)
