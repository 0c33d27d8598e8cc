from __future__ import annotations

import pickle
import re

import pytest

from negres_core import errors
from negres_core.errors import DataUnavailableError, DeviceError, EvidenceError, InputError, NegresError, show


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, größer, 日本", "plain, größer, 日本"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("over\rwritten", "over\\rwritten"),
        ("two\nlines", "two\\nlines"),
        ("\u202egnirts", "\\u202egnirts"),
        ("\u2066hidden\u200b", "\\u2066hidden\\u200b"),
        ("half \ud800", "half \\ud800"),
        ("line\u2028break", "line\\u2028break"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
    ],
)
def test_characters_that_control_a_terminal_are_shown_by_their_codes(text, shown):
    assert show(text) == shown
    assert show(text, "csv") == shown
    shown.encode("utf-8")


def test_a_name_that_is_a_book_is_cut_and_the_rest_is_counted():
    shown = show("x" * 10_000)
    assert len(shown) <= 200
    assert shown.endswith("x... (9,824 more)")
    assert show("x" * 200) == "x" * 200


def test_prose_keeps_its_lines():
    assert show("one\n  two\r", lines=True) == "one\n  two\\r"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("<script>", "\\<script>"),
        ("![image](http://x)", "![image\\](http://x)"),
        ("`code` *bold*", "\\`code\\` \\*bold\\*"),
        ("p <0.001 [+0.1, +0.2]", "p <0.001 [+0.1, +0.2]"),
    ],
)
def test_markup_is_shown_and_not_obeyed(text, shown):
    assert show(text, "markdown") == shown


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_text_in_a_spreadsheet(text):
    assert show(text, "csv").startswith("'")
    assert not show(text).startswith("'")


def test_an_error_shows_whatever_it_received():
    message = str(InputError("Wrong \x1b[2J.", received="\u202e" + "x" * 10_000, remedy="Do."))
    assert message.isascii()
    assert "\x1b" not in message
    assert len(message) < 2_200


@pytest.mark.parametrize("received", [3, "three", {"folds": object}])
def test_an_error_of_a_worker_process_arrives_as_it_was(received):
    error = errors.InputError("One fold is too few.", received=received, remedy="Give 2 or more.")

    arrived = pickle.loads(pickle.dumps(error))

    assert type(arrived) is errors.InputError
    assert str(arrived) == str(error)
    assert (arrived.wrong, arrived.remedy) == (error.wrong, error.remedy)
