"""Recipes: their parts, and how they follow from each other."""

from __future__ import annotations

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import MinMaxScaler

from negres_core import Fit, Recipe, Stage
from negres_core.errors import InputError


def base():
    """Stand for model 1."""


def grown():
    """Stand for model 2."""


def taller():
    """Stand for model 3."""


def pca(train, test):
    """Stand for the function of a fit."""


def sized(width, *, outputs, activation=None):
    return width, outputs, activation


@pytest.mark.parametrize(
    ("stages", "wrong", "received", "remedy"),
    [
        ((), "at least one stage or fit", "Received: none", "Recipe(Stage(base))"),
        ((base,), "consists of stages", "function base", "Wrap the build function"),
        (([Stage(base)],), "takes its parts as separate arguments", "Stage(build=", "Recipe(*parts)"),
        ((LinearRegression(),), "an estimator was given", "LinearRegression()", "Recipe(Estimator(make))"),
        (
            (Stage(base, inherits=grown),),
            "The first part of a recipe has nothing to inherit",
            "inherits=grown",
            "Put a stage that trains it in front",
        ),
        (
            (Stage(base), Stage(grown)),
            "has to inherit from the stage before it",
            "grown, which inherits nothing, after base",
            "Give inherits=base",
        ),
        (
            (Stage(base), Stage(grown, inherits=base), Stage(taller, inherits=base)),
            "has to inherit from the stage before it",
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
        ((Stage(base), Fit(pca)), "has to inherit from the stage before it"),
        ((Fit(pca, inherits=base),), "The first part of a recipe has nothing to inherit"),
    ],
)
def test_refuses_a_fit_out_of_place(parts, wrong):
    with pytest.raises(InputError, match=wrong):
        Recipe(*parts)


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


def test_a_share_and_a_sampler_exclude_each_other():
    with pytest.raises(InputError, match="either on a share"):
        Recipe(Stage(base, share=0.5), resample=MinMaxScaler)


def test_the_share_of_a_recipe_is_that_of_its_last_part():
    first, last = Stage(base, share=0.5), Stage(grown, inherits=base, share=0.25)
    assert Recipe(first, last).share == 0.25
    assert Recipe(first, Fit(pca, inherits=base)).share is None
