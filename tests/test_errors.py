from __future__ import annotations

import pytest

from negres_core import errors
from negres_core.errors import DataUnavailableError, DeviceError, EvidenceError, InputError, NegresError


def test_a_message_says_what_is_wrong_what_was_received_and_what_to_do():
    error = InputError("One fold is too few.", received=["folds", 1], remedy="Give 2 or more.")

    assert str(error) == "One fold is too few.\n  Received: ['folds', 1]\n  To do: Give 2 or more."
    assert (error.wrong, error.received, error.remedy) == ("One fold is too few.", ["folds", 1], "Give 2 or more.")


def test_what_was_received_in_words_is_shown_as_it_is():
    assert "\n  Received: folds=1\n" in str(InputError("Wrong.", received="folds=1", remedy="Do."))


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (InputError, ValueError),
        (DataUnavailableError, RuntimeError),
        (DeviceError, RuntimeError),
        (EvidenceError, RuntimeError),
    ],
)
def test_every_error_is_of_negres_and_of_python(kind, builtin):
    assert issubclass(kind, NegresError)
    assert issubclass(kind, builtin)


def test_every_error_of_the_module_is_an_error_of_negres_and_the_rest_are_warnings():
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]

    assert len([kind for kind in kinds if issubclass(kind, NegresError)]) >= 5
    assert all(issubclass(kind, NegresError | UserWarning) for kind in kinds)
