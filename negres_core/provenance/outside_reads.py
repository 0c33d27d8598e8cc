"""Outside reads: the files and environment variables that a function reads while it runs, and what they hold.

Files are noticed by an audit hook of Python, while negres calls a user's function; the hook cannot be removed, and does
nothing at other times. Nothing tells Python about reads of the environment, so variables are found in the code.
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, ParamSpec, TypeVar

from negres_core.provenance.libraries import is_library_place
from negres_core.provenance.source import names_in, texts_in

P = ParamSpec("P")
T = TypeVar("T")

CODE = (".py", ".pyc", ".pyi", ".so", ".pyd")
"""Endings of files with code, which counts by its logic or by the version of its distribution."""

SYSTEM = tuple(f"{os.sep}{name}{os.sep}" for name in ("dev", "proc", "sys"))
"""Folders of files that are no data."""

METADATA = (".dist-info", ".egg-info")
"""Endings of the folders of what an installer says of a package. Frameworks look for their plugins there, when they are
first used, which may be in a user's function."""

ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
"""Names in `os` by which code reads environment variables."""

_read: dict[CodeType, dict[str, None]] = {}
"""The files that functions, or what they called, opened for reading in this process, in the order of the first time. A
function that keeps what it read opens the file once, so what was noticed is never forgotten."""

_active = threading.local()
"""Whether this thread is in `watch`."""


def watch(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Call a function, and notice the files that it and what it calls open for reading."""
    _install()
    before = getattr(_active, "is_on", False)
    _active.is_on = True
    try:
        return function(*arguments, **options)
    finally:
        _active.is_on = before


def outside_reads(function: FunctionType) -> Iterator[str]:
    """Yield what a user's function was seen to read, and the environment variables that its code names, as text.

    A file counts by its content, wherever it is. Files of Python, installed packages and Keras, temporary files, and
    files of code do not count. A variable counts by its value, if it is set, and if the code that reads the environment
    has its name as a text, or as a global.
    """
    if read := _read.get(function.__code__):
        apart = _folders_apart()
        for path in read:
            if not path.startswith(apart) and _counts(path):
                yield f"file {_digest_of(path)}"
    names = names_in(function.__code__)
    values = [function.__globals__[name] for name in names if name in function.__globals__]
    if names & ENVIRONMENT or any(value is os.environ or value is os.getenv for value in values):
        texts = texts_in(function.__code__) | {value for value in values if isinstance(value, str)}
        for name in sorted(text for text in texts if text.isidentifier() and text in os.environ):
            yield f"variable {name}={os.environ[name]}"


@functools.cache
def _install() -> None:
    sys.addaudithook(_notice)


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    """Remember a file that is opened for reading, for each function on the stack."""
    if event != "open" or not getattr(_active, "is_on", False):
        return
    path, mode, flags = arguments
    if isinstance(path, str | bytes | os.PathLike) and _is_reading(mode, flags):
        place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  # a link in the path is not followed
        if place.endswith(CODE):  # the first import of a framework opens thousands
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code is not watch.__code__:
            _read.setdefault(frame.f_code, {})[place] = None
            frame = frame.f_back


def _is_reading(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return "r" in mode or "+" in mode
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) != os.O_WRONLY


def _folders_apart() -> tuple[str, ...]:
    """Return the folders of files that do not count: the system's, those of Keras, and temporary ones."""
    keras = os.environ.get("KERAS_HOME") or str(Path.home() / ".keras")
    return (*SYSTEM, *(str(Path(folder).absolute()) + os.sep for folder in (keras, tempfile.gettempdir())))


def _counts(path: str) -> bool:
    folder = path.rpartition(os.sep)[0]
    if path in sys.path or folder.endswith(METADATA) or is_library_place(path):
        return False
    return not Path(path).is_dir()


def _digest_of(path: str) -> str:
    try:
        status = Path(path).stat()
    except OSError:
        return "gone"
    if not stat.S_ISREG(status.st_mode):  # a pipe would wait for a writer
        return "no file"
    return _digest_once(path, (status.st_ino, status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=1024)
def _digest_once(path: str, stamp: tuple[int, ...]) -> str:
    """Return the SHA-256 of a file; cached, because every description digests it, and weights are large."""
    del stamp  # only a part of the key: a file that was written has another one
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"
