"""Stages: their settings, and what they take as equal."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from negres_core import Recipe, Stage
from negres_core.errors import InputError


def base():
    """Stand for model 1."""


def pca(train, test):
    """Stand for the function of a fit."""


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


def test_a_stage_takes_a_loss_itself_and_numbers_of_numpy():
    stage = Stage(base, loss=pca, epochs=np.int64(3), batch_size=np.int32(8))

    assert stage.loss is pca
    assert (stage.epochs, stage.batch_size) == (3, 8)
    assert stage == Stage(base, loss=pca, epochs=3, batch_size=8)
    assert type(stage.epochs) is int


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


@pytest.mark.parametrize(
    ("share", "rows", "per_epoch"), [(None, 100, 4), (None, 96, 3), (0.5, 100, 2), (0.001, 100, 1), (0.5, 129, 2)]
)
def test_steps_are_those_of_the_rows_that_a_stage_takes(share, rows, per_epoch):
    stage = Stage(base, epochs=3, batch_size=32, share=share)
    assert stage.steps_per_epoch(rows) == stage.count_batches(stage.count_rows(rows)) == per_epoch
    assert stage.count_steps(rows) == 3 * per_epoch


LOSSES = {"sex": "sparse_categorical_crossentropy", "age": "mae"}


def test_losses_of_several_outputs_leave_a_stage_a_key():
    stage = Stage(base, loss=LOSSES, loss_weights={"age": np.float32(0.5)})
    assert (stage.losses, stage.weights_of_losses) == (LOSSES, {"age": 0.5, "sex": 1.0})
    assert dataclasses.replace(stage, epochs=3).losses == LOSSES
    same = Stage(base, loss=dict(reversed(LOSSES.items())), loss_weights={"age": 0.5})
    assert {Recipe(stage): 1}[Recipe(same)] == 1
    assert stage != Stage(base, loss=LOSSES)
    assert (Stage(base).losses, Stage(base).weights_of_losses, Stage(base, loss=LOSSES).loss_weights) == ({}, {}, None)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"loss": {}}, ["needs the name of the output", '"age": "mae"']),
        ({"loss": {1: "mae"}}, ["needs the name of the output"]),
        ({"loss": {"age": 3}}, ["has to be a name, a loss", "for several outputs"]),
        ({"loss": "mae", "loss_weights": {"age": 1}}, ["weights the losses of several outputs", "loss='mae'"]),
        ({"loss": LOSSES, "loss_weights": {"height": 1}}, ["numbers of 0 or more", "age, sex"]),
        ({"loss": LOSSES, "loss_weights": {"age": -1}}, ["numbers of 0 or more"]),
        ({"loss": LOSSES, "loss_weights": {"age": True}}, ["numbers of 0 or more"]),
        ({"loss": LOSSES, "loss_weights": [1, 1]}, ["numbers of 0 or more"]),
        ({"loss": LOSSES, "class_weight": "balanced"}, ["`class_weight`", "for models with one output"]),
        ({"loss": LOSSES, "objective": lambda model, x, y: 0}, ["`objective`", "for models with one output"]),
    ],
)
def test_options_that_do_not_fit_several_outputs_are_refused(options, parts):
    with pytest.raises(InputError) as caught:
        Stage(base, **options)
    assert all(part in str(caught.value) for part in parts), caught.value


def test_rows_of_several_outputs_are_not_resampled():
    with pytest.raises(InputError, match="targets of several outputs"):
        Recipe(Stage(base, loss=LOSSES), resample=list)
