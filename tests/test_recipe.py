from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import MinMaxScaler

from negres_core import Fit, Recipe, Stage
from negres_core.errors import InputError
from negres_core.recipe import is_loss, name_of


def base():
    """Stand for model 1."""


def grown():
    """Stand for model 2."""


def taller():
    """Stand for model 3."""


def pca(train, test):
    """Stand for the function of a fit."""


def pca_of_three(model, x, y, *, training):
    """Stand for an objective."""


class Weighted:
    """Stand for the class of a loss with arguments."""

    def __init__(self, alpha, gamma):
        """Take two arguments, which are not targets and outputs."""

    def __call__(self, y_true, y_pred):
        """Return a loss."""


class Momentum:
    """Stand for an optimizer."""

    learning_rate = 0.1


class Network:
    """Stand for a Keras model, which can be called, too."""

    layers = ()

    def fit(self, x, y):
        """Train."""

    def __call__(self, x):
        """Return outputs."""


def sized(width, *, outputs, activation=None):
    return width, outputs, activation


def test_a_stage_has_the_usual_settings():
    stage = Stage(base)

    assert (stage.optimizer, stage.loss, stage.epochs, stage.batch_size, stage.saved_as) == (
        "adam",
        "sparse_categorical_crossentropy",
        10,
        128,
        "keras",
    )
    assert (stage.inherits, stage.freezes) == (None, None)


