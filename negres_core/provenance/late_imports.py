"""Late imports: the user's modules, and objects known by a name, that a function finds when it runs."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from negres_core.provenance.libraries import is_library_place


def late_imports(tree: ast.AST, package: str | None) -> Iterator[tuple[ModuleType, list[str]]]:
    """Import the user's modules that a function imports when it runs.

    Libraries are not imported, because they count by name, and may be large.

    Args:
        tree: the syntax tree of the function.
        package: the package of the function's module, which relative imports start from.

    Yields:
        Each module, and the names that the function imports from it; no names for `import module`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((module, []) for alias in node.names if (module := _import(alias.name, package)))
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if module := _import("." * node.level + (node.module or ""), package):
                for name in names:
                    if not hasattr(module, name):
                        _import(f"{module.__name__}.{name}", package)  # a module of this package
                yield module, names


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield the name of each package or top-level module that a function imports when it runs, libraries included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def import_named(names: Iterable[str]) -> list[ModuleType]:
    """Import the user's modules among some texts, which a function may give to `importlib.import_module`."""
    dotted = (name for name in names if all(map(str.isidentifier, name.split("."))))
    return [module for name in dotted if (module := _import(name, None))]


def registered_objects(names: Iterable[str]) -> list[Any]:
    """Return what a user registered with Keras under some texts, which a function may give as the name of a loss."""
    saving = getattr(sys.modules.get("keras"), "saving", None)
    registry = saving.get_custom_objects() if saving else {}
    return [registry[name] for name in names if name in registry]


def _import(name: str, package: str | None) -> ModuleType | None:
    """Import a user's module; return None if it is a library's, or cannot be imported."""
    try:
        name = importlib.util.resolve_name(name, package)
        spec = importlib.util.find_spec(name.partition(".")[0])
        places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
        is_user = any(map(os.path.isabs, places)) and not any(map(is_library_place, places))
        return importlib.import_module(name) if is_user else None
    except Exception:  # the function may never run this import; if it does, it fails there
        return None
