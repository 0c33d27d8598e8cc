from __future__ import annotations

import functools

import pytest

from negres_core import Fit, Recipe, Stage
from negres_core.errors import InputError
from negres_core.recipe import call_build, name_of


def base():
    """Stand for model 1."""


def grown():
    """Stand for model 2."""


def taller():
    """Stand for model 3."""


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
        ({"optimizer": None}, "`optimizer` of a stage has to be a name", "Received: None", "for `optimizer`"),
        ({"loss": 0.5}, "`loss` of a stage has to be a name", "Received: 0.5", "for `loss`"),
        ({"epochs": 0}, "`epochs` of a stage has to be a positive integer", "epochs=0", "1 or more"),
        ({"epochs": 1.0}, "`epochs` of a stage has to be a positive integer", "epochs=1.0", "1 or more"),
        ({"epochs": True}, "`epochs` of a stage has to be a positive integer", "epochs=True", "1 or more"),
        ({"batch_size": -1}, "`batch_size` of a stage has to be a positive integer", "batch_size=-1", "1 or more"),
        ({"saved_as": "pickle"}, "`saved_as` of a stage", "Received: pickle", 'Give "keras" or "h5".'),
    ],
)
def test_refuses_a_stage_that_cannot_be_meant(fields, wrong, received, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Stage(**{"build": base} | fields)
    assert received in str(caught.value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("stages", "wrong", "received", "remedy"),
    [
        ((), "at least one stage", "Received: none", "Recipe(Stage(base))"),
        ((base,), "made of stages", "function base", "Wrap the build function"),
        ((Stage(base, inherits=grown),), "nothing to inherit", "inherits=grown", "Put a stage that trains it in front"),
        (
            (Stage(base), Stage(grown)),
            "Each stage inherits the one before",
            "grown, which inherits nothing, after base",
            "Give inherits=base",
        ),
        (
            (Stage(base), Stage(grown, inherits=base), Stage(taller, inherits=base)),
            "Each stage inherits the one before",
            "taller, which inherits base, after grown",
            "Give inherits=grown, or leave the stage before out",
        ),
    ],
)
def test_refuses_stages_that_do_not_follow_from_each_other(stages, wrong, received, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Recipe(*stages)
    assert received in str(caught.value)
    assert remedy in str(caught.value)


def test_refuses_a_transformer_that_is_made_already():
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


def test_equal_recipes_are_one_key_so_that_arms_share_a_base():
    one, other = (Recipe(Stage(base), Stage(build, inherits=base)) for build in (grown, taller))

    assert one != other
    assert len({one.parent, other.parent, Recipe(Stage(base))}) == 1
    assert Recipe(Stage(base)) != Recipe(Stage(base, epochs=9))
    assert Recipe(Stage(base)) != Recipe(Stage(base), preprocess=dict)


def test_a_recipe_reads_like_what_is_done():
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
def test_a_function_is_named_as_its_author_did(function, name):
    assert name_of(function) == name


class Plain:
    """An argument whose repr is its address."""


def test_no_name_or_source_holds_an_address_which_differs_between_two_runs():
    made = functools.partial(sized, Plain(), activation=lambda width: Plain())

    assert " at 0x" not in name_of(made)


@pytest.mark.parametrize(
    ("build", "made"),
    [
        (lambda: "neither", "neither"),
        (lambda outputs: outputs, 3),
        (lambda input_shape: input_shape, (5, 2)),
        (lambda outputs, input_shape: (outputs, input_shape), (3, (5, 2))),
        (lambda outputs=7: outputs, 3),
        (lambda width=9, **rest: (width, rest), (9, {})),
        (functools.partial(sized, 8), (8, 3, None)),
        (functools.partial(sized, 8, activation="relu"), (8, 3, "relu")),
    ],
    ids=["none", "outputs", "shape", "any order", "over a default", "other defaults", "partial", "partial by name"],
)
def test_a_build_function_is_given_what_it_names(build, made):
    assert call_build(build, input_shape=(5, 2), outputs=3) == made


def test_what_a_partial_gives_is_not_overruled():
    """Eight outputs for seven classes is a question of its own."""
    assert call_build(functools.partial(sized, 1, outputs=8), input_shape=(5,), outputs=7) == (1, 8, None)


@pytest.mark.parametrize("build", [sized, lambda width, /: width, lambda *, width: width])
def test_refuses_a_build_function_that_requires_anything_else(build):
    with pytest.raises(InputError, match="requires arguments that a build function is not offered") as caught:
        call_build(build, input_shape=(5,), outputs=3)
    assert "Received: width\n" in str(caught.value)
    assert "functools.partial, or name only input_shape and outputs" in str(caught.value)


def pca(train, test):
    """Stand for a fit."""


def test_a_recipe_may_end_in_a_fit_which_looks_at_the_stage_before():
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
        ((Fit(pca), Stage(base)), "of one fit at most, which ends it"),
        ((Stage(base), Fit(pca, inherits=base), Fit(pca)), "of one fit at most, which ends it"),
        ((Stage(base), Fit(pca)), "Each stage inherits the one before it"),
        ((Fit(pca, inherits=base),), "The first stage of a recipe has nothing to inherit"),
    ],
)
def test_refuses_a_fit_out_of_place(parts, wrong):
    with pytest.raises(InputError, match=wrong):
        Recipe(*parts)
