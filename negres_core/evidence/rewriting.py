"""Rewriting: records of earlier schema versions become files of the current one, and the old files are kept.

Records are read in the current form whatever their version, see `upgrade.py`; rewriting makes their files say the same.
The ledger is not part of it: its entries are chained by their digests and never change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from negres_core.errors import EvidenceError
from negres_core.evidence.bisection import BisectionRecord
from negres_core.evidence.evidence import Evidence
from negres_core.evidence.places import name_aside
from negres_core.evidence.record import Record, sealed
from negres_core.evidence.replicate import Replicate
from negres_core.evidence.store import MOST_RECORD_BYTES, Store
from negres_core.files import read_regular, write_atomically


class Older(NamedTuple):
    """A record of an earlier schema version.

    Attributes:
        path: its file.
        content: the bytes of the file.
        version: the schema version that it has.
        record: the record in the current form.
    """

    path: Path
    content: bytes
    version: int
    record: Record


class Kind(NamedTuple):
    """A kind of record.

    Attributes:
        name: what its records are called.
        record: the class of the records.
        files: the pattern of their paths.
        read: reads one, None if it cannot be trusted.
    """

    name: str
    record: type[Record]
    files: str
    read: Callable[[Store, Path], Record | None]


KINDS = (
    Kind("evidence", Evidence, "hypotheses/*/evidence*.json", Store.read_evidence),
    Kind("replicates", Replicate, "replicates/*/*.json", lambda store, path: store.read_replicate(path.stem)),
    Kind("bisections", BisectionRecord, "bisections/*.json", partial(Store.read_record, kind=BisectionRecord)),
)


def find_older(store: Store, kind: Kind) -> tuple[list[Older], int]:
    """Return the records of a kind that have an earlier schema version, sorted by path, and how many are current.

    Records that cannot be trusted are neither; the store names them.

    Raises:
        EvidenceError: a record was written by a newer version.
    """
    newest, older, current = kind.record.newest_version(), [], 0
    for path in sorted(store.folder.glob(kind.files)):
        record = kind.read(store, path)
        if record is None:
            continue
        content = read_regular(path, most_bytes=MOST_RECORD_BYTES)
        version = json.loads(content)["schema_version"]
        if version < newest:
            older.append(Older(path, content, version, record))
        else:
            current += 1
    return older, current


def rewrite(older: Older, folder: Path) -> bool:
    """Write a record in the current form in the place of its file, which is kept in set-aside/.

    A process that is killed leaves the old file in its place.

    Args:
        older: the record.
        folder: the evidence folder.

    Returns:
        Whether it was written: not if another process has changed the file meanwhile.

    Raises:
        EvidenceError: the folder cannot be written.
    """
    mark = hashlib.sha256(older.content).hexdigest()[:8]
    try:
        write_atomically(folder / "set-aside" / name_aside(older.path, mark), older.content)
        if read_regular(older.path, most_bytes=MOST_RECORD_BYTES) != older.content:
            return False
        write_atomically(older.path, sealed(older.record))
    except OSError as error:
        raise EvidenceError(
            "A record cannot be rewritten.",
            received=f"{older.path}: {error.strerror or error}",
            remedy="Make room there, or upgrade a copy of the folder. Records that were rewritten so far are complete.",
        ) from error
    return True
