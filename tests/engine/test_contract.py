"""Every engine keeps the contract: complete results, in plain values that a record can contain."""

from __future__ import annotations

import dataclasses
import json
import typing

import numpy as np
import pydantic
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array
from negres_core.engine import fits, selection
from negres_core.engine.contract import Job, Result, Train
from negres_core.engine.flops import peak_flops_per_s
from negres_core.metrics import recorded_names
from tests.engine import examples as ex

RECIPE = Recipe(ex.stage(ex.normalized, epochs=3))


@pytest.fixture(scope="module", params=ex.ENGINES)
def results(request):
    cell = ex.cells(ex.CLASSES)[0]
    return ex.train(request.param, RECIPE, ex.CLASSES, [Job(cell, 0), Job(cell, 1)])


def test_every_job_has_its_result(results):
    assert set(results) == {(0, 0, 0), (0, 0, 1)}
    one, other = results.values()
    assert [weight.start for weight in one.weights[:1]] != [weight.start for weight in other.weights[:1]]
    assert one.metrics != other.metrics


def test_a_result_is_plain_json_except_for_the_model(results):
    for result in results.values():
        plain = {
            field.name: getattr(result, field.name)
            for field in dataclasses.fields(result)
            if field.name not in ("model", "outputs")
        }
        plain["weights"] = [weight.model_dump(mode="json") for weight in result.weights]
        text = json.dumps(plain, allow_nan=False)
        assert json.loads(text)["metrics"] == result.metrics
        assert type(result.model) is bytes


def test_a_result_has_the_probabilities_of_the_test_rows(results):
    for result in results.values():
        assert result.outputs.shape[1] == 8
        assert result.outputs.sum(axis=1) == pytest.approx(np.ones(len(result.outputs)))
        counts = np.bincount(result.outputs.argmax(axis=1), minlength=8)
        assert counts.tolist() == result.predictions["counts"]


def test_a_result_describes_every_weight(results):
    for result in results.values():
        assert [weight.path for weight in result.weights] == [
            f"{layer}/{name}"
            for layer, names in {
                "hidden": ("kernel", "bias"),
                "norm": ("gamma", "beta", "moving_mean", "moving_variance"),
                "classes": ("kernel", "bias"),
            }.items()
            for name in names
        ]
        assert [weight.trainable for weight in result.weights] == [True] * 4 + [False] * 2 + [True] * 2
        assert result.weights[0].shape == (6, 6)
        assert [weight.end for weight in result.weights] == [digest_array(w) for w in ex.model_of(result).get_weights()]
        # Batches change the moving moments, the optimizer does not.
        assert all(weight.start != weight.end for weight in result.weights)


def test_a_result_records_its_budget_and_cost(results):
    for result in results.values():
        assert result.finite
        assert len(result.curve) == 3
        assert set(result.metrics) == {*recorded_names("classification", classes=8), "loss"}
        # 40 rows in batches of 16 are 3 steps per epoch.
        weights = {"trainable_weights": 42 + 12 + 56, "weights": 122}
        assert result.budget == {"epochs": 3, "steps": 9, **weights, "step_flops": 16 * 2 * (2 * 36 + 3 * 48)}
        seconds = {"compile_s", "train_s", "steady_epoch_s", "evaluate_s"}
        assert set(result.cost) == seconds | {"memory_bytes", "flops_per_s", "peak_flops_per_s"}
        assert result.cost["train_s"] >= result.cost["steady_epoch_s"] > 0
        assert result.cost["memory_bytes"] > 2**20
        # An epoch is 40 rows, not 3 whole batches of 16.
        flops = result.cost["flops_per_s"] * result.cost["steady_epoch_s"]
        assert flops == pytest.approx(40 * 2 * (2 * 36 + 3 * 48))
        assert result.cost["peak_flops_per_s"] == peak_flops_per_s()


def test_the_model_is_not_shown_and_results_are_immutable(results):
    result = next(iter(results.values()))
    assert "model=" not in repr(result)
    for part, field in ((result, "finite"), (Job(ex.cells(ex.CLASSES)[0], 0), "seed")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, field, None)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        result.weights[0].end = "other"


def test_every_field_is_described():
    for kind in (Job, Result):
        for field in dataclasses.fields(kind):
            assert f"\n        {field.name}: " in kind.__doc__, f"{kind.__name__}.{field.name}"


def test_every_engine_has_the_signature_of_the_contract():
    expected = list(typing.get_type_hints(Train.__call__, localns={"Device": object}))
    for engine in (*ex.ENGINES.values(), fits.train, selection.train):
        required = [name for name in engine.__annotations__ if name != "max_chunk"]
        assert required == expected
