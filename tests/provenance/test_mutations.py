"""Whatever a recipe can reach is mutated: each change of what it does is seen, and nothing that must not matter is.

Each source stands for a module of the user's with a function `build`, in which `{}` is 2 or 3.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from negres_core.provenance.fingerprint import digest_code

READS_K = "\ndef build(x):\n    return K\n"
"""A function that reads the global K."""

CALLS_K = "\ndef build(x):\n    return K(x)\n"

GLOBALS = {
    "number": "K = {}",
    "text": "K = 'width {}'",
    "text in bytes": "K = b'{}'",
    "nested list": "K = [1, [2, [{}]]]",
    "nesting of lists": "K = [[1, 1], [1]] if {} == 2 else [[1], [1, 1]]",
    "tuple": "K = (1, {})",
    "set": "K = {1, {}}",
    "dictionary": "K = {'a': {'b': {}}}",
    "type of a number": "K = 1 if {} == 2 else 1.0",
    "default dictionary": "import collections\nK = collections.defaultdict(lambda: {})",
    "queue": "import collections\nK = collections.deque([object, {}])",
    "mapping proxy": "import types\nK = types.MappingProxyType({'a': {}})",
    "namespace with an array": "import types, numpy as np\nK = types.SimpleNamespace(a=np.r_[np.zeros(5000), {}])",
    "named tuple": "import typing\nclass T(typing.NamedTuple):\n    a: int = {}\nK = T",
    "bytearray": "K = bytearray([{}])",
    "memory view": "K = memoryview(bytes([{}]))",
    "slice": "K = slice({})",
    "date": "import datetime\nK = datetime.date(2020, 1, {})",
    "path": "import pathlib\nK = pathlib.Path('weights-{}')",
    "long regular expression": "import re\nK = re.compile('a' * 300 + '{}')",
    "array": "import numpy as np\nK = np.r_[np.zeros(5000), {}]",
    "type of an array": "import numpy as np\nK = np.zeros(3, 'f4' if {} == 2 else 'i4')",
    "shape of an array": "import numpy as np\nK = np.zeros((2, 3) if {} == 2 else (3, 2))",
    "array of texts": "import numpy as np\nK = np.array(['a', 'b{}'], object)",
    "structured array": "import numpy as np\nK = np.array([(1, {})], [('a', 'i1'), ('b', 'f8')])",
    "masked array": "import numpy as np\nK = np.ma.array([1, 2, 3], mask=[0, {} == 2, 0])",
    "generator's seed": "import numpy as np\nK = np.random.default_rng({})",
    "random state": "import numpy as np\nK = np.random.RandomState({})",
    "table": "import pandas as pd\nK = pd.DataFrame({'a': [0] * 999 + [{}]})",
    "index of a table": "import pandas as pd\nK = pd.DataFrame({'a': [0] * 999}, [*range(998), 1000 + {}])",
    "series": "import pandas as pd\nK = pd.Series([0] * 999 + [{}])",
    "sparse matrix": "import scipy.sparse as sp\nK = sp.csr_matrix(([1, {}], ([0, 5], [3, 900])), (10, 1000))",
    "place in a sparse array": "import scipy.sparse as sp\nK = sp.coo_array(([1, 1], ([0, {}], [3, 4])), (10, 1000))",
    "keras variable": "import keras, numpy as np\nK = keras.Variable(np.r_[np.zeros(5000), {}])",
    "tensor": "import keras, numpy as np\nK = keras.ops.convert_to_tensor(np.r_[np.zeros(5000), {}])",
    "weights of a layer": "import keras, numpy as np\nK = keras.layers.Dense(1)\nK.build((None, 1))\n"
    "K.set_weights([np.full((1, 1), {}.0), np.zeros(1)])",
    "configuration of a layer": "import keras\nK = keras.layers.Dense({})",
    "fitted transformer": "from sklearn.preprocessing import MinMaxScaler\nK = MinMaxScaler().fit([[0], [{}]])",
    "fitted tree": "from sklearn.tree import DecisionTreeClassifier\n"
    "K = DecisionTreeClassifier(random_state=0).fit([[0], [{}], [9]], [0, 1, 1])",
    "fitted pipeline": "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
    "K = make_pipeline(StandardScaler()).fit([[0], [{}]])",
    "partial": "import functools\nK = functools.partial(max, {})",
    "operator": "import operator\nK = operator.itemgetter({})",
    "method of a list": "K = [{}].index",
    "lambda": "K = lambda x: x * {}",
    "two lambdas on one line": "K, L = lambda x: x * {}, lambda x: x * 5",
    "vectorized function": "import numpy as np\nK = np.vectorize(lambda x: x * {})",
    "cached function": "import functools\n@functools.lru_cache\ndef K(x):\n    return x * {}",
    "wrapped function of a library": "import functools, keras\n@functools.wraps(keras.losses.mean_squared_error)\n"
    "def K(x):\n    return x * {}",
    "default": "def K(x, factor={}):\n    return x * factor",
    "attribute of a function": "def K(x):\n    return x * K.factor\nK.factor = {}",
    "closure": "def make(factor):\n    return lambda x: x * factor\nK = make({})",
    "decorator": "def twice(f):\n    return lambda x: f(x) * {}\n@twice\ndef K(x):\n    return x",
    "singledispatch": "import functools\n@functools.singledispatch\ndef K(x):\n    return x\n"
    "@K.register\ndef _(x: int):\n    return x * {}",
    "order of categories": "import pandas as pd\nK = pd.Categorical(['a', 'b'], ['a', 'b'] if {} == 2 else ['b', 'a'])",
    "order of a column's categories": "import pandas as pd\n"
    "K = pd.Series(pd.Categorical(['a', 'b'], ['a', 'b'] if {} == 2 else ['b', 'a']))",
    "type of one of many columns": "import pandas as pd, numpy as np\n"
    "K = pd.DataFrame({f'c{i}': np.zeros(3, 'f4' if i == 30 and {} == 2 else 'f8') for i in range(100)})",
    "attributes of a table": "import pandas as pd\nK = pd.DataFrame({'a': [1]})\nK.attrs['w'] = {}",
    "argument that a loss leaves out of its configuration": "import keras\nK = keras.losses.Huber({})",
    "argument that an initializer leaves out": "import keras\nK = keras.initializers.Identity({})",
    "activation of a layer": "import keras\ndef double(x): return x * {}\nK = keras.layers.Dense(1, activation=double)",
    "layer of a model": "import keras\nclass L(keras.layers.Layer):\n    def call(self, x): return x * {}\n"
    "K = keras.Sequential([keras.Sequential([L()])])",
    "schedule of an optimizer": "import keras\nclass S(keras.optimizers.schedules.LearningRateSchedule):\n"
    "    def __call__(self, step): return {}\n    def get_config(self): return {'a': 1}\n"
    "K = keras.optimizers.Adam(S())",
    "vocabulary that a layer was adapted to": "import keras\nK = keras.layers.IntegerLookup()\nK.adapt([[1], [{}]])",
    "method that was set on a layer": "import keras\nK = keras.layers.Dense(1)\nK.call = lambda x: x * {}",
    "lambda among lambdas, by its parameter": "K = [lambda a{}: max(a{}), lambda x: x][0]",
    "lambda among lambdas, by the kind of its parameter": "K = [lambda *x: x, lambda **x: x][{} - 2]",
    "function by the text of its name": "def f2(x): return 2\ndef f3(x): return 3\nN = 'f{}'\n"
    "def K(x):\n    return globals()[N](x)",
}

CLASSES = {
    "method": "class C:\n    def f(self): return {}",
    "private attribute": "class C:\n    def __init__(self): self._w = {}\n    def f(self): return self._w",
    "mangled attribute": "class C:\n    def __init__(self): self.__w = {}\n    def f(self): return self.__w",
    "private attribute of a loss": "import keras\nclass C(keras.losses.Loss):\n"
    "    def __init__(self):\n        super().__init__()\n        self._w = {}\n"
    "    def call(self, y, p): return self._w * (y - p)",
    "private class attribute of a loss": "import keras\nclass C(keras.losses.Loss):\n    _w = {}\n"
    "    def call(self, y, p): return self._w * (y - p)",
    "slot": "class C:\n    __slots__ = ('w',)\n    def __init__(self): self.w = {}",
    "slots of a data class": "import dataclasses\n@dataclasses.dataclass(slots=True)\nclass C:\n    w: int = {}",
    "list in a class": "class C:\n    widths = [1, {}]",
    "dictionary in a class": "class C:\n    widths = {'a': {}}",
    "array in a class": "import numpy as np\nclass C:\n    w = np.r_[np.zeros(5000), {}]",
    "class in a class": "class C:\n    class D:\n        w = {}",
    "property": "class C:\n    @property\n    def w(self): return {}",
    "static method": "class C:\n    @staticmethod\n    def w(): return {}",
    "cached method": "import functools\nclass C:\n    @functools.cache\n    def __call__(self): return {}",
    "partial method": "import functools\nclass C:\n    def f(self, x): return x\n"
    "    _g = functools.partialmethod(f, {})",
    "array with methods": "import numpy as np\nclass C(np.ndarray):\n"
    "    def __new__(cls): return np.zeros(3).view(cls)\n    def f(self): return {}",
    "partial with methods": "import functools\nclass C(functools.partial):\n"
    "    def __new__(cls): return super().__new__(cls, max)\n    def f(self): return {}",
    "base class": "class B:\n    def f(self): return {}\nclass C(B): pass",
    "metaclass": "class M(type):\n    def __call__(cls): return {}\nclass C(metaclass=M): pass",
    "descriptor": "class D:\n    def __get__(self, *_): return {}\nclass C:\n    w = D()",
    "list with methods": "class C(list):\n    def f(self): return {}",
    "number with methods": "class C(float):\n    def f(self): return {}",
    "default of a data class": "import dataclasses\n@dataclasses.dataclass\nclass C:\n    w: int = {}",
    "factory of a data class": "import dataclasses\n@dataclasses.dataclass\nclass C:\n"
    "    w: list = dataclasses.field(default_factory=lambda: [{}])",
}

OF_A_LIBRARY = {
    "nearest neighbours": "from sklearn.neighbors import KNeighborsClassifier\nclass C(KNeighborsClassifier): pass\n"
    "K = C(1).fit([[0], [{}], [9]], [0, 1, 1])",
    "estimator whose state is private": "from sklearn.base import BaseEstimator\nclass C(BaseEstimator):\n"
    "    def fit(self, w):\n        setattr(self, '_w', w)\n        return self\nK = C().fit({})",
    "weights of a layer": "import keras, numpy as np\nclass C(keras.layers.Dense): pass\nK = C(1)\n"
    "K.build((None, 1))\nK.set_weights([np.full((1, 1), {}.0), np.zeros(1)])",
    "layers of a model": "import keras\nclass C(keras.Sequential): pass\nK = C([keras.layers.Dense({})])",
    "configuration of a layer": "import keras\nclass C(keras.layers.Dropout): pass\nK = C({} / 10)",
    "loss": "import keras\nclass C(keras.losses.Huber): pass\nK = C({})",
    "table": "import pandas as pd\nclass C(pd.DataFrame): pass\nK = C({'a': [1, {}]})",
    "series": "import pandas as pd\nclass C(pd.Series): pass\nK = C([1, {}])",
    "sparse matrix": "import scipy.sparse as sp\nclass C(sp.csr_matrix): pass\nK = C([[0, {}]])",
    "path": "import pathlib\nclass C(type(pathlib.Path())): pass\nK = C('weights-{}')",
    "queue": "import collections\nclass C(collections.deque): pass\nK = C([{}])",
    "bytes": "class C(bytearray): pass\nK = C([{}])",
    "fraction": "import fractions\nclass C(fractions.Fraction): pass\nK = C({}, 7)",
    "decimal": "import decimal\nclass C(decimal.Decimal): pass\nK = C({})",
    "date": "import datetime\nclass C(datetime.date): pass\nK = C(2020, 1, {})",
    "generator": "import random\nclass C(random.Random): pass\nK = C({})",
}
"""Objects of a user's class with all that a library's base class keeps."""

FUNCTIONS = {
    "constant": "def build(x):\n    return x * {}",
    "operator in the code": "def build(x):\n    return x ** 2 if {} == 2 else x",
    "nested function": "def build(x):\n    def inner(): return {}\n    return inner()",
    "member of an enumeration": "import enum\nclass E(enum.Enum):\n    A = {}\ndef build(x):\n    return E.A",
    "method of an enumeration": "import enum\nclass E(enum.Enum):\n    A = 1\n    def f(self): return {}\n"
    "K = E.A\ndef build(x):\n    return K.f()",
    "object that Keras knows by a name": "import keras\ndef f(x): return {}\n"
    "keras.saving.get_custom_objects()['mutant f'] = f\ndef build(x):\n    return keras.activations.get('mutant f')",
    "another member of an enumeration": "import enum\nclass E(enum.Enum):\n    A = 1\n    B = {}\nK = E.A\n"
    "def build(x):\n    return [member.value for member in type(K)]",
    "attribute of a member of an enumeration": "import enum\nclass E(enum.Enum):\n    A = 1\nE.A.w = {}\nK = E.A\n"
    "def build(x):\n    return K.w",
    "module in a closure": "import blocks\ndef make(m):\n    return lambda x: m.f(x)\nbuild = make(blocks)",
    "module as a default": "import blocks\ndef build(x, m=blocks):\n    return m.f(x)",
    "module in a dictionary": "import blocks\nK = {'a': blocks}\ndef build(x):\n    return K['a'].f(x)",
    "module in a partial": "import blocks, functools\ndef f(x, m): return m.f(x)\n"
    "build = functools.partial(f, m=blocks)",
    "module in an object": "import blocks, types\nK = types.SimpleNamespace(m=blocks)\n"
    "def build(x):\n    return K.m.o.f()",
    "module in a class": "import blocks\nclass C:\n    m = blocks\n    def f(self): return self.m.f(1)\n"
    "def build(x):\n    return C().f()",
    "module among those imported": "import blocks, sys\ndef build(x):\n    return sys.modules['blocks'].f(x)",
    "attribute of a module": "import blocks\ndef build(x):\n    return blocks.K",
    "function of a module": "import blocks\ndef build(x):\n    return blocks.f(x)",
    "module under another name": "import blocks as b\ndef build(x):\n    return b.f(x)",
    "import inside": "def build(x):\n    import blocks\n    return blocks.f(x)",
    "import of a name inside": "def build(x):\n    from blocks import f as g\n    return g(x)",
    "import in a method": "class C:\n    def f(self):\n        from blocks import f\n        return f(1)\n"
    "def build(x):\n    return C().f()",
    "import by a text": "import importlib\ndef build(x):\n    return importlib.import_module('blocks').f(x)",
    "loss of a module": "import blocks\nbuild = lambda: blocks.f",
    "attribute by a text": "import blocks\ndef build(x):\n    return getattr(blocks, 'f')(x)",
    "attribute by a global text": "import blocks\nN = 'f'\ndef build(x):\n    return getattr(blocks, N)(x)",
    "object of a module": "import blocks\ndef build(x):\n    return blocks.o.f()",
    "attribute of an object of a module": "import blocks\ndef build(x):\n    return blocks.o.w",
}
BLOCKS = """
K = {}
def f(x): return {}
class O:
    def __init__(self): self.w = {}
    def f(self): return self.w
