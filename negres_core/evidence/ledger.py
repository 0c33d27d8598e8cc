"""The ledger: the commitments of hypotheses, registered before their runs, one entry per line, chained by digests.

The chain reveals any change to a part of the file. It cannot reveal that the whole file was rewritten, or that its last
lines are missing. Version control shows both; the commit of an entry also dates it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Literal

import portalocker

from negres_core.errors import EvidenceError, InputError
from negres_core.evidence.commitment import Commitment, Entry, Registration
from negres_core.evidence.record import digest_of, read_strict
from negres_core.files import NONBLOCKING, check_regular
from negres_core.provenance.commit import committed_content, committed_contents, trace_commit

GENESIS = "0" * 64
"""The previous digest of the first entry."""
MOST_LEDGER_BYTES = 1 << 28
"""Most bytes of a ledger: 256 MiB, some hundred thousand entries."""


class Ledger:
    """A file of entries. Entries are appended, never changed.

    Args:
        path: the file. If it does not exist, no hypothesis is registered.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first.

        Raises:
            EvidenceError: the chain is broken, the file cannot be read, or a newer version wrote it.
        """
        return self._trusted(self._read())

    def hypotheses(self) -> dict[str, Entry]:
        """Return the latest entry of every hypothesis by its test id, in the order of their first registration.

        Raises:
            EvidenceError: see `entries`.
        """
        return {entry.hypothesis: entry for entry in self.entries()}

    def verify(self) -> list[str]:
        """Return the problems of the entries, of the chain, and of the file compared with its commits.

        Raises:
            EvidenceError: the file cannot be read, or a newer version wrote it.
        """
        content = self._read()
        _, problems = self._examine(content)
        problems += [
            f"commit {commit[:12]} has entries that have been removed or rewritten since"
            for commit, committed in committed_contents(self.path).items()
            if not content.startswith(committed)
        ]
        return problems

    def compare(self, commitment: Commitment) -> Registration:
        """Return the registration of a hypothesis that is about to be run.

        Raises:
            EvidenceError: see `entries`.
        """
        entry = self.hypotheses().get(commitment.hypothesis)
        if entry is None:
            return Registration(status="exploratory")
        changed = entry.differs_in(commitment)
        content = committed_content(self.path)
        return Registration(
            status="changed" if changed else "amended" if entry.reason else "registered",
            changed=changed,
            entry=entry.digest,
            registered_at=entry.registered_at,
            reason=entry.reason,
            expected=entry.expected,
            seen=entry.seen,
            committed=None if content is None else entry.line in content.split(b"\n"),
        )

    def register(
        self, commitment: Commitment, *, reason: str | None = None, seen: Sequence[str] = ()
    ) -> Literal["registered", "amended", "unchanged"]:
        """Append an entry, unless the latest entry of the hypothesis is the same.

        Processes wait for each other, so that no two entries continue the same entry.

        Args:
            commitment: the commitment to register.
            reason: the reason for an amendment; a new hypothesis needs none.
            seen: verdicts of existing evidence of the hypothesis.

        Raises:
            InputError: the hypothesis is registered with other content and there is no reason.
            EvidenceError: the chain is broken, the file cannot be written, or the clock is behind the last entry's.
        """
        reason = (reason or "").strip() or None
        with self._locked() as file:
            content = file.readall()
            entries = self._trusted(content)
            before = next((entry for entry in reversed(entries) if entry.hypothesis == commitment.hypothesis), None)
            changed = before.differs_in(commitment) if before else []
            if before and not changed:
                return "unchanged"
            if before and not reason:
                raise InputError(
                    "Amending a registered hypothesis needs a reason.",
                    received=f"a different {', '.join(changed)} for {commitment.hypothesis}, "
                    f"registered {before.registered_at}",
                    remedy='Give the reason with --negres-reason "...", or undo the change.',
                )
            now = datetime.now(UTC).isoformat(timespec="seconds")
            if entries and now < entries[-1].registered_at:
                raise EvidenceError(
                    "The clock of this machine is behind the last entry of the ledger.",
                    received=f"the time {now}; the last entry of {self.path} is from {entries[-1].registered_at}",
                    remedy="Set the clock of this machine, or wait.",
                )
            commit, dirty = trace_commit(self.path.parent, apart_from=self.path.name)
            entry = Entry(
                **commitment.model_dump(),
                sequence=len(entries) + 1,
                previous=entries[-1].digest if entries else GENESIS,
                registered_at=now,
                reason=reason if before else None,
                seen=list(seen),
                commit=commit,
                dirty=dirty,
            )
            _append(file, entry.line + b"\n", after=len(content))
            return "amended" if before else "registered"

    def _read(self) -> bytes:
        try:
            with FileIO(os.open(self.path, NONBLOCKING), "rb") as file:
                check_regular(file.fileno(), most_bytes=MOST_LEDGER_BYTES)
                portalocker.lock(file, portalocker.LOCK_SH)  # wait for other processes to finish writing
                return file.readall()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise EvidenceError(
                "The ledger cannot be read.",
                received=f"{self.path}: {error.strerror or error}",
                remedy="Make it readable, or name another file with the ini option negres_ledger.",
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[FileIO]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b", buffering=0) as file:
                check_regular(file.fileno(), most_bytes=MOST_LEDGER_BYTES)
                portalocker.lock(file, portalocker.LOCK_EX)
                file.seek(0)
                yield file
        except OSError as error:
            raise EvidenceError(
                "The ledger cannot be written.",
                received=f"{self.path}: {error.strerror or error}",
                remedy="Make room there and make it writable, or name another file with the ini option negres_ledger.",
            ) from error

    def _trusted(self, content: bytes) -> list[Entry]:
        entries, problems = self._examine(content)
        if problems:
            raise EvidenceError(
                "The ledger is broken, and nothing in it can be trusted.",
                received=f"{self.path}: {'; '.join(problems)}",
                remedy="Restore it from version control. If the last line is incomplete, delete it and register again.",
            )
        return entries

    def _examine(self, content: bytes) -> tuple[list[Entry], list[str]]:
        """Return the entries whose digests match, and the problems of the file."""
        *lines, rest = content.split(b"\n")
        candidates = [self._parse(line) for line in lines]
        entries = [entry for entry in candidates if entry is not None]
        problems = [
            f"line {number} was edited: it does not match its digest"
            for number, entry in enumerate(candidates, 1)
            if entry is None
        ]
        if rest:
            problems.append(f"line {len(lines) + 1} is incomplete, as after an interrupted write")
        # An edited line still occupies its place.
        places = [entry.sequence if entry else number for number, entry in enumerate(candidates, 1)]
        problems += _misplaced(places) + _unlinked(entries)
        # The meaning of an entry depends on those before it, so it can be checked only in an intact chain.
        return entries, problems or _impossible(entries)

    def _parse(self, line: bytes) -> Entry | None:
        """Return the entry of a line, or None if the line differs in any byte from what was written."""
        try:
            content = read_strict(line.decode("ascii"))
            version, digest, newest = content.get("schema_version"), content.pop("digest"), Entry.newest_version()
            if isinstance(version, int) and version > newest and digest == digest_of(content):
                raise EvidenceError(
                    "An entry of the ledger was written by a newer version of negres.",
                    received=f"{self.path} with schema_version {version}; this version reads up to {newest}",
                    remedy="Upgrade negres.",
                )
            entry = Entry.model_validate(content)
            return entry if entry.line == line else None
        except (ValueError, AttributeError, KeyError, RecursionError):  # not JSON, not an object, or not an entry
            return None


def _misplaced(places: Sequence[int]) -> list[str]:
    """Return which entries were removed, inserted or reordered, given the sequence number of each line."""
    problems = []
    for before, after in itertools.pairwise([0, *sorted(set(places))]):
        if after - before == 2:
            problems.append(f"entry {before + 1} was removed")
        elif after - before > 2:
            problems.append(f"entries {before + 1} to {after - 1} were removed")
    for place, count in Counter(places).items():
        if count > 1:
            problems.append(f"entry {place} appears {count} times: one was inserted")
    for before, after in itertools.pairwise(places):
        if after < before:
            problems.append(f"entry {after} comes after entry {before}: they were reordered")
    return problems


def _unlinked(entries: Sequence[Entry]) -> list[str]:
    """Return which entries do not continue the previous entry, wherever that is in the file."""
    digests = {0: {GENESIS}}
    for entry in entries:
        digests.setdefault(entry.sequence, set()).add(entry.digest)
    return [
        f"entry {entry.sequence} does not continue entry {entry.sequence - 1}: "
        "one of them was edited and given a new digest"
        for entry in entries
        if entry.previous not in digests.get(entry.sequence - 1, {entry.previous})
    ]


def _impossible(entries: Sequence[Entry]) -> list[str]:
    """Return which entries of an intact chain could not have been registered."""
    problems = []
    known: set[str] = set()
    for entry in entries:
        if entry.hypothesis in known and not entry.reason:
            problems.append(f"entry {entry.sequence} amends {entry.hypothesis} without a reason")
        known.add(entry.hypothesis)
    for before, after in itertools.pairwise(entries):
        if after.registered_at < before.registered_at:
            problems.append(f"entry {after.sequence} claims to have been registered before entry {before.sequence}")
    return problems


def _append(file: FileIO, line: bytes, *, after: int) -> None:
    try:
        if file.write(line) != len(line):
            raise OSError("the disk is full")
        os.fsync(file.fileno())
    except OSError:
        file.truncate(after)
        raise
