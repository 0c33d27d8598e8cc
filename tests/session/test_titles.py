"""Titles and ids of tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.session.titles import id_of, identity_of_test, title_of, without_addresses

BODY = """
import functools
import numpy as np
import pytest
from negres_core import Dataset

def wide(input_shape, width): ...
class Net: ...
MINE = Dataset(x=np.zeros((4, 2)), y=[0, 1, 0, 1], name="mine")
"""


@pytest.fixture
def titles(pytester):
    """Return a function that collects tests and returns their titles."""
    return lambda body: [title_of(item) for item in pytester.getitems(BODY + body)]


def test_a_title_is_the_name_of_the_test_with_the_parameters_that_have_no_column(titles):
    body = """
@pytest.mark.parametrize("expected", ["refuted"])
@pytest.mark.parametrize("by", [0.01])
@pytest.mark.parametrize("data", ["digits"])
def test_width_helps(data, by, expected): ...

@pytest.mark.parametrize("configuration", [pytest.param({"epochs": 1}, id="twin")])
def test_it_learns(configuration): ...

def test_plain(): ...
"""
    assert titles(body) == ["width helps (by 0.01)", "it learns (configuration twin)", "plain"]


@pytest.mark.parametrize(("name", "value"), [("dataset", "'digits'"), ("dataset", "MINE"), ("wine", "MINE")])
def test_a_data_set_has_a_column_whatever_the_parameter_is_called(titles, name, value):
    assert titles(f'@pytest.mark.parametrize("{name}", [{value}])\ndef test_it({name}): ...') == ["it"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("wide", "wide"),
        ("functools.partial(wide, width=8)", "wide(width=8)"),
        ("[wide]", "[wide]"),
        ("Net", "Net"),
        ("Net()", "test_a_title_contains_no_address.Net"),
        ("None", "None"),
    ],
)
def test_a_title_contains_no_address(titles, value, shown):
    assert titles(f'@pytest.mark.parametrize("arm", [{value}])\ndef test_it(arm): ...') == [f"it (arm {shown})"]


def test_an_id_contains_no_address(pytester):
    (item,) = pytester.getitems(BODY + '@pytest.mark.parametrize("arm", [wide], ids=repr)\ndef test_it(arm): ...')
    assert id_of(item) == "test_an_id_contains_no_address.py::test_it[wide]"


def test_an_id_lacks_the_group_that_xdist_adds(pytester):
    body = '@pytest.mark.parametrize("expected", ["supported"])\ndef test_it(expected): ...\n'
    (item,) = pytester.getitems(BODY + body)
    plain, item._nodeid = item.nodeid, f"{item.nodeid}@training"
    assert id_of(item) == plain
    assert identity_of_test(item) == plain.removesuffix("[supported]")


def test_in_a_session_that_opens_sealed_rows_a_test_is_its_confirmation(pytester):
    body = '@pytest.mark.parametrize("expected", ["supported"])\ndef test_it(expected): ...\n'
    (item,) = pytester.getitems(BODY + body)
    plain = item.nodeid.removesuffix("[supported]")
    assert (identity_of_test(item), title_of(item)) == (plain, "it")
    item.config.option.negres_confirm = True
    assert (identity_of_test(item), title_of(item)) == (f"{plain}::confirmation", "it (confirmation)")


def test_a_test_without_a_parent_has_an_id():
    assert id_of(SimpleNamespace(parent=None, name="test_it")) == "::test_it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<function wide.<locals>.f at 0x7f12ab>", "<function wide.<locals>.f>"),
        ("<bound method Net.build of <lab.Net object at 0x7f12ab>>", "<bound method Net.build of lab.Net>"),
        ("a rate of 0x10", "a rate of 0x10"),
    ],
)
def test_the_rest_of_a_text_stays_as_it_is(text, expected):
    assert without_addresses(text) == expected


def test_a_title_can_be_sent_to_another_process(titles):
    body = '@pytest.mark.parametrize("name", ["\\ud800\\x00\\U0001f600"])\ndef test_it(name): ...'
    [title] = titles(body)
    assert title == "it (name \\ud800\x00\U0001f600)"
    assert title.encode("utf-8")