@pytest.mark.parametrize(
    ("fields", "wrong", "received", "remedy"),
    [
        ({"build": "base"}, "`build` of a stage has to be a function", "Received: base", "Stage(base), not Stage(base"),
        ({"build": None}, "`build` of a stage has to be a function", "Received: None", "Stage(base), not Stage(base"),
        ({"inherits": 3}, "`inherits` of a stage has to be a function", "Received: 3", "the function itself"),
        ({"freezes": "base"}, "`freezes` of a stage has to be a function", "Received: base", "the function itself"),
        ({"optimizer": None}, "`optimizer` of a stage has to be a name", "Received: None", "keras.optimizers.Adam"),
        ({"loss": 0.5}, "`loss` of a stage has to be a name", "Received: 0.5", "keras.losses.Huber"),
        ({"loss": pca_of_three}, "has to be a function of targets and outputs", "requires 3", "to `objective` instead"),
        ({"loss": Weighted}, "called without arguments, and requires some", "requires 2", "loss=lambda: Weighted(...)"),
        ({"optimizer": pca}, "called without arguments, and requires some", "requires 2", "optimizer=lambda: pca(...)"),
        ({"callbacks": pca}, "called without arguments, and requires some", "requires 2", "callbacks=lambda: pca(...)"),
        ({"callbacks": ["stop"]}, "a function that returns a list of new callbacks", "stop", "callbacks=lambda: ["),
        (
            {"optimizer": Momentum()},
            "every replicate has its own",
            "Momentum",
            "keras.optimizers.Momentum(...)",
        ),
        ({"objective": pca}, "`objective` of a stage has to be a function", "pca", "goes to `loss`"),
        ({"objective": "mse"}, "`objective` of a stage has to be a function", "Received: mse", "goes to `loss`"),
        ({"build": Network()}, "returns a new Keras model at every call", "Network", "Stage(base), not Stage(base())"),
        ({"epochs": 0}, "`epochs` of a stage has to be a positive integer", "epochs=0", "1 or more"),
        ({"epochs": 1.0}, "`epochs` of a stage has to be a positive integer", "epochs=1.0", "1 or more"),
        ({"epochs": True}, "`epochs` of a stage has to be a positive integer", "epochs=True", "1 or more"),
        ({"batch_size": -1}, "`batch_size` of a stage has to be a positive integer", "batch_size=-1", "1 or more"),
        ({"saved_as": "pickle"}, "`saved_as` of a stage", "Received: pickle", 'Give "keras" or "h5".'),
    ],
)
def test_refuses_a_stage_with_an_invalid_field(fields, wrong, received, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Stage(**{"build": base} | fields)
    assert received in str(caught.value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("stages", "wrong", "received", "remedy"),
    [
        ((), "at least one stage or fit", "Received: none", "Recipe(Stage(base))"),
        ((base,), "consists of stages", "function base", "Wrap the build function"),
        (([Stage(base)],), "takes its parts one by one", "Stage(build=", "Recipe(*parts)"),
        ((LinearRegression(),), "an estimator was given", "LinearRegression()", "Recipe(Estimator(make))"),
        (
            (Stage(base, inherits=grown),),
            "The first part of a recipe has nothing to inherit",
            "inherits=grown",
            "Put a stage that trains it in front",
        ),
        (
            (Stage(base), Stage(grown)),
            "has to inherit the stage before it",
            "grown, which inherits nothing, after base",
            "Give inherits=base",
        ),
        (
            (Stage(base), Stage(grown, inherits=base), Stage(taller, inherits=base)),
            "has to inherit the stage before it",
            "taller, which inherits base, after grown",
            "Give inherits=grown, or drop the stage before",
        ),
    ],
)
def test_refuses_stages_that_do_not_inherit_each_other(stages, wrong, received, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Recipe(*stages)
    assert received in str(caught.value)
    assert remedy in str(caught.value)


def test_refuses_a_preprocess_that_is_not_a_function():
    with pytest.raises(InputError, match="`preprocess` has to be a function") as caught:
        Recipe(Stage(base), preprocess="minmax")
    assert "Received: minmax" in str(caught.value)
    assert "preprocess=MinMaxScaler" in str(caught.value)


def test_the_parent_is_what_has_to_be_trained_first():
    recipe = Recipe(Stage(base), Stage(grown, inherits=base), Stage(taller, inherits=grown), preprocess=dict)

    assert recipe.last == Stage(taller, inherits=grown)
    assert recipe.parent == Recipe(Stage(base), Stage(grown, inherits=base), preprocess=dict)
    assert recipe.parent.parent == Recipe(Stage(base), preprocess=dict)
    assert recipe.parent.parent.parent is None


def test_the_lineage_of_a_recipe_begins_with_its_first_stage_and_ends_with_itself():
    stages = Stage(base), Stage(grown, inherits=base)
    recipe = Recipe(*stages, Fit(pca, inherits=grown), preprocess=dict)

    first, second, third = recipe.lineage

    assert first == Recipe(stages[0], preprocess=dict)
    assert second == Recipe(*stages, preprocess=dict)
    assert third is recipe
    assert [each.parent for each in recipe.lineage] == [None, first, second]


@pytest.mark.parametrize("part", [Stage(base), Fit(pca)], ids=["stage", "fit"])
def test_the_lineage_of_a_recipe_of_one_part_is_the_recipe_alone(part):
    assert Recipe(part).lineage == (Recipe(part),)


def test_equal_recipes_are_one_key_so_that_arms_share_stages():
    one, other = (Recipe(Stage(base), Stage(build, inherits=base)) for build in (grown, taller))

    assert one != other
    assert len({one.parent, other.parent, Recipe(Stage(base))}) == 1
    assert Recipe(Stage(base)) != Recipe(Stage(base, epochs=9))
    assert Recipe(Stage(base)) != Recipe(Stage(base), preprocess=dict)


def test_a_recipe_reads_as_its_stages_in_order():
    recipe = Recipe(Stage(base, epochs=3), Stage(grown, inherits=base, freezes=base))

    assert str(recipe) == "base (3 epochs) then grown (10 epochs, base frozen)"


class Callable:
    def __call__(self):
        return 1


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (base, "base"),
        (functools.partial(sized, 8, activation="relu"), "sized(8, activation='relu')"),
        (functools.partial(sized, activation=base), "sized(activation=base)"),
        (functools.partial(functools.partial(sized, 8), outputs=2), "sized(8, outputs=2)"),
        (functools.partial(sized), "sized"),
        (Callable(), "Callable"),
    ],
)
def test_a_function_has_its_own_name_and_a_partial_shows_its_arguments(function, name):
    assert name_of(function) == name


class Plain:
    """An argument whose repr contains its address."""


def test_a_name_contains_no_address_which_would_differ_between_processes():
    partial = functools.partial(sized, Plain(), activation=lambda width: Plain())

    assert name_of(partial) == f"sized(<{__name__}.Plain object>, activation=<lambda>)"


