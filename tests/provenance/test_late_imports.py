from __future__ import annotations

import ast
import sys

import pytest

from negres_core.provenance.late_imports import late_imports


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    """A package of the user's, `late_package`, with the modules `blocks` and `broken`."""
    folder = tmp_path / "late_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("WIDTH = 3\n")
    (folder / "blocks.py").write_text("def block(): return 1\n")
    (folder / "broken.py").write_text("raise OSError('no such device')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "late_package"]:
        del sys.modules[name]


def imports(source, package=None):
    """Return the names of the modules that a function imports, each with the names that it imports from it."""
    body = "\n    ".join(source.splitlines())
    tree = ast.parse(f"def build():\n    {body}")
    return [(module.__name__, names) for module, names in late_imports(tree, package)]


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import late_package.blocks", [("late_package.blocks", [])]),
        ("from late_package.blocks import block as b", [("late_package.blocks", ["block"])]),
        ("from late_package import blocks, WIDTH", [("late_package", ["blocks", "WIDTH"])]),
        ("if False:\n    import late_package", [("late_package", [])]),
        ("import numpy, sys, negres_core, late_package", [("late_package", [])]),
        ("from keras import layers", []),
        ("import no_such_module", []),
        ("import late_package.broken", []),
        ("from . import no_such_module", []),
    ],
)
def test_modules_of_the_user_are_imported(source, modules):
    assert imports(source) == modules


def test_a_relative_import_starts_from_the_package_of_the_function():
    assert imports("from .blocks import block", package="late_package") == [("late_package.blocks", ["block"])]
    assert imports("from . import blocks", package="late_package") == [("late_package", ["blocks"])]
    assert "late_package.blocks" in sys.modules


def test_a_library_is_not_imported():
    assert "antigravity" not in sys.modules
    assert imports("import antigravity") == []
    assert "antigravity" not in sys.modules
