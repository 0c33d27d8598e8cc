"""Libraries: which code is Python's, an installed package's or negres' own, and which is the user's.

A distribution decides: code is a library's if an installed distribution claims it, wherever it is installed. So a
package that `pip --user`, Debian or a module of a cluster put somewhere else is a library too, and a file that was only
copied beside the packages is the user's. So is a package that was installed from a folder, even if not as an editable
one: its code changes without a new version.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import negres_core

if TYPE_CHECKING:
    from importlib.metadata import Distribution

OWN_PACKAGE = str(Path(negres_core.__file__).parent) + os.sep
STANDARD = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
"""Folders of Python's own library. The folders of installed packages may lie inside."""
INSTALLED = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
"""Folders of installed packages, which a process may have taken off its import path."""

SITES = ("site-packages", "dist-packages")
"""Names of folders into which only installers write."""

FRAMEWORKS = ("keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "scipy", "sklearn", "pandas")
"""Packages that are libraries even if they were installed from a folder: too large to be followed."""


@dataclass(frozen=True)
class Library:
    """The distribution of an installed package.

    Attributes:
        name: its name, normalized.
        version: its version; with a digest of its files if it does not come from an index, where a version means the
            same files for everybody.
    """

    name: str
    version: str


def is_library(value: Any) -> bool:
    """Return whether a function or class is defined by Python, by an installed package, or by negres."""
    code = value.__code__ if isinstance(value, FunctionType) else None
    # functools.wraps gives a user's function the module of the library's function that it wraps.
    if code is not None and Path(code.co_filename).is_absolute() and not is_library_place(code.co_filename):
        return False
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return module is not None and is_library_module(module)


def is_library_module(module: ModuleType) -> bool:
    """Return whether a module is part of Python, of an installed package, or of negres."""
    # A package without __init__.py has no file, but folders. A module that is built into Python has neither.
    place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return module.__name__ != "__main__" if place is None else is_library_place(place)


def is_library_place(place: str) -> bool:
    """Return whether a file or folder of code belongs to Python, to an installed package, or to negres."""
    return place.startswith(OWN_PACKAGE) or _is_standard(place) or library_at(place) is not None


def library_at(place: str) -> Library | None:
    """Return the installed package that a file or folder of code belongs to, or None."""
    root = _root_of(place, (*sys.path, *INSTALLED))
    if root is None:
        return None
    name = re.split(r"[./\\]", place[len(root) :].lstrip(os.sep), maxsplit=1)[0]
    try:
        changed_ns = Path(root).stat().st_mtime_ns
    except OSError:
        return None
    claims, is_complete = _claims(root, changed_ns)
    if name not in claims and not is_complete:
        return Library(name, "unknown")  # a distribution does not list its files, and this may be one of them
    return claims.get(name)


def versions_of(modules: Iterable[str]) -> dict[str, str]:
    """Return the version of each installed package among some modules, by the name of its distribution."""
    found = {library.name: library.version for name in modules if (library := _library_named(name)) is not None}
    return dict(sorted(found.items()))


def _library_named(name: str) -> Library | None:
    """Return the installed package with a module."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    found = (library_at(place) for place in places if Path(place).is_absolute() and not place.startswith(OWN_PACKAGE))
    return next((library for library in found if library), None)


def _is_standard(place: str) -> bool:
    return place.startswith(STANDARD) and not any(f"{os.sep}{site}{os.sep}" in place for site in SITES)


@functools.lru_cache(maxsize=65536)
def _root_of(place: str, roots: tuple[str, ...]) -> str | None:
    """Return the longest folder of the import path that contains a file or folder."""
    folders = [str(Path(root).absolute()) for root in roots]
    inside = [folder for folder in folders if place.startswith(folder.rstrip(os.sep) + os.sep)]
    return max(inside, key=len, default=None)


@functools.lru_cache(maxsize=256)
def _claims(root: str, changed_ns: int) -> tuple[dict[str, Library], bool]:
    """Return the libraries of a folder by the name of their modules, and whether all of them list their files."""
    import importlib.metadata

    del changed_ns  # only a part of the key: an installation changes the folder
    claims: dict[str, Library] = {}
    is_complete = True
    for distribution in importlib.metadata.distributions(path=[root]):
        # The folder of a project that is being developed may have metadata too, for a tool and not from an installer.
        if _suffix_of(distribution) != ".dist-info" and Path(root).name not in SITES:
            continue
        record = distribution.read_text("RECORD")
        modules = set((distribution.read_text("top_level.txt") or "").split())
        modules |= {
            match[1] for line in (record or "").splitlines() if (match := re.match(r"(\w+)(/|\.\w[^/,]*\.?\w*,)", line))
        }
        is_complete &= bool(modules)
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"] or "unknown").lower()
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        library = Library(name, distribution.version)
        if origin:
            library = Library(name, f"{distribution.version}+{_digest_of(record or '')}")
        for module in modules or {name.replace("-", "_")}:
            if "dir_info" not in origin or module in FRAMEWORKS:
                claims[module] = library
    return claims, is_complete


def _suffix_of(distribution: Distribution) -> str:
    return Path(str(getattr(distribution, "_path", ""))).suffix


def _digest_of(record: str) -> str:
    """Digest the list of a distribution's files; scripts and metadata contain the places of files."""
    code = sorted(line for line in record.splitlines() if re.match(r"[^,]+\.(py|so|pyd),", line))
    return hashlib.sha256("\n".join(code).encode()).hexdigest()[:12]
