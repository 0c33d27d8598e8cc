"""Models with several outputs: the loss that they are trained by, and the output that is judged."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.description import describe_recipe
from negres_core.engine.named_outputs import output_of, side_by_side, training_loss
from negres_core.engine.replicate import epoch_orders, start_replicate
from negres_core.errors import InputError
from tests.engine import examples as ex
from tests.engine import heads

OUTPUTS = {"sign": np.array([[0.2, 0.8], [0.5, 0.5]], np.float32), "total": np.array([[1.0], [3.0]], np.float32)}
TARGETS = {"sign": np.array([1, 0], np.int32), "total": np.array([0.0, 5.0], np.float32)}
STAGE = ex.stage(heads.two_heads, loss=heads.LOSSES, loss_weights={"total": 0.25})
RECIPE = Recipe(STAGE)


def test_the_only_output_is_that_of_any_name_and_one_of_several_is_the_named_one():
    assert output_of(OUTPUTS["sign"], "sign") is OUTPUTS["sign"]
    assert output_of(OUTPUTS["sign"], None) is OUTPUTS["sign"]
    assert output_of(OUTPUTS, "total") is OUTPUTS["total"]


def test_several_outputs_are_put_side_by_side_in_the_order_of_their_names():
    together = keras.ops.convert_to_numpy(side_by_side({"total": OUTPUTS["total"], "sign": OUTPUTS["sign"]}))
    np.testing.assert_allclose(together, [[0.2, 0.8, 1], [0.5, 0.5, 3]])
    assert side_by_side(OUTPUTS["sign"]) is OUTPUTS["sign"]


def test_the_loss_is_the_weighted_sum_of_those_of_the_outputs():
    cross_entropy, error = -np.log([0.8, 0.5]), np.array([1.0, 2.0])
    loss = training_loss(STAGE)
    assert float(loss(TARGETS, OUTPUTS)) == pytest.approx(cross_entropy.mean() + 0.25 * error.mean(), rel=1e-5)
    weights = np.array([1.0, 3.0], np.float32)
    weighted = float(loss(TARGETS, OUTPUTS, sample_weight={"sign": weights, "total": weights}))
    assert weighted == pytest.approx((weights * (cross_entropy + 0.25 * error)).mean(), rel=1e-5)


def test_the_trained_weights_are_those_of_keras_with_the_same_losses():
    """An independent call of keras.Model.fit, on the rows in the order of training, without dropout."""
    data = heads.HEADS.about("sign")
    job = Job(ex.cells(data)[0], 0)
    weighted = {"loss": heads.LOSSES, "loss_weights": {"total": 0.25}, "optimizer": ex.momentum}
    recipe = Recipe(ex.stage(functools.partial(heads.two_heads, drop=0.0), **weighted))
    model = start_replicate(recipe, data, job).model
    model.compile(optimizer=ex.momentum(), loss=dict(heads.LOSSES), loss_weights={"sign": 1.0, "total": 0.25})
    losses = []
    for order in epoch_orders(recipe, job):
        y = {name: targets[order] for name, targets in heads.HEADS.y.items()}
        losses += model.fit(data.x[order], y, batch_size=16, shuffle=False, verbose=0).history["loss"]
    for engine in ex.ENGINES:
        result = ex.result_of(engine, recipe, data)
        assert result.curve == pytest.approx(losses, rel=1e-5)
        for one, other in zip(ex.model_of(result).get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_the_metrics_are_those_of_the_output_that_is_judged():
    cell = ex.cells(heads.HEADS.about("total"))[0]
    results = {}
    for name in ("sign", "total"):
        ((_, results[name]),) = ex.ENGINES["reference"](
            RECIPE, heads.HEADS.about(name), [Job(cell, 0)], device=ex.device()
        )
    sign, total = results["sign"], results["total"]
    # The training is the same, whichever output a claim is about.
    assert [each.end for each in sign.weights] == [each.end for each in total.weights]
    assert sign.curve == total.curve
    outputs = ex.model_of(sign).predict(heads.HEADS.x[cell.test], verbose=0)
    labels, values = (heads.HEADS.y[name][cell.test] for name in ("sign", "total"))
    assert sign.metrics["accuracy"] == np.mean(outputs["sign"].argmax(axis=1) == labels)
    chosen = outputs["sign"][np.arange(len(labels)), labels]
    assert sign.metrics["loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    assert total.metrics["mae"] == pytest.approx(np.abs(outputs["total"][:, 0] - values).mean(), rel=1e-5)
    assert total.metrics["loss"] == pytest.approx(total.metrics["mae"], rel=1e-5)
    assert "accuracy" not in total.metrics


def listed():
    model = heads.two_heads()
    return keras.Model(model.input, list(model.output.values()))


def one_sign():
    return keras.Sequential([keras.Input((6,)), layers.Dense(2, "softmax")])


ALONE = Dataset(x=ex.CLASSES.x, y=heads.HEADS.y["sign"], name="alone")
SIGN = heads.HEADS.about("sign")
VALID = {
    "several outputs": (Recipe(STAGE), SIGN),
    "a subclassed model": (Recipe(ex.stage(heads.subclassed_heads, loss=heads.LOSSES)), SIGN),
    "one output of several": (Recipe(ex.stage(one_sign)), SIGN),
    "logits": (
        Recipe(
            ex.stage(functools.partial(heads.two_heads, last=None), loss=heads.LOSSES | {"sign": ex.counted_logits})
        ),
        SIGN,
    ),
}
REFUSED = {
    "outputs in a list": (Recipe(ex.stage(listed)), SIGN, ["several outputs that have no names", "2 outputs"]),
    "targets of one": (
        Recipe(STAGE),
        ALONE,
        ["several outputs, but the data set has targets of one", 'y={"age": ages, "sex": labels}'],
    ),
    "one loss": (
        Recipe(ex.stage(heads.two_heads)),
        SIGN,
        ["a loss for each output", "outputs sign, total, and loss='sparse_categorical_crossentropy'"],
    ),
    "a loss too few": (
        Recipe(ex.stage(heads.two_heads, loss={"sign": "sparse_categorical_crossentropy"})),
        SIGN,
        ["a loss for each output", "losses of sign"],
    ),
    "losses of one output": (
        Recipe(ex.stage(one_sign, loss={"sign": "sparse_categorical_crossentropy"})),
        SIGN,
        ["one output, and losses of sign", "keras.Model(inputs, {'sign': ...})"],
    ),
    "an output without targets": (
        Recipe(STAGE),
        Dataset(x=ex.CLASSES.x, y={"sign": heads.HEADS.y["sign"], "sum": heads.HEADS.y["total"]}, name="sum").about(
            "sign"
        ),
        ["do not have the names of the targets", "outputs sign, total; targets sign, sum"],
    ),
    "a loss that does not fit another output": (
        Recipe(ex.stage(heads.two_heads, loss=heads.LOSSES | {"total": "sparse_categorical_crossentropy"})),
        SIGN,
        ["floats, that is values, but the loss", "takes class labels"],
    ),
}


@pytest.mark.parametrize(("recipe", "data"), VALID.values(), ids=VALID)
def test_models_whose_outputs_have_targets_and_losses_pass(recipe, data):
    check_recipe(recipe, data)


@pytest.mark.parametrize(("recipe", "data", "parts"), REFUSED.values(), ids=REFUSED)
def test_a_model_whose_outputs_do_not_fit_is_refused(recipe, data, parts):
    with pytest.raises(InputError) as caught:
        check_recipe(recipe, data)
    assert all(part in str(caught.value) for part in parts), caught.value


def test_losses_and_their_weights_are_part_of_what_is_registered_and_the_claimed_output_is_not():
    recipes = [
        Recipe(ex.stage(heads.two_heads, loss=heads.LOSSES)),
        Recipe(STAGE),
        Recipe(ex.stage(heads.two_heads, loss=heads.LOSSES | {"total": "mse"})),
    ]
    assert len({describe_recipe(recipe, SIGN).digest for recipe in recipes}) == 3
    assert describe_recipe(recipes[1], SIGN).digest == describe_recipe(recipes[1], heads.HEADS.about("total")).digest
    [described] = describe_recipe(recipes[1], SIGN).stages
    assert (described.loss["total"], described.loss_weights) == ("mean_absolute_error", {"sign": 1.0, "total": 0.25})
    assert "loss_weights" not in describe_recipe(Recipe(ex.stage(one_sign)), SIGN).stages[0].model_dump()
