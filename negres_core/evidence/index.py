"""The index: what reports show of replicates, in one SQLite file beside the records, from which it can be rebuilt.

Reading a hundred thousand records takes many times as long as looking up what a report shows of them. The index has
that, without weights, and for each record the inode, size and times that its file had when it was read. A record whose
file is not exactly that one is read itself, so that a changed record is never answered from the index. Nothing is
judged by the index: `negres verify` and sessions read the records.

The file is written whole, under another name, and renamed, as all files of the store are. So processes need no locks,
which network file systems may lack; of two writers at once the last one wins, and what the other one wrote is read from
the records again. An index that is missing, damaged, of another version or not readable is rebuilt or not used.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

try:
    import sqlite3
except ImportError:  # Python can be built without SQLite; then there is no index
    sqlite3 = None  # type: ignore[assignment]

from negres_core.evidence.provenance import ProvenanceRecord
from negres_core.evidence.record import WRITABLE
from negres_core.evidence.replicate import Replicate
from negres_core.evidence.store import MOST_RECORD_BYTES, Store

FILE = "index.sqlite"
WORTHWHILE = 1_000
"""How many records have to be read, because the index lacks them, for it to be written anew."""
SETTLED_NS = 2_000_000_000
"""Age of a file from which any further change gets another time: file systems count in steps of up to two seconds."""
LAYOUT = 1
"""Raised when the tables or the meaning of their columns change."""
LEFT_OUT = {"weights", "provenance"}
"""Fields of a replicate that its row lacks: no report shows weights, and replicates share their provenance."""
TABLES = {
    "replicates": "CREATE TABLE replicates (id TEXT PRIMARY KEY, stamp TEXT, provenance TEXT, content TEXT, seal TEXT)",
    "provenances": "CREATE TABLE provenances (digest TEXT PRIMARY KEY, content TEXT)",
}
CACHE_KIB = 16_384
"""Memory for pages: the ids of two hundred thousand replicates, and the rows of some hypotheses."""
PAGE_BYTES = 16_384
"""Size of a page of the file: of the usual 4 KiB a third would be empty, since a row has more than one."""
MOST_AT_ONCE = 500
"""Ids in one query."""

UNUSABLE = (OSError, ValueError, TypeError, LookupError, *((sqlite3.Error,) if sqlite3 else ()))
"""Errors of an index that cannot be used: SQLite's, those of the file, and what wrong content leads to."""

_Row = tuple[str, ...]
"""Id, stamp, digest of the provenance, content, and the digest of these four."""
Stamp = str
"""Inode, size, and the times of the last changes of content and of status, ns, of the file of a record."""


class Summaries:
    """Reads what reports show of replicates: their records without weights.

    A context manager: when it ends, the records that were not in the index are added to it, if they are many.
    Models are not read, so that a changed one is not noticed; `Store.find` does.

    Args:
        store: the store that has the replicates. The index is made even if records are only read.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._path = store, store.folder / FILE
        self._new: dict[str, _Row] = {}
        self._provenances: dict[str, str] = {}
        self._latest: tuple[ProvenanceRecord | None, str] = (None, "")
        self._open = contextlib.ExitStack()
        self._index: _Index | None = None

    def __enter__(self) -> Self:
        with contextlib.suppress(*UNUSABLE):
            self._index = _Index(self._open.enter_context(_reading(self._path)))
        return self

    def __exit__(self, error: type[BaseException] | None, *rest: object) -> None:
        self._open.close()
        if error is None and sqlite3 is not None and len(self._new) >= WORTHWHILE:
            _save(self._path, self._new.values(), self._provenances)

    def read(self, ids: Iterable[str]) -> dict[str, Replicate | None]:
        """Return replicates by their ids, in that order, without weights; None for one that cannot be trusted.

        Raises:
            EvidenceError: this is not an id, or a newer version wrote a record.
        """
        with _garbage_kept():
            stamps = {id: _stamp_of(self._store.replicate_path(id)) for id in ids}
            found: dict[str, Replicate | None] = dict.fromkeys(stamps)
            if self._index is not None:
                found |= self._index.find(stamps)
            for id in [id for id, replicate in found.items() if replicate is None]:
                if (replicate := self._store.read_replicate(id)) is not None:
                    found[id] = replicate.model_copy(update={"weights": []})
                    self._keep(replicate, stamps[id])
        return found

    def _keep(self, replicate: Replicate, stamp: Stamp | None) -> None:
        if stamp is None or not _is_settled(stamp):
            return
        if replicate.provenance != self._latest[0]:
            provenance = replicate.provenance.model_dump_json()
            self._latest = replicate.provenance, _digest(provenance)
            self._provenances[self._latest[1]] = provenance
        digest, content = self._latest[1], replicate.model_dump_json(exclude=LEFT_OUT)
        self._new[replicate.id] = (replicate.id, stamp, digest, content, _digest(replicate.id, stamp, digest, content))


@contextlib.contextmanager
def _garbage_kept() -> Iterator[None]:
    """Spare the search for garbage: records leave none, and looking through all of them takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _stamp_of(path: Path) -> Stamp | None:
    try:
        file = os.lstat(path)
    except OSError:
        return None
    return f"{file.st_ino} {file.st_size} {file.st_mtime_ns} {file.st_ctime_ns}"


