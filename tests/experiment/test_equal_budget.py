"""Equal budgets: the smaller one for both arms, in whole epochs; and a claim about a cost refuses unequal ones."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler

from negres_core import Dataset, Fit, Recipe, Stage, beats, to_reach
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.experiment.equal_budget import check_equal, check_shared_budget, equalize, plan_budgets, with_epochs
from negres_core.metrics import METRICS, metric_of

DATA = Dataset(x=np.random.default_rng(0).normal(size=(200, 4)), y=np.arange(200) % 2, name="mine")
ROWS = {"treatment": 160, "control": 160}


def network(width):
    def build(input_shape, outputs):
        layers = [keras.Input(input_shape), keras.layers.Dense(width, "relu", name="hidden")]
        return keras.Sequential([*layers, keras.layers.Dense(outputs, "softmax", name="classes")])

    return build


NARROW, WIDE = network(8), network(13)


def recipes(**changes):
    """The treatment arm trains the wide network for 30 epochs, the control arm the narrow one."""
    treatment = {"epochs": 30, "batch_size": 32} | changes
    return {
        "treatment": Recipe(Stage(WIDE, **treatment)),
        "control": Recipe(Stage(NARROW, epochs=30, batch_size=32)),
    }


def budget_of(recipe, equal):
    (plan,) = equalize({"treatment": recipe}, DATA, rows=ROWS, equal=equal)[1:]
    return plan.budget


@pytest.mark.parametrize("equal", ["epochs", "steps", "flops"])
def test_no_arm_exceeds_the_smaller_budget_and_none_has_room_for_another_epoch(equal):
    given = recipes(batch_size=20)
    shortened, record = equalize(given, DATA, rows=ROWS, equal=equal)
    budgets = {role: budget_of(recipe, equal) for role, recipe in shortened.items()}
    assert record.budget == min(budget_of(recipe, equal) for recipe in given.values())
    for role, recipe in shortened.items():
        epoch = budgets[role] / recipe.last.epochs
        assert record.budget - epoch < budgets[role] <= record.budget
        assert record.arms[role].left_over == pytest.approx(record.budget - budgets[role])
        assert (record.arms[role].declared_epochs, record.arms[role].epochs) == (30, recipe.last.epochs)


def test_half_the_batch_size_leaves_half_the_epochs_for_the_same_steps():
    shortened, record = equalize(recipes(batch_size=16), DATA, rows=ROWS, equal="steps")
    assert {role: recipe.last.epochs for role, recipe in shortened.items()} == {"treatment": 15, "control": 30}
    assert (record.counted_in, record.budget, record.unit) == ("steps", 150, "steps")


def test_an_arm_that_a_callback_of_keras_ends_is_refused():
    def stopping():
        return [keras.callbacks.EarlyStopping(monitor="loss")]

    with pytest.raises(InputError, match="The treatment arm may be stopped by a callback") as error:
        equalize(recipes(callbacks=stopping), DATA, rows=ROWS, equal="steps")
    assert "EarlyStopping among the callbacks" in error.value.received
    equalize(recipes(callbacks=lambda: [keras.callbacks.TerminateOnNaN()]), DATA, rows=ROWS, equal="steps")


def test_arms_that_have_the_same_budget_are_left_alone():
    given = recipes()
    shortened, record = equalize(given, DATA, rows=ROWS, equal="epochs")
    assert shortened == given
    assert {arm.left_over for arm in record.arms.values()} == {0}


def test_only_the_last_stage_is_shortened():
    def grown(input_shape, outputs):
        layers = [keras.Input(input_shape), keras.layers.Dense(8, "relu", name="hidden")]
        layers += [keras.layers.Dense(8, "relu", name="more")]
        return keras.Sequential([*layers, keras.layers.Dense(outputs, "softmax", name="classes")])

    growth = Recipe(Stage(NARROW, epochs=10), Stage(grown, inherits=NARROW, epochs=30))
    given = {"treatment": growth, "control": Recipe(Stage(NARROW, epochs=25))}
    shortened, record = equalize(given, DATA, rows=ROWS, equal="epochs")
    assert [stage.epochs for stage in shortened["treatment"].stages] == [10, 15]
    assert record.budget == 25
    assert record.arms["treatment"].declared_epochs == 30


def test_a_budget_without_room_for_one_epoch_is_refused():
    with pytest.raises(InputError, match="Not even one epoch of the treatment arm"):
        equalize({**recipes(batch_size=1), "control": Recipe(Stage(NARROW, epochs=1))}, DATA, rows=ROWS, equal="steps")


def test_a_fit_has_no_budget():
    given = {**recipes(), "control": Recipe(Fit(lambda train, test: test.y))}
    with pytest.raises(InputError, match="control arm ends in a fit"):
        equalize(given, DATA, rows=ROWS, equal="flops")


def test_operations_that_are_not_counted_cannot_be_equal():
    def scaled(input_shape, outputs):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, keras.layers.Softmax()(keras.layers.BatchNormalization()(inputs)[:, :2]))

    given = {**recipes(), "treatment": Recipe(Stage(scaled))}
    with pytest.raises(InputError, match="operations of the treatment arm cannot be counted"):
        equalize(given, DATA, rows=ROWS, equal="flops")


def test_seconds_are_refused_since_nobody_could_train_the_same_arms_again():
    with pytest.raises(InputError, match="differs from machine to machine"):
        check_equal("seconds")


@pytest.mark.parametrize("equal", ["hours", True, 3])
def test_anything_else_is_refused(equal):
    with pytest.raises(InputError, match="epochs, steps, flops"):
        check_equal(equal)


def shared(in_, given):
    cost = metric_of(beats(to_reach("accuracy", 0.9, in_=in_)), task="classification")
    check_shared_budget(given, cost, DATA, rows=ROWS)


def test_unequal_budgets_are_refused_with_the_line_to_write():
    shared("epochs", recipes())
    with pytest.raises(InputError, match=r'experiment.compare\(..., equal="flops"\)'):
        shared("flops", recipes())
    with pytest.raises(InputError, match="gives up earlier"):
        shared("epochs", recipes(epochs=29))


def test_equalized_arms_are_accepted_although_epochs_are_whole():
    shortened, record = equalize(recipes(batch_size=20), DATA, rows=ROWS, equal="flops")
    assert max(arm.left_over for arm in record.arms.values()) > 0
    shared("flops", shortened)


def test_seconds_are_only_known_when_they_were_spent():
    shared("seconds", recipes(epochs=29))


def test_the_cost_of_the_whole_training_may_differ():
    check_shared_budget(recipes(), metric_of(beats("flops"), task="classification"), DATA, rows=ROWS)


def test_other_epochs_change_nothing_else():
    recipe = recipes()["control"]
    assert with_epochs(with_epochs(recipe, 3), 30) == recipe
    assert str(with_epochs(recipe, 3)) == "build (3 epochs)"


def test_steps_are_those_of_resampled_rows():
    """One class has 30 of 200 rows; the arm that repeats its rows takes more steps an epoch."""
    data = Dataset(x=np.random.default_rng(0).normal(size=(200, 4)), y=np.arange(200) % 20 // 17, name="rare")
    cells = list(KFolds(folds=5, repeats=1).split(data))
    one, other = (Recipe(Stage(NARROW, epochs=30, batch_size=16), resample=each) for each in (RandomOverSampler, None))
    planned, record = plan_budgets(
        {"treatment": one, "control": other}, METRICS["accuracy"], data, cells, equal="steps"
    )
    assert record.budget == 30 * 10
    assert planned["control"].last.epochs == 30
    assert planned["treatment"].last.epochs == 300 // 17
    assert planned["treatment"].resample is RandomOverSampler
