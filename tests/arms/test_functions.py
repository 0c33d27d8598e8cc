"""Names of functions, and which functions are losses."""

from __future__ import annotations

import functools

import pytest

from negres_core.arms.functions import is_loss, name_of


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