def _is_settled(stamp: Stamp) -> bool:
    return max(map(int, stamp.split()[2:])) < time.time_ns() - SETTLED_NS


class _Index:
    """An open index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._provenances: dict[str, ProvenanceRecord] = {}

    def find(self, stamps: Mapping[str, Stamp | None]) -> dict[str, Replicate]:
        """Return the replicates that are known with these stamps."""
        found: dict[str, Replicate] = {}
        with contextlib.suppress(*UNUSABLE):
            for id, stamp, provenance, content, seal in self._rows(list(stamps)):
                if stamp == stamps[id] and seal == _digest(id, stamp, provenance, content):
                    fields = {**json.loads(content), "weights": [], "provenance": self._provenance(provenance)}
                    found[id] = Replicate.model_validate(fields, context=WRITABLE)
        return found

    def _provenance(self, digest: str) -> ProvenanceRecord:
        """Return the provenance with a digest, one object for all replicates that share it."""
        if digest not in self._provenances:
            [(content,)] = self._connection.execute("SELECT content FROM provenances WHERE digest = ?", [digest])
            if _digest(content) != digest:
                raise ValueError("it was changed")
            self._provenances[digest] = ProvenanceRecord.model_validate_json(content)
        return self._provenances[digest]

    def _rows(self, ids: Sequence[str]) -> Iterator[_Row]:
        for start in range(0, len(ids), MOST_AT_ONCE):
            some = ids[start : start + MOST_AT_ONCE]
            places = ",".join("?" * len(some))
            columns = "id, stamp, provenance, content, seal"
            yield from self._connection.execute(f"SELECT {columns} FROM replicates WHERE id IN ({places})", some)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the index; raise one of `UNUSABLE` if it is missing or not one that this version wrote."""
    if sqlite3 is None:
        raise OSError("there is no SQLite")
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise OSError("it is not a regular file")
    # A file that never changes once it has its name needs no locks.
    name = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(name, uri=True)) as index:
        index.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_RECORD_BYTES)
        index.execute("PRAGMA trusted_schema = OFF")
        index.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        tables = index.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        [(version,)] = index.execute("PRAGMA user_version").fetchall()
        if dict(tables) != TABLES or version != _version():
            raise ValueError("another version of negres wrote it")
        yield index


def _save(path: Path, rows: Collection[_Row], provenances: Mapping[str, str]) -> None:
    """Add rows to the index, or make it. A folder that cannot be written has none."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with contextlib.suppress(*UNUSABLE), _reading(path):
            shutil.copyfile(path, temporary)
        try:
            _write(temporary, rows, provenances)
        except sqlite3.Error:  # what was copied is damaged
            temporary.unlink(missing_ok=True)
            _write(temporary, rows, provenances)
        temporary.replace(path)
    except (OSError, sqlite3.Error):
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write(path: Path, rows: Collection[_Row], provenances: Mapping[str, str]) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as index:
        # Until it has its name, nobody else sees the file, and after a failure it is removed.
        index.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        index.execute("PRAGMA journal_mode = OFF")
        index.execute("PRAGMA synchronous = OFF")
        index.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        index.execute("BEGIN")
        if not index.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in TABLES.values():
                index.execute(statement)
            index.execute(f"PRAGMA user_version = {_version()}")
        index.executemany("INSERT OR REPLACE INTO provenances VALUES (?, ?)", provenances.items())
        # In the order in which they were read, so that those of a hypothesis lie together.
        index.executemany("INSERT OR REPLACE INTO replicates VALUES (?, ?, ?, ?, ?)", rows)
        index.execute("COMMIT")


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


@functools.cache
def _version() -> int:
    """Return the version of the tables and of the records in them, a positive number of 31 bits."""
    schema = json.dumps([LAYOUT, Replicate.model_json_schema()], sort_keys=True)
    return int(hashlib.sha256(schema.encode()).hexdigest()[:7], 16) + 1
