"""What a stage refuses, and what to write in its place."""

from __future__ import annotations

import pytest

from negres_core import Stage
from negres_core.errors import InputError


def base():
    """Stand for model 1."""


def pca(train, test):
    """Stand for the function of a fit."""


def pca_of_three(model, x, y, *, training):
    """Stand for an objective."""


def of_one(model):
    """Stand for a start rule with too few arguments."""


def of_width(model, parent, width):
    """Stand for a start rule with an argument that nobody gives."""


class Weighted:
    """Stand for the class of a loss with arguments."""

    def __init__(self, alpha, gamma):
        """Take two arguments, which are not targets and outputs."""

    def __call__(self, y_true, y_pred):
        """Return a loss."""


class Momentum:
    """Stand for an optimizer."""

    learning_rate = 0.1


class Network:
    """Stand for a Keras model, which can be called, too."""

    layers = ()

    def fit(self, x, y):
        """Train."""

    def __call__(self, x):
        """Return outputs."""


@pytest.mark.parametrize(
    ("fields", "wrong", "received", "remedy"),
    [
        ({"build": "base"}, "`build` of a stage has to be a function", "Received: base", "Stage(base), not Stage(base"),
        ({"build": None}, "`build` of a stage has to be a function", "Received: None", "Stage(base), not Stage(base"),
        ({"inherits": 3}, "`inherits` of a stage has to be a function", "Received: 3", "the function itself"),
        ({"freezes": "base"}, "`freezes` of a stage has to be a function", "Received: base", "the function itself"),
        ({"share": 1.0}, "`share` of a stage has to be a share", "Received: share=1.0", "leave it out"),
        ({"share": True}, "`share` of a stage has to be a share", "Received: share=True", "a float such as 0.5"),
        ({"start": "base", "inherits": base}, "`start` of a stage has to be a function", "Received: base", "assigns"),
        ({"start": pca}, "this stage inherits none", "start=pca", "Give inherits="),
        ({"start": of_one, "inherits": base}, "takes other arguments", "Received: model", "Take (model, parent)"),
        ({"start": of_width, "inherits": base}, "takes other arguments", "width", "functools.partial"),
        ({"optimizer": None}, "`optimizer` of a stage has to be a name", "Received: None", "keras.optimizers.Adam"),
        ({"loss": 0.5}, "`loss` of a stage has to be a name", "Received: 0.5", "keras.losses.Huber"),
        ({"loss": pca_of_three}, "has to be a function of targets and outputs", "requires 3", "to `objective` instead"),
        ({"loss": Weighted}, "called without arguments, but requires some", "requires 2", "loss=lambda: Weighted(...)"),
        ({"optimizer": pca}, "called without arguments, but requires some", "requires 2", "optimizer=lambda: pca(...)"),
        ({"callbacks": pca}, "called without arguments, but requires some", "requires 2", "callbacks=lambda: pca(...)"),
        ({"callbacks": ["stop"]}, "a function that returns a list of new callbacks", "stop", "callbacks=lambda: ["),
        ({"callbacks": ["stop"]}, "a function that returns", "stop", "early, give validation=0.1 and patience=5"),
        (
            {"optimizer": Momentum()},
            "every replicate has its own",
            "Momentum",
            "keras.optimizers.Momentum(...)",
        ),
        ({"objective": pca}, "`objective` of a stage has to be a function", "pca", "as `loss`"),
        ({"objective": "mse"}, "`objective` of a stage has to be a function", "Received: mse", "as `loss`"),
        ({"build": Network()}, "returns a new Keras model at every call", "Network", "Stage(base), not Stage(base())"),
        ({"epochs": 0}, "`epochs` of a stage has to be a positive integer", "epochs=0", "1 or more"),
        ({"epochs": 1.0}, "`epochs` of a stage has to be a positive integer", "epochs=1.0", "1 or more"),
        ({"epochs": True}, "`epochs` of a stage has to be a positive integer", "epochs=True", "1 or more"),
        ({"batch_size": -1}, "`batch_size` of a stage has to be a positive integer", "batch_size=-1", "1 or more"),
        ({"saved_as": "pickle"}, "`saved_as` of a stage", "Received: pickle", 'Give "keras" or "h5".'),
    ],
)
def test_refuses_a_stage_with_an_invalid_field(fields, wrong, received, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Stage(**{"build": base} | fields)
    assert received in str(caught.value)
    assert remedy in str(caught.value)
