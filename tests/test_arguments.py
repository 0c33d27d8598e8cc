"""Arguments that do not exist are refused with the place where negres has what they are for."""

from __future__ import annotations

import functools
import inspect

import keras
import pytest

from negres_core import Dataset, Fit, FixedSplit, KFolds, Recipe, Stage, beats, reaches
from negres_core.arguments import OF_KERAS, count_required
from negres_core.errors import InputError


def base():
    """Stand for a build function."""


def compute(train, test):
    """Stand for the function of a fit."""


def arguments_of(function):
    return inspect.signature(function).parameters.keys() - {"self", *inspect.signature(Stage).parameters}


@pytest.mark.parametrize("name", sorted(arguments_of(keras.Model.fit) | arguments_of(keras.Model.compile)))
def test_each_argument_of_keras_fit_and_compile_is_refused_with_the_line_to_write(name):
    with pytest.raises(InputError, match=f"A stage has no argument `{name}`") as caught:
        Stage(base, **{name: 1})
    assert f"Stage(..., {name}=1)" in caught.value.received
    assert caught.value.remedy == OF_KERAS[name]


@pytest.mark.parametrize(
    ("make", "wrong", "remedy"),
    [
        (lambda: Stage(base, epoch=3), "A stage has no argument `epoch`", "Did you mean `epochs`?"),
        (
            lambda: Stage(base, width=3),
            "A stage has no argument `width`",
            "The arguments of a stage are build,",
        ),
        (lambda: Stage(base, learning_rate=1e-4), "no argument `learning_rate`", "keras.optimizers.Adam(0.0001)"),
        (lambda: Stage(base, clipnorm=1.0), "no argument `clipnorm`", "keras.optimizers.Adam(1e-4, clipnorm=1.0)"),
        (lambda: Stage(base, lr=0.1), "no argument `lr`", "keras.optimizers.Adam(0.1)"),
        (lambda: Stage(base, 10), "A stage takes only `build` without a name", "Name the others"),
        (lambda: Fit(compute, epochs=3), "A fit has no argument `epochs`", "Recipe(Stage(build, epochs=...))"),
        (lambda: Fit(compute, seed=3), "A fit has no argument `seed`", "is named `seed`"),
        (lambda: Recipe(Stage(base), epochs=3), "A recipe has no argument `epochs`", "Stage(build, epochs=...)"),
        (lambda: Recipe(Stage(base), preproces=3), "A recipe has no argument", "Did you mean `preprocess`?"),
        (lambda: beats("roc_auc", 0.01), "A claim takes only `metric` without a name", "beats(metric, by=...)"),
        (lambda: reaches("roc_auc", 0.9), "A claim takes only `metric` without a name", "reaches(metric, bar=...)"),
        (lambda: beats("roc_auc", margin=0.01), "A claim has no argument `margin`", "beats(metric, by=0.01)"),
        (
            lambda: Dataset(x_train=1, y=2),
            "A data set has no argument `x_train`",
            "FixedSplit(train=range(len(x_train))",
        ),
        (lambda: Dataset(1, 2), "A data set takes all arguments by name", "Dataset(x=..., y=..., name=...)"),
        (
            lambda: FixedSplit(range(2), range(2, 4)),
            "A design takes all arguments by name",
            "FixedSplit(train=..., test=",
        ),
        (lambda: KFolds(5, repeat=3), "A design has no argument `repeat`", "Did you mean `repeats`?"),
    ],
)
def test_refuses_an_argument_that_does_not_exist(make, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        make()
    assert remedy in caught.value.remedy


def test_the_signature_stays_readable():
    assert list(inspect.signature(Stage).parameters)[:2] == ["build", "inherits"]
    assert next(iter(inspect.signature(Fit).parameters)) == "compute"


@pytest.mark.parametrize(
    ("function", "required"),
    [
        (base, 0),
        (compute, 2),
        (functools.partial(compute, 1), 1),
        (keras.losses.mean_squared_error, 2),
        (keras.losses.MeanSquaredError(), 2),
        (keras.losses.MeanSquaredError, 0),
        (lambda model, x, y, *, training: 0, 3),
        (dict, 0),
        (3, 0),
    ],
)
def test_counts_the_arguments_that_a_function_requires(function, required):
    assert count_required(function) == required
