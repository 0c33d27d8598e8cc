"""Libraries: which code is Python's, an installed package's or negres' own, and which is the user's."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import negres_core

OWN_PACKAGE = str(Path(negres_core.__file__).parent) + os.sep
LIBRARIES = (
    OWN_PACKAGE,
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
"""Folders of code that counts by name, not by content."""


def is_library(value: Any) -> bool:
    """Return whether a function or class is defined by Python, by an installed package, or by negres."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return module is not None and is_library_module(module)


def is_library_module(module: ModuleType) -> bool:
    """Return whether a module is part of Python, of an installed package, or of negres."""
    # A package without __init__.py has no file, but folders. A module that is built into Python has neither.
    place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return module.__name__ != "__main__" if place is None else place.startswith(LIBRARIES)
