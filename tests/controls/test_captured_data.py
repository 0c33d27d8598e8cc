from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

from negres_core import Fit, Recipe, Stage
from negres_core.controls.captured_data import _holds_targets, check
from negres_core.dataset import Dataset
from negres_core.run.arm import Arm
from negres_core.run.run import Run

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(200, 5)), RNG.permutation(np.arange(200) % 3)
DATA = Dataset(x=X, y=Y, name="data")


def found_in(*recipes, data=DATA):
    roles = ("treatment", "control")
    return check(Run(data, None, (), [Arm(role, recipe) for role, recipe in zip(roles, recipes, strict=False)]))


def network(input_shape, outputs):
    """Stand for a network that knows nothing of the data."""


@functools.cache
def pretrained():
    return X.mean(), Y


def warm(input_shape, outputs):
    return pretrained()


def replay(model, x, y, *, training):
    return model(X)


def of_the_notebook(train, test):
    return X, Y, train, test


def of_its_arguments(train, test):
    x, y = train.X, train.Y
    return x, y


def only_measuring(input_shape, outputs):
    return len(X) // 32, X.shape[1], Y.max() + 1, np.bincount(Y), np.unique(Y), DATA.outputs, DATA.x.shape


def in_a_closure(value):
    def function():
        return value

    return function


class Callable:
    def __init__(self, value):
        self.value = value

    def __call__(self, train, test):
        return self.value


ARRAYS = {
    "the inputs": X,
    "some of them in another order": X[60:20:-1].astype(np.float32),
    "the targets": Y,
    "one-hot targets": np.eye(3)[Y],
    "the data set": DATA,
    "a list of rows": X.tolist(),
    "a dictionary": {"arrays": [np.column_stack([np.zeros(200), Y])]},
}


@pytest.mark.parametrize("value", ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_a_function_holds_are_found(value):
    for recipe in (
        Recipe(Stage(in_a_closure(value))),
        Recipe(Stage(network, optimizer=in_a_closure(value))),
        Recipe(Fit(Callable(value))),
        Recipe(Fit(functools.partial(of_its_arguments, extra=value))),
    ):
        finding = found_in(recipe)
        assert not finding.passed
        assert finding.control == "captured data"


def test_what_each_arm_reaches_is_told():
    finding = found_in(Recipe(Stage(network, objective=replay)), Recipe(Fit(of_the_notebook)))

    assert finding.found == (
        "code of the treatment arm reaches 200 rows of the data set; "
        "code of the control arm reaches 200 rows of the data set and its targets"
    )


def test_a_helper_whose_result_is_cached_is_followed():
    assert not found_in(Recipe(Stage(warm))).passed


def test_a_fitted_neighbour_classifier_holds_its_rows():
    from sklearn.neighbors import KNeighborsClassifier

    assert not found_in(Recipe(Stage(in_a_closure(KNeighborsClassifier().fit(X, Y))))).passed


def test_a_table_with_a_column_of_labels_is_found():
    import pandas as pd

    table = pd.DataFrame(X).assign(label=Y, name="a")

    assert not found_in(Recipe(Stage(in_a_closure(table)))).passed


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(Stage(network)),
        Recipe(Fit(of_its_arguments)),
        Recipe(Stage(only_measuring)),
        Recipe(Stage(in_a_closure(RNG.normal(size=(200, 5))))),
        Recipe(Stage(in_a_closure(X[:5]))),
        Recipe(Stage(in_a_closure(RNG.permutation(Y)))),
        Recipe(Stage(in_a_closure(np.zeros((200, 5))))),
    ],
    ids=["nothing", "arguments", "measures", "other rows", "few rows", "other labels", "zeros"],
)
def test_functions_that_hold_nothing_of_the_data_pass(recipe):
    data = Dataset(x=np.vstack([X, np.zeros((20, 5))]), y=np.append(Y, np.zeros(20, int)), name="more")

    assert found_in(recipe).passed
    assert found_in(recipe, data=data).passed


def test_one_of_several_inputs_is_found():
    data = Dataset(x={"a": X, "b": RNG.normal(size=(200, 1))}, y=Y, name="two inputs")

    assert not found_in(Recipe(Stage(in_a_closure(X))), data=data).passed
    assert found_in(Recipe(Stage(network)), data=data).passed


def test_several_labels_a_row_that_are_held_are_targets():
    y = np.random.default_rng(0).integers(2, size=(60, 3))

    assert _holds_targets(y, y.astype(bool))
    assert not _holds_targets(y, 1 - y)
    assert not _holds_targets(y, np.eye(2)[y[:, 0]])


@pytest.mark.parametrize("shape", [(60, 4, 5), (60, 4, 5, 1), (60, 20)])
def test_masks_are_targets_in_any_shape_and_whatever_label_does_not_count(shape):
    given = np.where(RNG.uniform(size=(60, 4, 5)) < 0.2, 255, RNG.integers(0, 3, size=(60, 4, 5)))
    given[:, 0, 0] = 1
    masks = Dataset(x=RNG.normal(size=(60, 4, 5, 1)), y=given, name="masks", ignore_class=255)

    assert _holds_targets(masks.y, given.reshape(shape))
    assert not _holds_targets(masks.y, RNG.permutation(given).reshape(shape))
    assert not _holds_targets(masks.y, given[:, 0])


def test_a_sampler_that_brings_rows_along_is_found():
    class Known:
        def fit_resample(self, x, y):
            return X, Y

    assert "200 rows of the data set and its targets" in found_in(Recipe(Stage(network), resample=Known)).found


FRAME = pd.DataFrame(X[:, :3], columns=list("abc")).assign(kind=RNG.choice(["x", "y"], 200), gap=None)


@pytest.mark.parametrize(
    ("held", "rows"),
    [
        (FRAME, 200),
        (FRAME.iloc[50:90], 40),
        (FRAME.to_numpy(dtype=object), 200),
        (FRAME.iloc[:5], 0),
        (FRAME.assign(a=0.5), 0),
        (FRAME[["a", "kind"]], 0),
    ],
    ids=["the frame", "some rows", "as objects", "few rows", "other values", "some columns"],
)
def test_rows_of_a_frame_are_found_in_frames(held, rows):
    data = Dataset(x=FRAME, y=Y, name="frame")
    finding = found_in(Recipe(Fit(in_a_closure(held))), data=data)
    assert finding.passed == (rows == 0)
    assert (f"reaches {rows} rows" in finding.found) == (rows > 0)
