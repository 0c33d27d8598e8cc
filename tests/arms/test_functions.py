"""Names of functions, which functions are losses, and how functions can be called."""

from __future__ import annotations

import functools

import pytest

from negres_core.arms.functions import is_loss, name_of, takes


def base():
    """Stand for model 1."""


def pca(train, test):
    """Stand for the function of a fit."""


def pca_of_three(model, x, y, *, training):
    """Stand for an objective."""


class Weighted:
    """Stand for the class of a loss with arguments."""

    def __init__(self, alpha, gamma):
        """Take two arguments, which are not targets and outputs."""

    def __call__(self, y_true, y_pred):
        """Return a loss."""


def sized(width, *, outputs, activation=None):
    return width, outputs, activation


class Callable:
    def __call__(self):
        return 1


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (base, "base"),
        (functools.partial(sized, 8, activation="relu"), "sized(8, activation='relu')"),
        (functools.partial(sized, activation=base), "sized(activation=base)"),
        (functools.partial(functools.partial(sized, 8), outputs=2), "sized(8, outputs=2)"),
        (functools.partial(sized), "sized"),
        (Callable(), "Callable"),
    ],
)
def test_a_function_has_its_own_name_and_a_partial_shows_its_arguments(function, name):
    assert name_of(function) == name


class Plain:
    """An argument whose repr contains its address."""


def test_a_name_contains_no_address_which_would_differ_between_processes():
    partial = functools.partial(sized, Plain(), activation=lambda width: Plain())

    assert name_of(partial) == f"sized(<{__name__}.Plain object>, activation=<lambda>)"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pca, True),
        (Weighted(1, 2), True),
        (lambda y_true, y_pred, weight=None: 0, True),
        (Weighted, False),
        (base, False),
        (pca_of_three, False),
        ("mse", False),
        (None, False),
    ],
)
def test_a_loss_is_what_requires_targets_and_outputs(given, expected):
    assert is_loss(given) is expected


def varied(train, test, seed, *, code=64):
    """Stand for a fit with a seed."""


CALLED = {
    "two": (pca, True),
    "more that are offered": (varied, True),
    "more with a default": (lambda train, test, code=64: None, True),
    "any number": (lambda *folds: None, True),
    "any names": (lambda train, test, **named: None, True),
    "set beforehand": (functools.partial(lambda train, test, code: None, code=3), True),
    "one": (lambda train: None, False),
    "none": (lambda: None, False),
    "names alone": (lambda *, train, test: None, False),
    "more that is not offered": (lambda train, test, code: None, False),
    "a name that is not offered": (lambda train, test, *, code: None, False),
    "what is offered in the place of another": (lambda train, seed: None, False),
    "a place beyond": (lambda train, test, seed, /: None, False),
}


@pytest.mark.parametrize(("function", "expected"), CALLED.values(), ids=CALLED)
def test_a_function_takes_two_arguments_and_what_is_offered(function, expected):
    assert takes(function, places=2, offered=("model", "seed")) is expected
