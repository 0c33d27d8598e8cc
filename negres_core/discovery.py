"""Find the modules of a package by their place: a control, a signature or a picture is registered nowhere else."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def modules_in(package: ModuleType, *, having: str) -> list[ModuleType]:
    """Import the modules of a package and return those that define a name, sorted by module name.

    Args:
        package: the package.
        having: the name, for example "check".
    """
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    return [module for module in map(importlib.import_module, names) if hasattr(module, having)]
