from __future__ import annotations

import re

import pytest

from negres_core import errors
from negres_core.errors import DataUnavailableError, DeviceError, EvidenceError, InputError, NegresError


def test_a_message_states_what_is_wrong_what_was_received_and_what_to_do():
    error = InputError("One fold is too few.", received=["folds", 1], remedy="Give 2 or more.")

    assert str(error) == "One fold is too few.\n  Received: ['folds', 1]\n  To do: Give 2 or more."
    assert (error.wrong, error.received, error.remedy) == ("One fold is too few.", ["folds", 1], "Give 2 or more.")


def test_a_received_string_is_shown_without_quotes():
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
def test_every_error_derives_from_a_negres_error_and_a_builtin_one(kind, builtin):
    assert issubclass(kind, NegresError)
    assert issubclass(kind, builtin)


def test_every_class_of_the_module_is_a_negres_error_or_a_warning():
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]

    assert len([kind for kind in kinds if issubclass(kind, NegresError)]) >= 5
    assert all(issubclass(kind, NegresError | UserWarning) for kind in kinds)


def test_the_docstring_of_the_module_shows_the_whole_tree_of_errors():
    parents, tree = {}, {}
    for indent, name, text in re.findall(r"^((?:  )*)- (\w+)(.*)$", errors.__doc__, flags=re.MULTILINE):
        depth = len(indent) // 2
        parents[depth] = name
        if depth > 0:
            tree[name] = [parents[depth - 1], *re.findall(r"\(also a (\w+)\)", text)]

    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert tree == {name: [base.__name__ for base in kind.__bases__] for name, kind in kinds.items()}
