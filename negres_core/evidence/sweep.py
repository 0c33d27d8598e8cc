"""Sweep: remove what killed sessions left behind in an evidence folder, once it is old and no record names it."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

MIN_AGE_S = 24 * 3600.0
"""Youngest file that is removed: a session that is running may be about to name a younger one."""
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}")
"""Name of a file that is being written."""
_MODEL = re.compile(r"(?P<id>[0-9a-f]{32})\.[0-9a-f]{8}\.[A-Za-z0-9]+")
"""Name of the model of a replicate."""


def sweep(folder: Path, *, now: float | None = None) -> int:
    """Remove old files that were never recorded, and return their number.

    These are temporary files, and models that neither a replicate nor a record that was set aside names. A killed
    process leaves them behind: it writes a model before the record that names it.

    Args:
        folder: an evidence folder.
        now: the time in seconds; by default that of the clock.
    """
    before = (time.time() if now is None else now) - MIN_AGE_S
    removed = 0
    for path in [*_temporary_files(folder), *_unnamed_models(folder)]:
        with contextlib.suppress(OSError):  # gone, or not ours to remove
            if path.stat(follow_symlinks=False).st_mtime < before:
                path.unlink()
                removed += 1
    return removed


def _temporary_files(folder: Path) -> Iterator[Path]:
    places = ("replicates/*", "hypotheses/*", "hypotheses/*/pictures", "bisections", "shards/*")
    for inner in (folder, *(inner for place in places for inner in folder.glob(place))):
        yield from (inner / name for name in _files_in(inner) if _TEMPORARY.fullmatch(name))


def _unnamed_models(folder: Path) -> Iterator[Path]:
    for inner in folder.glob("replicates/*"):
        models: dict[str, list[Path]] = defaultdict(list)
        names = _files_in(inner)
        for name in names:
            if match := _MODEL.fullmatch(name):
                models[match["id"]].append(inner / name)
        for id, paths in models.items():
            # Reading every record would take long. A record names one model, so that a single one is its own.
            if len(paths) > 1 or f"{id}.json" not in names:
                yield from (path for path in paths if not _is_named(path, id, folder))


def _is_named(model: Path, id: str, folder: Path) -> bool:
    records = [model.with_name(f"{id}.json"), *folder.glob(f"set-aside/*{id}*.json")]
    for record in records:
        try:
            if model.name in record.read_text(encoding="utf-8", errors="replace"):
                return True
        except FileNotFoundError:
            continue
        except OSError:
            return True  # it cannot be read, and may name the model
    return False


def _files_in(folder: Path) -> set[str]:
    """Return the names of the files in a folder; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    except OSError:
        return set()
