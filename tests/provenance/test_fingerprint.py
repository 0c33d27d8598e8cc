"""Code is identified by what it does, as far as the user's own code and values reach, and by nothing else."""

from __future__ import annotations

import enum
import functools
import importlib
import os
import shlex
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from negres_core.provenance.fingerprint import digest_code


def base():
    """Stand for a model."""


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


class Private:
    def __init__(self, weight):
        self._weight = weight

    @functools.cached_property
    def doubled(self):
        return 2 * self._weight


class Slotted:
    __slots__ = ("weight",)

    def __init__(self, weight):
        self.weight = weight


def derived(body):
    """Return a class whose base, which is the user's too, has a method."""
    namespace = {"__name__": __name__}
    exec(f"class Base:\n    def call(self): return {body}\nclass Derived(Base): pass", namespace)
    return namespace["Derived"]


def with_methods(*methods):
    """Return a class with methods whose source cannot be found; their byte code has no name."""
    namespace = {"__name__": __name__}
    exec("class Model:\n    " + "\n    ".join(methods), namespace)
    return namespace["Model"]


def table(last):
    return pd.DataFrame({"weight": np.r_[np.zeros(999), last]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (weighted(1.0), weighted(0.1)),
        (Weighted(1.0), Weighted(0.1)),
        (Private(1.0), Private(0.1)),
        (Slotted(1.0), Slotted(0.1)),
        (Weighted(np.zeros(5000)), Weighted(np.r_[np.zeros(4999), 1])),
        (np.array([1, "a"], dtype=object), np.array([1, "b"], dtype=object)),
        (table(0), table(1)),
        ([[1, 1], [1]], [[1], [1, 1]]),
        ([base, halved, base], [base, halved, halved]),
        ({1: "a"}, {"1": "a"}),
        (derived(1), derived(2)),
        (derived(1)(), derived(2)()),
        (enum.Enum("Size", {"SMALL": 1}).SMALL, enum.Enum("Size", {"SMALL": 2}).SMALL),
        (functools.partial(weighted, 1), functools.partial(weighted, 2)),
        (functools.partial(Weighted, base), functools.partial(Weighted, halved)),
        (MinMaxScaler(), MinMaxScaler((0, 2))),
        (FunctionTransformer(halved), FunctionTransformer(base)),
        (keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2)),
        (os.path.join, shlex.join),
        (lambda x=1: x, lambda x=2: x),
    ],
    ids=[
        "closure",
        "callable object",
        "private attribute",
        "slot",
        "a value deep in an array",
        "array of objects",
        "a value deep in a table",
        "nested lists",
        "repeated function",
        "type of a key",
        "base class",
        "object of a base class",
        "member of an enumeration",
        "argument of a partial",
        "function given to a partial",
        "parameter of a transformer",
        "function of a transformer",
        "configuration of an optimizer",
        "functions of the same name in two libraries",
        "default",
    ],
)
def test_code_and_values_that_do_something_else_have_another_digest(one, other):
    assert digest_code(one) != digest_code(other)


@pytest.fixture
def new_module(tmp_path, monkeypatch):
    """Return a function that writes and imports a module, always as `users_module` and beside the same files."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(source, **others):
        for name in ("users_module", *others):
            (tmp_path / f"{name}.py").write_text(source if name == "users_module" else others[name])
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return importlib.import_module("users_module")

    yield make
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


SOURCES = {
    "decorator": """
import functools
def decorate(function):
    @functools.wraps(function)
    def inner(x):
        return function(x) * {}
    return inner
@decorate
def build(x):
    return x
""",
    "function in a cache": """
import functools
@functools.cache
def width():
    return {}
def build(x):
    return width()
""",
    "list in a class": """
class Model:
    widths = [{}]
def build(x):
    return Model
""",
    "cached property": """
import functools
class Model:
    @functools.cached_property
    def width(self):
        return {}
def build(x):
    return Model
""",
    "setter": """
class Model:
    @property
    def width(self):
        return 1
    @width.setter
    def width(self, value):
        self.value = value * {}
def build(x):
    return Model
""",
    "nested class": """
class Model:
    class Layer:
        def width(self):
            return {}
def build(x):
    return Model
""",
    "enumeration": """
import enum
class Width(enum.Enum):
    WIDE = {}
def build(x):
    return Width.WIDE
""",
    "default of a dataclass": """
import dataclasses
@dataclasses.dataclass
class Options:
    width: int = {}
def build(x):
    return Options()
""",
    "factory of a dataclass": """
import dataclasses
@dataclasses.dataclass
class Options:
    widths: list = dataclasses.field(default_factory=lambda: [{}])
def build(x):
    return Options()
""",
    "argument of a class whose name ends in Error": """
