"""Names of files in an evidence folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

MOST_READABLE = 100
"""Most characters of the readable part of a name."""


def file_name(readable: str, *, exactly: str | bytes) -> str:
    """Return a name of two parts: a readable one, without characters that could act as a path, and a hash.

    Args:
        readable: what the name should tell; of a path, the last part.
        exactly: what the hash is of, so that different things have different names.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", readable.rpartition("/")[2]).strip("-")[:MOST_READABLE]
    content = exactly if isinstance(exactly, bytes) else exactly.encode("utf-8", "surrogatepass")
    return f"{name}-{hashlib.sha256(content).hexdigest()[:8]}"


def name_aside(path: Path, mark: str) -> str:
    """Return the name that a file has in set-aside/.

    Args:
        path: where it was.
        mark: 8 hexadecimal digits that tell it from other files that were there.
    """
    return f"{path.parent.name}-{path.stem}.{mark}{path.suffix}"


def place_of(aside: Path, folder: Path) -> Path:
    """Return the path that a record in set-aside/ of an evidence folder had before; the reverse of `name_aside`."""
    name = aside.name[: -len(".01234567.json")] + aside.suffix
    if match := re.fullmatch(r"([0-9a-f]{2})-([0-9a-f]{32}\.json)", name):
        return folder / "replicates" / match[1] / match[2]
    if match := re.fullmatch(r"(.+)-(evidence(?:-[0-9a-f]{12})?\.json)", name):
        return folder / "hypotheses" / match[1] / match[2]
    if match := re.fullmatch(r"(.+-[0-9a-f]{8})-([0-9]+-of-[0-9]+\.json)", name):
        return folder / "shards" / match[1] / match[2]
    return folder / "bisections" / name.removeprefix("bisections-")
