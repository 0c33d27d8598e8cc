"""A fit hands over its weights before and after training, from any framework."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe
from negres_core.design import Cell
from negres_core.engine.contract import Job
from negres_core.engine.device import Device
from negres_core.engine.fits import train
from negres_core.engine.recorded_weights import Recorder
from negres_core.errors import InputError

DATA = Dataset(x=np.random.default_rng(0).normal(size=(12, 3)), y=np.arange(12) % 2, name="twelve rows")
CELL = Cell(0, 0, np.arange(8, dtype=np.int32), np.arange(8, 12, dtype=np.int32))
CPU = Device("cpu", "a processor", "tensorflow", 1)


def result_of(compute):
    [(_, result)] = train(Recipe(Fit(compute)), DATA, [Job(CELL, 0)], device=CPU)
    return result


def trained(weights, *changes, **counts):
    def compute(train, test, record):
        record(weights)
        for change in changes:
            change(weights)
        record(weights, **counts)
        return np.zeros(len(test), int)

    return compute


def test_a_dictionary_of_arrays():
    weights = {"w": np.zeros((3, 2)), "b": np.zeros(2), "count": np.array(0)}

    def step(weights):
        weights["w"] += 1
        weights["count"] += 1

    result = result_of(trained(weights, step, epochs=3, steps=6))

    assert [(each.path, each.trainable, each.start != each.end) for each in result.weights] == [
        ("w", True, True),
        ("b", True, False),
        ("count", False, True),
    ]
    assert not any(each.frozen for each in result.weights)
    assert result.budget == {"epochs": 3, "steps": 6, "trainable_weights": 8, "weights": 9, "step_flops": 0}


def test_a_module_of_pytorch_tells_which_weights_are_trained():
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
    module[0].requires_grad_(False)

    def step(module):
        optimizer = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], lr=0.1)
        module(torch.randn(8, 3)).pow(2).sum().backward()
        optimizer.step()

    weights = {each.path: each for each in result_of(trained(module, step)).weights}

    assert {path for path, each in weights.items() if each.frozen} == {"0.weight", "0.bias"}
    assert {path for path, each in weights.items() if each.trainable} == {
        "1.weight", "1.bias", "2.weight", "2.bias"
    }  # fmt: skip
    assert {path for path, each in weights.items() if each.start != each.end} == (
        {"1.weight", "1.bias", "2.weight", "2.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"}
    )


def test_a_weight_that_is_unfrozen_later_is_trained():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 2)
    module.requires_grad_(False)

    weights = result_of(trained(module, lambda module: module.requires_grad_(True))).weights

    assert all(each.trainable and not each.frozen for each in weights)


def test_a_state_dict_and_half_precision():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 2).to(torch.bfloat16)

    weights = result_of(trained(module.state_dict())).weights

    assert [(each.path, each.shape, each.start == each.end) for each in weights] == [
        ("weight", (2, 3), True),
        ("bias", (2,), True),
    ]


def test_a_model_of_keras():
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="classes")])

    def step(model):
        model.set_weights([each + 1 for each in model.get_weights()])

    weights = result_of(trained(model, step)).weights

    assert [each.path for each in weights] == ["classes/kernel", "classes/bias"]
    assert all(each.trainable and each.start != each.end for each in weights)


def test_weights_that_are_not_finite_make_the_replicate_diverge():
    def explode(weights):
        weights["w"][:] = np.inf

    result = result_of(trained({"w": np.zeros(3)}, explode))

    assert not result.finite
    assert np.isnan(result.metrics["accuracy"])
    assert result.outputs is None


@pytest.mark.parametrize("calls", [0, 1])
def test_a_fit_that_asks_for_the_record_has_to_call_it_twice(calls):
    def compute(train, test, record):
        for _ in range(calls):
            record({"w": np.zeros(3)})
        return np.zeros(len(test), int)

    with pytest.raises(InputError, match="has to call it before and after training") as caught:
        result_of(compute)
    assert caught.value.received == f"{calls} calls"


def test_other_weights_after_training_are_refused():
    record = Recorder()
    record({"w": np.zeros(3), "b": np.zeros(1)})
    record({"w": np.zeros(4), "c": np.zeros(1)})

    with pytest.raises(InputError, match="records different weights before and after training") as caught:
        record.weights("compute")
    assert caught.value.received == "b, c, w"


@pytest.mark.parametrize("weights", [None, 3, {}, [np.zeros(3)], {1: np.zeros(3)}, {"w": "text"}, np.zeros(3)])
def test_what_is_no_model_is_refused(weights):
    with pytest.raises(InputError, match="`record` takes") as caught:
        Recorder()(weights)
    assert "state_dict" in caught.value.remedy


@pytest.mark.parametrize("counts", [{"epochs": 0}, {"steps": 1.5}, {"epochs": True}])
def test_counts_are_positive_integers(counts):
    with pytest.raises(InputError, match="has to be a positive integer"):
        Recorder()({"w": np.zeros(3)}, **counts)
