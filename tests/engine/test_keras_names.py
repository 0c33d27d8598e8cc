from __future__ import annotations

import keras
import pytest

from negres_core.engine.keras_names import USUAL, names_like


@pytest.mark.parametrize(
    ("wrong", "field", "suggested"),
    [
        ("mse_loss", "loss", "'mse'"),
        ("hubber", "loss", "'huber'"),
        ("crossentropy", "loss", "'sparse_categorical_crossentropy'"),
        ("adamm", "optimizer", "'adam'"),
        ("nll", "loss", "'mse'"),
        ("ranger", "optimizer", "'sgd'"),
        (lambda: 3, "loss", "'mse'"),
    ],
)
def test_suggests_names_that_are_like_a_wrong_one_or_usual_ones(wrong, field, suggested):
    assert suggested in names_like(wrong, field)


@pytest.mark.parametrize("wrong", ["mse_loss", "cross_entropy", "poison", "adamW2", "x", ""])
@pytest.mark.parametrize("field", ["loss", "optimizer"])
def test_every_suggested_name_is_one_that_keras_knows(wrong, field):
    get = {"loss": keras.losses.get, "optimizer": keras.optimizers.get}[field]
    names = names_like(wrong, field).removeprefix(" such as ").replace("'", "").split(", ")

    for name in [*names, *USUAL[field]]:
        assert get(name) is not None
