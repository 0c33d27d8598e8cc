"""A build function is given what it asks for by name, and nothing else."""

from __future__ import annotations

import functools

import pytest

from negres_core.engine.build import call_build
from negres_core.errors import InputError


def sized(width, *, outputs, activation=None):
    return width, outputs, activation


@pytest.mark.parametrize(
    ("build", "result"),
    [
        (lambda: "neither", "neither"),
        (lambda outputs: outputs, 3),
        (lambda input_shape: input_shape, (5, 2)),
        (lambda outputs, input_shape: (outputs, input_shape), (3, (5, 2))),
        (lambda outputs=7: outputs, 3),
        (lambda width=9, **rest: (width, rest), (9, {})),
        (functools.partial(sized, 8), (8, 3, None)),
        (functools.partial(sized, 8, activation="relu"), (8, 3, "relu")),
    ],
    ids=["none", "outputs", "shape", "any order", "over a default", "other defaults", "partial", "partial by name"],
)
def test_a_build_function_is_given_the_arguments_that_it_names(build, result):
    assert call_build(build, input_shape=(5, 2), outputs=3) == result


def test_an_argument_that_a_partial_sets_is_not_overridden():
    """Eight outputs for seven classes are the author's choice."""
    assert call_build(functools.partial(sized, 1, outputs=8), input_shape=(5,), outputs=7) == (1, 8, None)


@pytest.mark.parametrize("build", [sized, lambda width, /: width, lambda *, width: width])
def test_refuses_a_build_function_that_requires_anything_else(build):
    with pytest.raises(InputError, match="requires arguments that negres does not pass to a build function") as caught:
        call_build(build, input_shape=(5,), outputs=3)
    assert "Received: width\n" in str(caught.value)
    assert "functools.partial; a build function may have the parameters input_shape and outputs" in str(caught.value)
