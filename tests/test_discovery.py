from __future__ import annotations

import importlib
import sys

import pytest

from negres_core.discovery import modules_in


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package of four modules, two of which define `check`."""
    folder = tmp_path / "some_package"
    folder.mkdir()
    sources = {
        "__init__": "def check():\n    pass\n",
        "second": "def check():\n    pass\n",
        "first": "from math import sqrt as check\n",
        "other": "def draw():\n    pass\n",
        "named_in_a_comment": "# check\n",
    }
    for name, source in sources.items():
        folder.joinpath(f"{name}.py").write_text(source)
    folder.joinpath("notes.txt").write_text("check\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("some_package")
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_package"]:
        del sys.modules[name]


def test_the_modules_that_define_a_name_are_found_sorted_by_module_name(package):
    modules = modules_in(package, having="check")

    assert [module.__name__ for module in modules] == ["some_package.first", "some_package.second"]


def test_a_name_that_no_module_defines_finds_nothing(package):
    assert modules_in(package, having="render") == []


def test_a_module_that_cannot_be_imported_is_not_ignored(package, tmp_path):
    tmp_path.joinpath("some_package", "broken.py").write_text("import a_module_that_does_not_exist\n")

    with pytest.raises(ModuleNotFoundError, match="a_module_that_does_not_exist"):
        modules_in(package, having="check")
