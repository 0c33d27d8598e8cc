from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from pydantic import ValidationError

from negres_core.evidence import PredictionSummary
from tests.fakes import new_model_file


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float64("nan"), np.float32("nan")])
def test_a_number_that_is_not_finite_becomes_null(new_replicate, value):
    replicate = new_replicate(metrics={"loss": value, "accuracy": 0.0}, curve=[0.5, value])

    assert replicate.metrics == {"loss": None, "accuracy": 0.0}
    assert replicate.curve == [0.5, None]


@pytest.mark.parametrize("value", [0.1, 1e-300, 3, np.float32(0.1), np.float64(0.1)])
def test_a_finite_number_keeps_its_value(new_replicate, value):
    replicate = new_replicate(metrics={"loss": value})

    assert replicate.metrics["loss"] == value
    assert type(replicate.metrics["loss"]) is float


def test_an_id_depends_on_every_part_of_the_key(new_replicate):
    key = new_replicate().key
    others = {
        "contract": 2,
        "recipe": "e" * 64,
        "data": "e" * 64,
        "folds": 3,
        "repeat": 1,
        "fold": 1,
        "rows": "e" * 32,
        "seed": 1,
        "backend": "jax",
        "device": "gpu",
        "packages": ("keras==3.15.1",),
        "validation": "accuracy on " + "e" * 32,
        "timed": "e" * 32,
        "output": "sex",
    }
    assert set(others) == set(type(key).model_fields)

    ids = {key.updated(**{name: value}).id for name, value in others.items()}

    assert len(ids | {key.id}) == len(others) + 1
    assert new_replicate().id == key.id


def test_the_id_of_a_key_without_later_parts_is_that_of_older_records(new_replicate):
    key = new_replicate().key
    later = {"packages", "validation", "timed", "output"}
    content = {name: value for name, value in key.model_dump().items() if name not in later}

    assert key.id == hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


@pytest.mark.parametrize("packages", [("keras==3.14.0",), ("keras==3.15.1", "lightgbm==4.0")])
def test_a_record_that_names_other_packages_was_trained_with_others(packages, new_replicate):
    replicate = new_replicate()
    replicate = replicate.updated(provenance=replicate.provenance.updated(packages={"keras": "3.15.1", "numpy": "2.0"}))

    assert replicate.was_trained_with(("keras==3.15.1",))
    assert not replicate.was_trained_with(packages)


@pytest.mark.parametrize("file", ["../escape.keras", "/etc/passwd", "", ".", f"{'a' * 32}.{'b' * 8}.pickle"])
def test_a_model_file_has_to_be_a_plain_name_beside_the_record(new_replicate, file):
    with pytest.raises(ValidationError, match="pattern"):
        new_replicate().model.updated(file=file)


def weight(path, start, end, inherited_from=None):
    fields = {"shape": (2,), "trainable": True, "frozen": False}
    return {"path": path, "start": start, "end": end, "inherited_from": inherited_from} | fields


def test_inherited_weights_that_do_not_start_as_the_parent_ended_are_named(new_replicate):
    parent = new_replicate(weights=[weight("a", "0", "1"), weight("b", "2", "3")])
    child = [weight("new", "8", "9"), weight("a", "1", "4", inherited_from=0), weight("b", "5", "6", inherited_from=1)]

    assert new_replicate(weights=child).differing_weights(parent) == ["b"]
    assert new_replicate(weights=child[:2]).differing_weights(parent) == []


def test_a_summary_contains_only_the_fields_that_apply():
    summary = PredictionSummary(mean=0.5, sd=float("nan"))

    assert json.loads(summary.model_dump_json()) == {"mean": 0.5, "sd": None}
    assert summary.counts is None
    assert PredictionSummary.model_validate(summary.model_dump()) == summary


def test_the_name_of_a_model_file_depends_on_its_content():
    assert new_model_file("a" * 32, b"one") != new_model_file("a" * 32, b"two")
    assert new_model_file("a" * 32, None) is None
