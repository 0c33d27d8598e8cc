from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negres_core.report.mlflow_names import LONGEST_NAME, text, translate

NAMES = st.text(st.characters() | st.sampled_from("_x._40/ -"), max_size=60)


def original(translated):
    """Read a name that was not cut: the reverse of `translate`, as it is documented."""
    return re.sub(r"_x([0-9a-f]+)_", lambda code: chr(int(code[1], 16)), translated)


def is_allowed(name):
    """Return whether MLflow takes a name, on every system."""
    is_one_path = name not in ("", ".") and not name.startswith(("..", "/"))
    return re.fullmatch(r"[\w.\- ]+", name) is not None and is_one_path and len(name) <= 250


@pytest.mark.parametrize("name", ["accuracy", "balanced accuracy", "top-5", "F1_macro", "v1.2", "Größe"])
def test_ordinary_names_stay(name):
    assert translate(name) == name


@pytest.mark.parametrize(
    ("name", "translated"),
    [
        ("cost@6c8a0f2d41b7", "cost_x40_6c8a0f2d41b7"),
        ("a/../b", "a_x2f_.._x2f_b"),
        ("..", "_x2e_."),
        ("a:b\n", "a_x3a_b_xa_"),
        ("max_x", "max_x5f_x"),
    ],
)
def test_other_characters_become_their_codes(name, translated):
    assert translate(name) == translated


@given(NAMES)
def test_a_translated_name_is_allowed_and_can_be_read_back(name):
    translated = translate(name)
    assert is_allowed(translated)
    if name and "_x_" not in translated:
        assert original(translated) == name


@given(NAMES, NAMES)
def test_two_names_never_become_one(one, another):
    assert (translate(one) == translate(another)) == (one == another)


def test_long_names_are_cut_and_stay_apart():
    one, another = translate("a" * 10_000), translate("a" * 10_001)
    assert one != another
    assert len(one) == len(another) == LONGEST_NAME
    assert re.fullmatch("a+_x_[0-9a-f]{16}", one)
    assert translate("a" * LONGEST_NAME) == "a" * LONGEST_NAME


def test_text_fits_however_long_its_codes_are():
    assert text("\x00\u202e=1", most=100) == r"\x00\u202e=1"
    shown = text("\u202e" * 1000, most=100)
    assert len(shown) <= 100
    assert shown.endswith("more)")
