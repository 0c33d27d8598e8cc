"""Configurations are read from test ids and files, compared factor by factor, and named by their values."""

import json
from pathlib import Path

import pytest

from negres_core.bisection.factors import End, name_mixture, read_ends
from negres_core.errors import InputError

TEST = "benchmarks/test_faces.py::test_it_reconstructs"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    return write


def test_ends_are_test_ids_and_the_second_may_be_a_param_id():
    ends = End(TEST, param="faces-article"), End(TEST, param="faces-twin")
    assert read_ends(f"{TEST}[faces-article]", f"{TEST}[faces-twin]") == ends
    assert read_ends(f"{TEST}[faces-article]", "faces-twin") == ends
    assert read_ends(f"{TEST}[a[0]-b::c]", "x") == (End(TEST, param="a[0]-b::c"), End(TEST, param="x"))


def test_ends_are_files_whose_tables_are_flattened(write):
    toml = write(
        "a.toml", f'test = "{TEST}"\n[factors]\nrate = 0.1\n[factors.model]\nunits = [3, 2]\nbias.start = true'
    )
    factors = {"model": {"units": [3, 2]}, "model.bias": {"start": False}, "rate": None}
    ends = read_ends(toml, write("b.json", {"test": str(Path(TEST).absolute()), "factors": factors}))
    assert ends[0] == End(TEST, factors={"rate": 0.1, "model.units": [3, 2], "model.bias.start": True})
    assert ends[1].factors == {"rate": None, "model.units": [3, 2], "model.bias.start": False}
    assert read_ends("a.toml", "twin") == (ends[0], End(TEST, param="twin"))


@pytest.mark.parametrize(
    ("failing", "working", "why"),
    [
        (TEST, "twin", "not a configuration of a test"),
        ("article", f"{TEST}[twin]", "not a configuration of a test"),
        (f"{TEST}[article]", f"{TEST}_too[twin]", "Only two configurations of one test can be bisected"),
        ("none.toml", "twin", r"cannot be read(.|\n)*No such file"),
        ("cut.json", "twin", "cannot be read"),
        ("cut.toml", "twin", "cannot be read"),
        ("list.json", "twin", "`test`, a test's id without parameters, and `factors`"),
        ("more.json", "twin", "`test`, a test's id without parameters, and `factors`"),
        ("named.json", "twin", "`test`, a test's id without parameters, and `factors`"),
        ("flat.json", "twin", "`test`, a test's id without parameters, and `factors`"),
        ("twice.json", "twin", r"twice(.|\n)*a\.b"),
    ],
)
def test_refuses_names_that_are_not_two_configurations_of_one_test(write, failing, working, why):
    write("cut.json", '{"test": ')
    write("cut.toml", "test = ")
    write("list.json", [])
    write("more.json", {"test": TEST, "factors": {}, "more": 1})
    write("named.json", {"test": f"{TEST}[a]", "factors": {}})
    write("flat.json", {"test": TEST, "factors": 1})
    write("twice.json", {"test": TEST, "factors": {"a.b": 1, "a": {"b": 2}}})
    with pytest.raises(InputError, match=why):
        read_ends(failing, working)


def test_a_mixture_is_named_after_its_values_whatever_their_order():
    name = name_mixture({"a": 1, "b": [True, None]})
    assert name == name_mixture({"b": [True, None], "a": 1})
    assert len({name, name_mixture({"a": 1, "b": [1, None]}), name_mixture({"a": True, "b": [True, None]})}) == 3
