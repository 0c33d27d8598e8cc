from __future__ import annotations

import functools
import json
import os
import sys
from types import ModuleType

import keras
import numpy as np
import pytest

import negres_core
from negres_core.provenance.libraries import (
    OWN_PACKAGE,
    Library,
    is_library,
    is_library_module,
    library_at,
    versions_of,
)


class Weighted:
    """A class of the user's."""


def base():
    """Stand for a function of the user's."""


@functools.wraps(keras.losses.mean_squared_error)
def wrapping():
    """Stand for a function of the user's with the name and the module of a library's."""


@pytest.mark.parametrize(
    ("value", "library"),
    [
        (keras.layers.Dense, True),
        (np.mean, True),
        (len, True),
        (os.path.join, True),
        (type(base), True),
        (base, False),
        (Weighted, False),
        (wrapping, False),
    ],
)
def test_code_is_a_librarys_if_it_is_installed(value, library):
    assert is_library(value) is library


@pytest.mark.parametrize(
    ("attributes", "library"),
    [
        ({"__file__": np.__file__}, True),
        ({"__file__": json.__file__}, True),
        ({"__file__": negres_core.__file__}, True),
        ({"__file__": f"{OWN_PACKAGE.rstrip('/')}_of_mine/model.py"}, False),
        ({"__file__": "/home/ada/model.py"}, False),
        ({"__path__": ["/home/ada/models"]}, False),
        ({}, True),
    ],
    ids=[
        "numpy",
        "json",
        "negres",
        "a folder with a similar name",
        "a file",
        "a folder without __init__.py",
        "built in",
    ],
)
def test_a_module_is_a_librarys_if_a_distribution_claims_its_file(attributes, library):
    module = ModuleType("model")
    vars(module).update(attributes)

    assert is_library_module(module) is library


def test_the_main_module_is_the_users():
    assert is_library_module(ModuleType("__main__")) is False
    assert is_library_module(sys) is True


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs the package `labtools` into a folder, and returns the file of its module."""

    def make(folder="site-packages", info="labtools-1.0.dist-info", *, version="1.0", **files):
        place = tmp_path / folder
        (place / "labtools").mkdir(parents=True)
        (place / info).mkdir()
        (place / info / "METADATA").write_text(f"Name: Lab_Tools\nVersion: {version}\n")
        (place / info / "PKG-INFO").write_text(f"Name: Lab_Tools\nVersion: {version}\n")
        for file, text in files.items():
            (place / info / file.replace("__", ".")).write_text(text)
        monkeypatch.syspath_prepend(place)
        module = place / "labtools" / "__init__.py"
        module.touch()
        return str(module)

    return make


RECORD = (
    "labtools/__init__.py,sha256=abc,10\nlab_tools-1.0.dist-info/direct_url.json,sha256=a,1\n../../bin/lab,sha256=b,1\n"
)


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages", "modules/keras", "target"])
def test_a_distribution_decides_wherever_it_is_installed(folder, install):
    assert library_at(install(folder, RECORD=RECORD)) == Library("lab-tools", "1.0")
    assert versions_of(["labtools", "json", "no_such_module"]) == {"lab-tools": "1.0"}


def test_a_file_that_was_copied_beside_packages_is_the_users(install):
    file = install(RECORD=RECORD)

    assert library_at(file.replace("labtools", "copied")) is None


def test_a_distribution_that_does_not_list_its_files_may_have_any(install):
    file = install()

    assert library_at(file.replace("labtools", "copied")) == Library("copied", "unknown")


def test_a_list_of_top_level_modules_is_enough(install):
    file = install("dist-packages", "labtools-1.0.egg-info", top_level__txt="labtools\n")

    assert library_at(file) == Library("lab-tools", "1.0")
    assert library_at(file.replace("labtools", "copied")) is None


def test_a_project_that_is_being_developed_is_the_users(install):
    assert library_at(install("project/src", "labtools.egg-info", top_level__txt="labtools\n")) is None


def test_a_package_that_was_installed_from_a_folder_is_the_users(install):
    assert library_at(install(RECORD=RECORD, direct_url__json='{"url": "file:///lab", "dir_info": {}}')) is None


def test_a_package_that_is_not_from_an_index_is_known_by_its_files_too(install):
    origin = '{"url": "https://a.b/lab.git", "vcs_info": {"vcs": "git", "commit_id": "c"}}'
    first = library_at(install("a", RECORD=RECORD, direct_url__json=origin))
    elsewhere = library_at(install("b", RECORD=RECORD.replace("=a,", "=c,"), direct_url__json=origin))
    changed = library_at(install("c", RECORD=RECORD.replace("abc", "abd"), direct_url__json=origin))

    assert first.version.startswith("1.0+")
    assert first != changed
    assert elsewhere == first
