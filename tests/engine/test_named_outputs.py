"""Models with several outputs: the loss that they are trained by, and the output that is judged."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine.contract import Job
from negres_core.engine.named_outputs import output_of, side_by_side, training_loss
from negres_core.engine.replicate import epoch_orders, start_replicate
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
