from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys

import numpy as np
import pytest

from negres_core.provenance.source import names_in, source_of, tree_of, without_address


def base():
    """Stand for a model."""


def execute(code):
    """Return a function whose source text cannot be found."""
    namespace = {}
    exec(code, namespace)
    return namespace["build"]


def test_the_source_of_a_function_is_its_text():
    assert source_of(base) == source_of(functools.partial(base)) == 'def base():\n    """Stand for a model."""\n'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def build(): return 1", "def build(): return 2"),
        ("def build(): return print", "def build(): return repr"),
        ("def build(x): return x + x", "def build(x): return x * x"),
        ("def build(): return lambda: 1", "def build(): return lambda: 2"),
        ("def build(x): return x in {1, 2}", "def build(x): return x in {1, 3}"),
    ],
)
def test_the_source_of_a_function_without_text_changes_with_its_code(one, other):
    assert source_of(execute(one)) != source_of(execute(other))


@pytest.mark.parametrize(
    "code",
    [
        "def build(): return 1",
        "def build(): return [lambda: x for x in range(3)]",
        "def build(x): return x in {'a', 'b', 'c'}",
    ],
)
def test_the_source_of_a_function_without_text_is_the_same_each_time(code):
    source = source_of(execute(code))

    assert source == source_of(execute(code))
    assert " at 0x" not in source


def test_the_source_of_a_function_without_text_does_not_depend_on_the_process():
    code = 'namespace = {}; exec(\'def build(x): return x in {"a", "b", "c", "d"}\', namespace)'
    command = f"from negres_core.provenance.source import source_of; {code}; print(source_of(namespace['build']))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2", "3")
    }

    assert len(outputs) == 1


def decorate(function):
    @functools.wraps(function)
    def inner():
        return function()

    return inner


@decorate
def decorated():
    return 1


def pick(position): return [lambda: 1, lambda: 2][position]  # fmt: skip


HALVE = lambda x: x / 2  # noqa: E731


def test_the_tree_of_a_decorated_function_is_that_of_its_decorator():
    assert ast.unparse(tree_of(decorated).body) == "return function()"
    assert ast.unparse(tree_of(decorated.__wrapped__).body) == "return 1"


def test_a_top_level_function_has_no_name_and_a_method_has_one():
    class Model:
        def build(self):
            return 1

    assert tree_of(base).name == ""
    assert tree_of(Model.build).name == "build"


def test_the_tree_of_a_lambda_is_known_if_it_is_the_only_one_in_its_statement():
    assert ast.unparse(tree_of(HALVE)) == "lambda x: x / 2"
    assert tree_of(pick(0)) is None
    assert tree_of(execute("def build(): return 1")) is None


def test_names_include_those_of_nested_functions():
    def outer():
        return [lambda: np.mean(base) for _ in "ab"]

    assert {"np", "mean", "base"} <= names_in(outer.__code__)


@pytest.mark.parametrize(
    ("value", "text"),
    [(object(), "<object object>"), (np.random.default_rng(), "Generator(PCG64)")],
    ids=["object", "generator"],
)
def test_addresses_are_left_out(value, text):
    assert without_address(value) == text
