from __future__ import annotations

import sys
from types import ModuleType

import keras
import numpy as np
import pytest

import negres_core
from negres_core.provenance.libraries import OWN_PACKAGE, is_library, is_library_module


class Weighted:
    """A class of the user's."""


def base():
    """Stand for a function of the user's."""


@pytest.mark.parametrize(
    ("value", "library"), [(keras.layers.Dense, True), (np.mean, True), (len, True), (base, False), (Weighted, False)]
)
def test_code_is_a_librarys_if_it_is_installed(value, library):
    assert is_library(value) is library


@pytest.mark.parametrize(
    ("attributes", "library"),
    [
        ({"__file__": np.__file__}, True),
        ({"__file__": negres_core.__file__}, True),
        ({"__file__": f"{OWN_PACKAGE.rstrip('/')}_of_mine/model.py"}, False),
        ({"__file__": "/home/ada/model.py"}, False),
        ({"__path__": ["/home/ada/models"]}, False),
        ({}, True),
    ],
    ids=["numpy", "negres", "a folder with a similar name", "a file", "a folder without __init__.py", "built in"],
)
def test_a_module_is_a_librarys_if_its_file_is_in_a_folder_of_libraries(attributes, library):
    module = ModuleType("model")
    vars(module).update(attributes)

    assert is_library_module(module) is library


def test_the_main_module_is_the_users():
    assert is_library_module(ModuleType("__main__")) is False
    assert is_library_module(sys) is True
