"""Files written whole or not at all, and read only if they are regular files of a plausible size."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO

NONBLOCKING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""Flags with which a file is opened for reading: a pipe does not wait for a writer."""
_OPEN_FLAGS = NONBLOCKING | getattr(os, "O_NOFOLLOW", 0)
"""Flags with which a file that may come from a stranger is opened: a link is an error."""
LONGEST_PIECE = 1 << 20
"""Most bytes that are copied at once."""


def read_regular(path: Path, *, most_bytes: int) -> bytes:
    """Read a file that may come from a stranger.

    Args:
        path: the file.
        most_bytes: a size that no honest file of this kind exceeds.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is a link, a folder, a pipe or a device, it is too large, or it cannot be read.
    """
    with _open_regular(path, most_bytes) as file:
        content = file.read(most_bytes + 1) or b""
        if len(content) > most_bytes:  # it grew, or its file system does not know its size
            raise _too_large(len(content), most_bytes)
        return content


def digest_regular(path: Path, *, most_bytes: int) -> str:
    """Return the SHA-256 of a file that may come from a stranger, without reading it whole; see `read_regular`."""
    with _open_regular(path, most_bytes) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_regular(source: Path, target: Path, *, most_bytes: int) -> None:
    """Copy a file that may come from a stranger, piece by piece and whole or not at all.

    See `read_regular` and `write_atomically` for what is refused, and what survives a kill.
    """
    with _open_regular(source, most_bytes) as file, write_whole(target) as copy:
        shutil.copyfileobj(file, copy, LONGEST_PIECE)


@contextmanager
def _open_regular(path: Path, most_bytes: int) -> Iterator[FileIO]:
    with FileIO(os.open(path, _OPEN_FLAGS), "rb") as file:
        check_regular(file.fileno(), most_bytes=most_bytes)
        yield file


def check_regular(descriptor: int, *, most_bytes: int) -> None:
    """Raise OSError unless an open file is a regular file of a plausible size."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if status.st_size > most_bytes:
        raise _too_large(status.st_size, most_bytes)


def _too_large(size_bytes: int, most_bytes: int) -> OSError:
    return OSError(errno.EFBIG, f"it has {size_bytes:,} bytes or more, and such a file has {most_bytes:,} at most")


def write_atomically(path: Path, content: bytes | memoryview, *, synced: bool = True) -> None:
    """Write a file so that a reader finds the old content or the new one, never a part of either.

    This holds even if other processes write to the same path, the process is killed or the machine stops. Once the
    function returns, the new content survives a power failure. A killed process may leave its temporary file behind,
    hidden in the same folder.

    Args:
        path: the file; its folder is made if it is missing.
        content: all of its bytes.
        synced: whether to wait until the disk has it, which takes milliseconds. If not, a power failure may damage it.

    Raises:
        OSError: the file system refused; the temporary file is removed.
    """
    with write_whole(path, synced=synced) as file:
        file.write(content)


@contextmanager
def write_whole(path: Path, *, synced: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing piece by piece, which takes its place when all is written; see `write_atomically`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            if synced:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):  # the first error is the one to report
            temporary.unlink(missing_ok=True)
        raise
    if synced:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power failure, on platforms that can open a folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
