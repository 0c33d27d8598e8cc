"""A stage may begin as a rule makes it of its parent; every engine gives the same numbers, and records what it did."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import rows_of_share
from negres_core.design import hold_out
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.description import describe_recipe, digest_program
from negres_core.engine.planned_budget import planned_budgets
from negres_core.engine.same_training import same_training
from negres_core.engine.start_rule import start_by_rule
from negres_core.errors import InputError
from tests.engine import examples as ex


def narrow(width=4):
    hidden = layers.Dense(width, activation="relu", name="hidden")
    return keras.Sequential([keras.Input((6,)), hidden, layers.Dense(8, activation="softmax", name="classes")])


wide = functools.partial(narrow, width=7)


def pad(model, parent, *, scale=1.0):
    """Keep the parent's units, scaled, and leave the new ones as they were drawn."""
    kernel, bias = parent.get_layer("hidden").get_weights()
    ours = model.get_layer("hidden").get_weights()
    ours[0][:, : kernel.shape[1]], ours[1][: len(bias)] = scale * kernel, bias
    model.get_layer("hidden").set_weights(ours)
    out, own = parent.get_layer("classes").get_weights(), model.get_layer("classes").get_weights()
    own[0][: len(out[0])] = out[0]
    model.get_layer("classes").set_weights([own[0], out[1]])


def fade(model, parent, x, y, seed):
    """Depend on everything that a rule may ask for."""
    drawn = np.random.default_rng(seed).normal(size=model.get_layer("hidden").kernel.shape)
    shift = keras.random.normal((4,))
    kernel = 0.6 * parent.get_layer("hidden").kernel + 0.01 * drawn + 0.001 * x.mean() + 0.001 * y.mean()
    model.get_layer("hidden").kernel.assign(kernel)
    model.get_layer("hidden").bias.assign(shift)


def arm(build=wide, start=pad, **options):
    return Recipe(ex.stage(narrow), ex.stage(build, inherits=narrow, start=start, **options))


PAIRS = {
    "other shapes": arm(),
    "rows and a seed": arm(narrow, fade),
    "a share of the rows": Recipe(ex.stage(narrow, share=0.5)),
    "a share at first": Recipe(ex.stage(narrow, share=0.5), ex.stage(narrow, inherits=narrow, start=fade)),
    "weights of classes in a share": Recipe(ex.stage(narrow, share=0.4, class_weight="balanced")),
}


@functools.cache
def trained(engine, name, folder):
    """Train two cells of each stage, whose training folds differ by a row."""
    recipe, parents, results = PAIRS[name], {}, []
    for each in recipe.lineage:
        jobs = [Job(ex.cells(ex.CLASSES)[cell], 0, parents.get(cell)) for cell in (0, 2)]
        # The stages before are the reference's, so that only the last one is compared.
        done = ex.train(engine if each is recipe.lineage[-1] else "reference", each, ex.CLASSES, jobs)
        for (_, cell, _), result in done.items():
            parents[cell] = folder / f"{name} {len(each.stages)} {cell} {engine}.keras"
            parents[cell].write_bytes(result.model)
        results.append([done[0, cell, 0] for cell in (0, 2)])
    return results


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("parents")


@pytest.mark.parametrize("engine", ["compiled", "batched"])
@pytest.mark.parametrize("name", PAIRS)
def test_the_numbers_are_those_of_the_reference(engine, name, folder):
    slow, fast = trained("reference", name, folder)[-1], trained(engine, name, folder)[-1]
    for one, other in zip(slow, fast, strict=True):
        assert [weight.start for weight in one.weights] == [weight.start for weight in other.weights]
        assert one.budget == other.budget
        for mine, theirs in zip(ex.model_of(one).get_weights(), ex.model_of(other).get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)


def test_only_weights_that_begin_as_the_parents_ended_count_as_inherited(folder):
    parents, children = trained("reference", "rows and a seed", folder)
    for parent, child in zip(parents, children, strict=True):
        taken = {weight.path: weight.inherited_from for weight in child.weights}
        assert taken == {"hidden/kernel": None, "hidden/bias": None, "classes/kernel": 2, "classes/bias": 3}
        assert child.weights[2].start == parent.weights[2].end