o = O()
"""

MUTATIONS = (
    {f"global {name}": source + (CALLS_K if "def K" in source else READS_K) for name, source in GLOBALS.items()}
    | {f"class: {name}": source + "\ndef build(x):\n    return C()\n" for name, source in CLASSES.items()}
    | {f"object: {name}": source + "\nK = C()" + READS_K for name, source in CLASSES.items()}
    | {f"object of a subclass: {name}": source + READS_K for name, source in OF_A_LIBRARY.items()}
    | FUNCTIONS
)


@pytest.fixture
def digest_of(tmp_path, monkeypatch):
    """Return a function that writes a module, with another one named `blocks`, and digests what its `build` does."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def digest(source, blocks="", folder="here"):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        (place / "mutant.py").write_text(source)
        (place / "blocks.py").write_text(blocks)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(place)
            for name in ("mutant", "blocks"):
                sys.modules.pop(name, None)
            importlib.invalidate_caches()
            return digest_code(importlib.import_module("mutant").build)

    yield digest
    for name in ("mutant", "blocks"):
        sys.modules.pop(name, None)


def test_there_are_many_mutations():
    assert len(MUTATIONS) >= 60


@pytest.mark.parametrize("source", MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutation_of_what_a_recipe_reaches_changes_its_digest(source, digest_of):
    first, again, mutant = (digest_of(source.replace("{}", n), BLOCKS.replace("{}", n)) for n in "223")

    assert first == again != mutant


PLAIN = """
import functools, keras, numpy as np
K = {'b': 1, 'a': [2.0, {'x', 'y', 'z'}], 'o': np.array(['a', None], object), 'f': functools.cache(np.mean)}
class Block:
    def __init__(self): self.width = 3
    def call(self, x): return x * self.width
def helper(x):
    return Block().call(x)
def build(x):
    return helper(x), K, keras.layers.Dense, object()
"""

HELPER = "\ndef helper(x):\n    return Block().call(x)\n"

IRRELEVANT = {
    "comment": (PLAIN.replace("    return helper", "    # A comment.\n    return helper"), "here"),
    "docstring": (PLAIN.replace("(x):\n", "(x):\n    'A docstring.'\n"), "here"),
    "docstring of a class": (PLAIN.replace("class Block:\n", "class Block:\n    'A docstring.'\n"), "here"),
    "layout": (
        PLAIN.replace("    return helper(x), K,", "\n    return (helper(x),\n        K,").strip() + ")\n",
        "here",
    ),
    "place": (PLAIN, "elsewhere"),
    "place of a function": (PLAIN.replace("def helper", "\n\n\ndef helper"), "here"),
    "unused code": (PLAIN + "\ndef unused(): return 4\n", "here"),
    "unused attribute of a module": ("import blocks\n" + PLAIN, "here"),
    "order of items": (PLAIN.replace("'b': 1, 'a'", "'a'").replace("np.mean)}", "np.mean), 'b': 1}"), "here"),
    "order of a set": (PLAIN.replace("'x', 'y', 'z'", "'z', 'x', 'y'"), "here"),
    "order of functions": (PLAIN.replace("def helper(x):\n    return Block().call(x)\n", "") + HELPER, "here"),
    "name of the function": (PLAIN.replace("def build", "def make") + "build = make\n", "here"),
    "annotation of a variable": (PLAIN.replace("K = {", "K: dict = {"), "here"),
}


@pytest.mark.parametrize(("source", "folder"), IRRELEVANT.values(), ids=IRRELEVANT)
def test_what_must_not_matter_changes_no_digest(source, folder, digest_of):
    assert digest_of(PLAIN) == digest_of(source, "unused = 1\n", folder)


def in_a_process(module, **environment):
    """Digest the function `build` of a module in a new process."""
    code = "import mutant; from negres_core.provenance.fingerprint import digest_code; print(digest_code(mutant.build))"
    path = os.pathsep.join([str(module.parent), *(environment.pop("path", [])), str(Path(__file__).parents[2])])
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def installed(folder, body="return 1", *, version="1.0", name="labtools", metadata="dist-info", **files):
    """Install a package with a function `f` into a folder, as pip does."""
    package = folder / name
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(f"def f(x): {body}\nclass Thing:\n    pass\nTHING = Thing()\n")
    info = folder / f"{name}-1.{metadata}"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    for file, text in files.items():
        (info / file.replace("__", ".")).write_text(text)


RECORD = "labtools/__init__.py,sha256=abc,10\n"


def test_neither_the_process_nor_the_hash_seed_nor_the_place_of_a_library_matters(tmp_path):
    (tmp_path / "code").mkdir()
    module = tmp_path / "code" / "mutant.py"
    module.write_text("from labtools import f, THING\n" + PLAIN.replace("return helper", "return f, THING, helper"))
    digests = set()
    for place, seed in (("a/site-packages", "1"), ("b/lib/python3/dist-packages", "2"), ("c/modules", "3")):
        installed(tmp_path / place, RECORD=RECORD)
        digests.add(in_a_process(module, path=[str(tmp_path / place)], PYTHONHASHSEED=seed))

    assert len(digests) == 1
