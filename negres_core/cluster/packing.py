"""Packing: data sets and recipes as bytes, for a worker that has the same code, and back.

What a user's function is named by is sent, and not its code, unless no module has it. A worker therefore needs the same
files, and checks by digests that it has them.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cloudpickle
import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arrays import is_mapped, is_same
from negres_core.claim import Metric
from negres_core.cluster.contract import Place
from negres_core.dataset import Dataset
from negres_core.errors import ClusterError


def name_of_bytes(packed: bytes) -> str:
    """Return what packed bytes are known by: their SHA-256."""
    return hashlib.sha256(packed).hexdigest()


def pack_data(data: Dataset) -> bytes:
    """Return a data set as bytes. Of inputs that are on disk, only the place is packed."""
    content = {each.name: _as_packed(getattr(data, each.name)) for each in fields(Dataset)}
    if is_same(data.x, data.y):
        content["y"] = None
    origin = None if data.origin is data else pack_data(data.origin)
    return pickle.dumps((data.digest, content, origin), protocol=5)


def unpack_data(packed: bytes) -> Dataset:
    """Return a data set from bytes.

    Raises:
        ClusterError: its arrays are others by now, or its inputs are in a file that is not here.
    """
    digest, content, origin = pickle.loads(packed)
    data = object.__new__(Dataset)
    for name, value in content.items():
        object.__setattr__(data, name, _as_unpacked(value))
    if data.y is None:
        object.__setattr__(data, "y", data.x)
    if origin is not None:
        data.__dict__["origin"] = unpack_data(origin)
    if data.digest != digest:
        raise ClusterError(
            f"The data set {data.name!r} has other content on this worker.",
            received=f"digest {data.digest[:12]} in place of {digest[:12]}",
            remedy="Memory-mapped inputs are read from their file: give all machines access to the same file.",
        )
    return data


class _ReadOnly(dict[str, Any]):
    """A mapping that cannot be changed, as it is packed."""


def _as_packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        mapped = _MappedFile.of(value)
        return value if mapped is None else mapped
    if isinstance(value, dict | MappingProxyType):
        kind = dict if isinstance(value, dict) else _ReadOnly
        return kind({name: _as_packed(part) for name, part in value.items()})
    return value


def _as_unpacked(value: Any) -> Any:
    if isinstance(value, _MappedFile):
        return value.open()
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    if isinstance(value, dict):
        parts = {name: _as_unpacked(part) for name, part in value.items()}
        return MappingProxyType(parts) if isinstance(value, _ReadOnly) else parts
    return value


class _MappedFile:
    """An array that is a view of a file, and is read there by each worker."""

    def __init__(self, path: str, offset: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._path, self._offset, self._dtype, self._shape = path, offset, dtype, shape

    @classmethod
    def of(cls, array: np.ndarray) -> _MappedFile | None:
        """Return where a mapped array is; None if it is none, or no contiguous part of its file."""
        if not is_mapped(array) or not array.flags.c_contiguous:
            return None
        whole: Any = array
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        if not isinstance(whole, np.memmap) or whole.filename is None:
            return None
        offset = array.__array_interface__["data"][0] - whole.__array_interface__["data"][0] + whole.offset
        return cls(str(Path(whole.filename).absolute()), offset, array.dtype, array.shape)

    def open(self) -> np.ndarray:
        """Return the array."""
        try:
            return np.memmap(self._path, dtype=self._dtype, mode="r", offset=self._offset, shape=self._shape)
        except (OSError, ValueError) as error:
            raise ClusterError(
                "The inputs of a data set are memory-mapped, but a worker cannot read their file.",
                received=f"{self._path}: {error}",
                remedy="Put the file where every machine can read it under this path, or load the inputs into memory.",
            ) from error


def pack_recipe(recipe: Recipe, watched: Metric | None) -> bytes:
    """Return a recipe and the metric to watch as bytes.

    Raises:
        ClusterError: something in it cannot be sent.
    """
    try:
        packed: bytes = cloudpickle.dumps((recipe, watched), protocol=5)
    except Exception as error:  # what a user's function refers to may be anything
        raise ClusterError(
            f"The recipe {recipe} cannot be sent to a worker.",
            received=f"{type(error).__name__}: {error}",
            remedy="Define its functions at the top level of a module, and let them open files and devices themselves.",
        ) from error
    return packed


def unpack_recipe(packed: bytes, place: Place) -> tuple[Recipe, Metric | None]:
    """Return a recipe and the metric to watch from bytes.

    Raises:
        ClusterError: a module of the user's is missing or cannot be imported.
    """
    search_in(place)
    try:
        recipe, watched = pickle.loads(packed)
    except Exception as error:  # importing a user's module may raise anything
        raise ClusterError(
            "A worker cannot import the code of the recipe.",
            received=f"{type(error).__name__}: {error}",
            remedy="Start workers in the root directory of the same checkout, with the same packages installed.",
        ) from error
    return recipe, watched


def place_of(root: Path) -> Place:
    """Return where this process finds the code of the user."""
    root = root.absolute()
    paths = [str(root), *(str(Path(path).absolute()) for path in sys.path)]
    relative = [_relative(path, root) for path in dict.fromkeys(paths)]
    return Place(str(root), tuple(relative))


def _relative(path: str, root: Path) -> str:
    return Path(path).relative_to(root).as_posix() if Path(path).is_relative_to(root) else path


def search_in(place: Place) -> None:
    """Let Python find the user's modules in the same folders as the process that judges.

    The folders stay on the path, since functions may import what they need when they are called.
    """
    root = Path(place.root) if Path(place.root).is_dir() else Path.cwd()
    wanted = [str(root / path) for path in place.paths]
    sys.path += [path for path in wanted if path not in sys.path and Path(path).exists()]