def test_replicates_draw_their_own_starts(folder):
    one, other = trained("reference", "rows and a seed", folder)[-1]
    assert one.weights[0].start != other.weights[0].start
    assert one.weights[1].start != other.weights[1].start


# What a rule may not do


def nothing(model, parent):
    pass


def change_parent(model, parent):
    pad(model, parent)
    parent.get_layer("hidden").bias.assign(np.ones(4))


def divide(model, parent):
    model.get_layer("hidden").bias.assign(np.full(7, np.nan))


def add_a_weight(model, parent):
    pad(model, parent)
    model.get_layer("hidden").add_weight(shape=(2,), name="more")


def crash(model, parent):
    model.get_layer("other")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (nothing, "does not change any weight"),
        (change_parent, "changes the weights of the parent"),
        (divide, "not finite"),
        (crash, "The start rule of .* fails"),
    ],
)
def test_a_rule_that_cannot_be_right_is_refused_before_training(rule, message):
    with pytest.raises(InputError, match=message):
        check_recipe(arm(start=rule), ex.CLASSES)


def test_a_rule_sets_weights_and_leaves_the_structure(monkeypatch):
    model, parent = wide(), narrow()
    layer = model.get_layer("hidden")

    def unlock(model, parent):
        layer._tracker.unlock()
        add_a_weight(model, parent)

    stage = ex.stage(wide, inherits=narrow, start=unlock)
    with pytest.raises(InputError, match="changes the structure"):
        start_by_rule(stage, model, parent, rows=lambda: pytest.fail("it asks for none"), seed=0)


def test_a_sound_rule_passes_the_checks():
    check_recipe(arm(), ex.CLASSES)
    check_recipe(arm(narrow, fade), ex.CLASSES)


# What is known of it


def digests(recipe):
    return describe_recipe(recipe, ex.CLASSES).digest


def test_the_rule_and_the_share_are_in_the_digest_of_the_recipe_and_not_in_that_of_the_program():
    recipes = [arm(), arm(start=functools.partial(pad, scale=0.5)), arm(share=0.5), arm(share=0.25)]
    assert len(set(map(digests, recipes))) == 4
    assert len({digest_program(recipe, ex.CLASSES) for recipe in recipes}) == 1


def test_a_recipe_without_them_is_described_as_before():
    content = describe_recipe(Recipe(ex.stage(narrow)), ex.CLASSES)._content()
    assert not {"rule", "training_share"} & content["stages"][0].keys()


def test_arms_with_other_rules_or_shares_are_not_the_same_training():
    assert same_training(arm(), arm(), ex.CLASSES)
    assert not same_training(arm(), arm(start=functools.partial(pad, scale=0.5)), ex.CLASSES)
    assert not same_training(arm(share=0.5), arm(), ex.CLASSES)


def test_a_share_is_planned_as_it_is_trained(folder):
    recipe = Recipe(ex.stage(narrow, share=0.5))
    cell = ex.cells(ex.CLASSES)[0]
    [planned] = planned_budgets(recipe, ex.CLASSES, rows=len(cell.train))
    budget = trained("reference", "a share of the rows", folder)[0][0].budget
    assert budget["steps"] == planned.epochs * planned.steps == 2 * 2  # 20 rows in batches of 16


def test_smaller_shares_are_parts_of_larger_ones_and_of_the_fold():
    cell = ex.cells(ex.CLASSES)[1]
    rows = [set(rows_of_share(cell, share).tolist()) for share in (0.2, 0.5, None)]
    assert rows[0] < rows[1] < rows[2] == set(cell.train.tolist())
    assert len(rows[1]) == 20


def test_a_share_leaves_validation_rows_out():
    cell = hold_out(ex.cells(ex.CLASSES)[1], ex.CLASSES, 0.25)
    assert not set(rows_of_share(cell, 0.5)) & set(cell.validation)