def test_a_recipe_may_end_in_a_fit_that_inherits_the_last_stage():
    recipe = Recipe(Stage(base), Stage(grown, inherits=base), Fit(pca, inherits=grown))

    assert [stage.build for stage in recipe.stages] == [base, grown]
    assert (recipe.last.build, recipe.fit.compute) == (grown, pca)
    assert recipe.network == recipe.parent == Recipe(Stage(base), Stage(grown, inherits=base))
    assert str(recipe) == "base (10 epochs) then grown (10 epochs) then pca"


def test_a_recipe_may_be_a_fit_alone():
    recipe = Recipe(Fit(pca))

    assert (recipe.stages, recipe.parent, recipe.network, str(recipe)) == ((), None, None, "pca")


def test_the_network_of_a_recipe_without_a_fit_is_itself():
    recipe = Recipe(Stage(base))

    assert recipe.network is recipe


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ((Fit(pca), Stage(base)), "may end in one fit"),
        ((Stage(base), Fit(pca, inherits=base), Fit(pca)), "may end in one fit"),
        ((Stage(base), Fit(pca)), "has to inherit the stage before it"),
        ((Fit(pca, inherits=base),), "The first part of a recipe has nothing to inherit"),
    ],
)
def test_refuses_a_fit_out_of_place(parts, wrong):
    with pytest.raises(InputError, match=wrong):
        Recipe(*parts)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pca, True),
        (Weighted(1, 2), True),
        (lambda y_true, y_pred, weight=None: 0, True),
        (Weighted, False),
        (base, False),
        (pca_of_three, False),
        ("mse", False),
        (None, False),
    ],
)
def test_a_loss_is_what_requires_targets_and_outputs(given, expected):
    assert is_loss(given) is expected


def test_a_stage_takes_a_loss_itself_and_numbers_of_numpy():
    stage = Stage(base, loss=pca, epochs=np.int64(3), batch_size=np.int32(8))

    assert stage.loss is pca
    assert (stage.epochs, stage.batch_size) == (3, 8)
    assert stage == Stage(base, loss=pca, epochs=3, batch_size=8)
    assert type(stage.epochs) is int


@pytest.mark.parametrize(
    ("preprocess", "received", "remedy"),
    [
        (MinMaxScaler(), "MinMaxScaler()", "preprocess=lambda: MinMaxScaler(...)"),
        ("scale", "scale", "preprocess=MinMaxScaler"),
        (sized, "sized, which requires 1 arguments", "preprocess=lambda: FunctionTransformer(sized)"),
    ],
)
def test_refuses_a_preprocess_that_makes_no_transformer_when_it_is_called(preprocess, received, remedy):
    with pytest.raises(InputError, match="`preprocess` has to be a function that returns an unfitted") as caught:
        Recipe(Stage(base), preprocess=preprocess)
    assert received in str(caught.value)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("given", "held"),
    [(None, None), ("balanced", "balanced"), ({1: 9, 0: 1.0}, ((0, 1.0), (1, 9.0)))],
)
def test_weights_of_classes_leave_a_stage_a_key(given, held):
    stage = Stage(base, class_weight=given)
    assert stage.class_weight == held
    assert dataclasses.replace(stage, epochs=3).class_weight == held
    assert {Recipe(stage): 1}[Recipe(Stage(base, class_weight=given))] == 1
    assert given is None or stage != Stage(base)


def test_other_parts_are_prepared_and_resampled_alike():
    recipe = Recipe(Stage(base), preprocess=dict, resample=list)
    assert recipe.with_parts(Stage(grown)) == Recipe(Stage(grown), preprocess=dict, resample=list)
    assert Recipe(Stage(base), Stage(grown, inherits=base), resample=list).parent.resample is list
    assert Recipe(Stage(base)) != Recipe(Stage(base), resample=list)


def test_refuses_a_sampler_in_place_of_a_function_that_makes_one():
    def needs(x):
        """Never called."""

    with pytest.raises(InputError, match="needs, which requires 1 arguments"):
        Recipe(Stage(base), resample=needs)