import keras
def build(x):
    return keras.losses.MeanSquaredError(name="mse{}")(x, x)
""",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_change_of_code_that_a_function_reaches_changes_its_digest(new_module, source):
    first, again, changed = (digest_code(new_module(source.replace("{}", number)).build) for number in "223")

    assert first == again != changed


@pytest.mark.parametrize(
    "source",
    [
        "import blocks\ndef build(x):\n    return blocks.block(x)\n",
        "from blocks import block\ndef build(x):\n    return block(x)\n",
        "def build(x):\n    import blocks\n    return blocks.block(x)\n",
        "def build(x):\n    from blocks import block as b\n    return b(x)\n",
    ],
    ids=["module", "name", "late import of a module", "late import of a name"],
)
def test_a_change_of_another_module_of_the_user_changes_the_digest(new_module, source):
    first, again, changed, unrelated = (
        digest_code(new_module(source, blocks=blocks).build)
        for blocks in (
            "def block(x): return 1\n",
            "def block(x): return 1\n",
            "def block(x): return 2\n",
            "def block(x): return 1\ndef unrelated(): return 3\n",
        )
    )

    assert first == again == unrelated != changed


def test_modules_that_import_each_other_end(new_module):
    source = "import blocks\ndef build(x):\n    return blocks.users_module.blocks.block(x)\n"
    one, other = (
        digest_code(new_module(source, blocks=f"import users_module\ndef block(x): return {number}\n").build)
        for number in (1, 2)
    )

    assert one != other


def test_a_global_that_a_function_reads_counts(monkeypatch):
    before = digest_code(weighted(1.0))
    monkeypatch.setitem(globals(), "FACTOR", 3)
    changed = digest_code(weighted(1.0))
    monkeypatch.setitem(globals(), "FACTOR", 2)
    assert changed != before
    assert digest_code(weighted(1.0)) == before


@pytest.mark.parametrize(
    "make",
    [
        lambda: weighted(2),
        lambda: Weighted(np.ones(3)),
        lambda: FunctionTransformer(halved),
        MinMaxScaler,
        lambda: table(1),
        lambda: functools.cache(halved),
        lambda: np.array([1, "a", None], dtype=object),
        lambda: {base: Private(1), "b": {3, "c"}},
    ],
    ids=["closure", "object", "transformer", "library object", "table", "cache", "array of objects", "dictionary"],
)
def test_values_that_are_made_the_same_way_have_the_same_digest(make):
    assert digest_code(make()) == digest_code(make())


def test_the_value_of_a_cached_property_does_not_change_a_digest():
    private = Private(1)
    before = digest_code(private)

    assert private.doubled == 2
    assert digest_code(private) == before


def test_a_digest_does_not_depend_on_the_process():
    command = (
        "import functools, numpy as np; from negres_core.provenance.fingerprint import digest_code;"
        "value = {'a': {'b', 'c', 'd'}, 'e': object(), 'f': np.mean, 'g': functools.cache(np.mean)};"
        "print(digest_code(value))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }

    assert len(digests) == 1


def test_a_long_chain_of_functions_is_digested(new_module):
    def chain(number):
        functions = (f"def f{n}(): return f{n - 1}()" for n in range(1, 1000))
        return new_module("\n".join([f"def f0(): return {number}", *functions])).f999

    assert digest_code(chain(1)) != digest_code(chain(2))


def test_functions_that_call_each_other_end():
    namespace = {}
    exec("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)", namespace)
    assert digest_code(namespace["even"]) != digest_code(namespace["odd"])


def test_a_docstring_a_comment_and_a_new_name_do_not_change_a_digest(new_module):
    plain = "def build(x):\n    return x + 1\n"
    reworded = 'def make(x):\n    """Add 1."""\n    # One more.\n    return x + 1\nbuild = make\n'
    changed = "def build(x):\n    return x + 2\n"
    digests = {
        source: (digest_code(function), digest_code(function, by_text=True))
        for source in (plain, reworded, changed)
        for function in [new_module(source).build]
    }

    assert digests[plain][0] == digests[reworded][0] != digests[changed][0]
    assert digests[plain][1] != digests[reworded][1]


def test_methods_that_swap_their_names_change_the_digest_of_a_class():
    one, other = (
        with_methods("def call(self): return 1", "def build(self): return 2"),
        with_methods("def build(self): return 1", "def call(self): return 2"),
    )
    assert digest_code(one) != digest_code(other)


@pytest.mark.parametrize("by_text", [False, True])
def test_a_lambda_counts_with_its_code(by_text):
    one, other = (lambda x: x + 1), (lambda x: x + 2)

    assert digest_code(one, by_text=by_text) == digest_code(one, by_text=by_text)
    assert digest_code(one) != digest_code(other)
