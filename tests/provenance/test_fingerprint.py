"""Code is told apart by what it does, as far as the user's own code and values reach, and by nothing else."""

import functools
import importlib
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from negres_core.provenance.fingerprint import digest_code, is_library, source_of, without_address


def base():
    """Stand for a model."""


def executed(code):
    """A function whose source text cannot be found."""
    space = {}
    exec(code, space)
    return space["made"]


def test_the_source_of_a_function_is_its_text():
    assert source_of(base) == 'def base():\n    """Stand for a model."""\n'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def made(): return 1", "def made(): return 2"),
        ("def made(): return print", "def made(): return repr"),
        ("def made(x): return x + x", "def made(x): return x * x"),
        ("def made(): return lambda: 1", "def made(): return lambda: 2"),
        ("def made(x): return x in {1, 2}", "def made(x): return x in {1, 3}"),
    ],
)
def test_the_source_of_a_function_without_text_changes_with_its_code(one, other):
    assert source_of(executed(one)) != source_of(executed(other))


@pytest.mark.parametrize(
    "code",
    [
        "def made(): return 1",
        "def made(): return [lambda: x for x in range(3)]",
        "def made(x): return x in {'a', 'b', 'c'}",
    ],
)
def test_the_source_of_a_function_without_text_is_the_same_each_time(code):
    source = source_of(executed(code))

    assert source == source_of(executed(code))
    assert " at 0x" not in source


def test_the_source_of_a_function_without_text_does_not_depend_on_the_process():
    code = 'space = {}; exec(\'def made(x): return x in {"a", "b", "c", "d"}\', space)'
    command = f"from negres_core.provenance.fingerprint import source_of; {code}; print(source_of(space['made']))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2", "3")
    }

    assert len(printed) == 1


def halved(x):
    return x / FACTOR


FACTOR = 2


def weighted(weight):
    return lambda y: halved(y) * weight


class Weighted:
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, y):
        return y * self.weight


def derived(body):
    """A class whose base, which is the user's too, has a method."""
    space = {"__name__": __name__}
    exec(f"class Base:\n    def call(self): return {body}\nclass Made(Base): pass", space)
    return space["Made"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (weighted(1.0), weighted(0.1)),
        (Weighted(1.0), Weighted(0.1)),
        (Weighted(np.zeros(5000)), Weighted(np.r_[np.zeros(4999), 1])),
        (derived(1), derived(2)),
        (derived(1)(), derived(2)()),
        (functools.partial(weighted, 1), functools.partial(weighted, 2)),
        (functools.partial(Weighted, base), functools.partial(Weighted, halved)),
        (MinMaxScaler(), MinMaxScaler((0, 2))),
        (FunctionTransformer(halved), FunctionTransformer(base)),
        (keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2)),
        (lambda x=1: x, lambda x=2: x),
    ],
    ids=[
        "closure",
        "callable object",
        "a value deep in an array",
        "base class",
        "object of a base class",
        "argument of a partial",
        "function given to a partial",
        "parameter of a transformer",
        "function of a transformer",
        "configuration of an optimizer",
        "default",
    ],
)
def test_what_does_something_else_has_another_digest(one, other):
    assert digest_code(one) != digest_code(other)


def test_what_a_function_reads_of_its_module_counts(monkeypatch):
    before = digest_code(weighted(1.0))
    monkeypatch.setitem(globals(), "FACTOR", 3)
    changed = digest_code(weighted(1.0))
    monkeypatch.setitem(globals(), "FACTOR", 2)
    assert changed != before
    assert digest_code(weighted(1.0)) == before


def test_what_is_made_the_same_way_has_the_same_digest():
    for make in (lambda: weighted(2), lambda: Weighted(np.ones(3)), lambda: FunctionTransformer(halved), MinMaxScaler):
        assert digest_code(make()) == digest_code(make())


def test_functions_that_call_each_other_end():
    space = {}
    exec("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)", space)
    assert digest_code(space["even"]) != digest_code(space["odd"])


@pytest.mark.parametrize(
    ("value", "library"), [(keras.layers.Dense, True), (np.mean, True), (len, True), (base, False), (Weighted, False)]
)
def test_a_library_is_what_is_installed(value, library):
    assert is_library(value) is library


def test_a_docstring_a_comment_and_a_new_name_do_not_change_a_digest(tmp_path, monkeypatch):
    plain = "def build(x):\n    return x + 1\n"
    worded = 'def make(x):\n    """Add 1."""\n    # One more.\n    return x + 1\n'
    changed = "def build(x):\n    return x + 2\n"
    digests = {}
    for name, source in (("plain", plain), ("worded", worded), ("changed", changed)):
        (tmp_path / f"{name}_module.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        module = importlib.import_module(f"{name}_module")
        function = getattr(module, "make" if name == "worded" else "build")
        digests[name] = digest_code(function), digest_code(function, by_text=True)

    assert digests["plain"][0] == digests["worded"][0] != digests["changed"][0]
    assert digests["plain"][1] != digests["worded"][1]


def test_methods_that_swap_their_names_change_the_digest_of_a_class():
    one, other = (
        derived_methods("def call(self): return 1", "def build(self): return 2"),
        derived_methods("def build(self): return 1", "def call(self): return 2"),
    )
    assert digest_code(one) != digest_code(other)


def derived_methods(*methods):
    """A class with methods whose source cannot be found; their byte code has no name."""
    space = {"__name__": __name__}
    exec("class Made:\n    " + "\n    ".join(methods), space)
    return space["Made"]


@pytest.mark.parametrize("by_text", [False, True])
def test_a_lambda_counts_with_its_code(by_text):
    one, other = (lambda x: x + 1), (lambda x: x + 2)

    assert digest_code(one, by_text=by_text) == digest_code(one, by_text=by_text)
    assert digest_code(one) != digest_code(other)


def test_addresses_are_left_out():
    assert without_address(object()) == "<object object>"
