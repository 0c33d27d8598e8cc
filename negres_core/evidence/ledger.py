"""The ledger: what hypotheses committed themselves to before they were run, one entry a line, each sealed on the last.

The chain finds whatever was done to a part of the file. Written anew as a whole it would be whole again, and without
its last lines it still is; both show in version control alone, where the commit of an entry is also what dates it.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Literal

from negres_core.errors import EvidenceError, InputError
from negres_core.evidence.commitment import Commitment, Entry, Registration
from negres_core.evidence.record import SCHEMA_VERSION, digest_of, read_strict
from negres_core.provenance.commit import committed_content, committed_contents, trace_commit

GENESIS = "0" * 64
"""What the first entry continues."""


class Ledger:
    """A file of entries, appended to and never changed.

    Args:
        path: the file; where there is none, no hypothesis is registered.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Return all entries, the oldest first.

        Raises:
            EvidenceError: the chain is broken, the file cannot be read, or a newer version wrote it.
        """
        return self._trusted(self._read())

    def hypotheses(self) -> dict[str, Entry]:
        """Return the latest entry of every hypothesis by its test id, in the order in which they were registered.

        Raises:
            EvidenceError: see `entries`.
        """
        return {entry.hypothesis: entry for entry in self.entries()}

    def verify(self) -> list[str]:
        """Say what is wrong with each entry and link, and with the file against its commits; empty where nothing is.

        Raises:
            EvidenceError: the file cannot be read, or a newer version wrote it.
        """
        content = self._read()
        _, wrong = self._examine(content)
        wrong += [
            f"commit {commit[:12]} has other entries: some of them were removed or written anew since"
            for commit, committed in committed_contents(self.path).items()
            if not content.startswith(committed)
        ]
        return wrong

    def compare(self, plan: Commitment) -> Registration:
        """Say how what is about to be run was registered.

        Raises:
            EvidenceError: see `entries`.
        """
        entry = self.hypotheses().get(plan.hypothesis)
        if entry is None:
            return Registration(status="exploratory")
        changed = entry.differs_in(plan)
        content = committed_content(self.path)
        return Registration(
            status="changed" if changed else "amended" if entry.reason else "registered",
            changed=changed,
            entry=entry.digest,
            registered_at=entry.registered_at,
            reason=entry.reason,
            seen=entry.seen,
            committed=None if content is None else entry.line in content.split(b"\n"),
        )

    def register(
        self, plan: Commitment, *, reason: str | None = None, seen: Sequence[str] = ()
    ) -> Literal["registered", "amended", "unchanged"]:
        """Append an entry, unless the latest of this hypothesis says the same.

        Processes wait for each other, so that no two entries continue the same one.

        Args:
            plan: what is registered.
            reason: why a hypothesis that is registered already is to be another; a new one needs none.
            seen: verdicts that evidence of the hypothesis gave before.

        Raises:
            InputError: the hypothesis is registered otherwise and there is no reason.
            EvidenceError: the chain is broken, the file cannot be written, or the clock is behind the last entry's.
        """
        reason = (reason or "").strip() or None
        with self._locked() as file:
            content = file.readall()
            entries = self._trusted(content)
            before = next((entry for entry in reversed(entries) if entry.hypothesis == plan.hypothesis), None)
            changed = before.differs_in(plan) if before else []
            if before and not changed:
                return "unchanged"
            if before and not reason:
                raise InputError(
                    "An amendment of what is registered needs a reason.",
                    received=f"another {', '.join(changed)} for {plan.hypothesis}, registered {before.registered_at}",
                    remedy='Say why with --negres-reason "...", or undo the change.',
                )
            now = datetime.now(UTC).isoformat(timespec="seconds")
            if entries and now < entries[-1].registered_at:
                raise EvidenceError(
                    "The clock is behind the last entry of the ledger.",
                    received=f"{now}, and {entries[-1].registered_at} in {self.path}",
                    remedy="Set the clock of this machine, or wait.",
                )
            commit, dirty = trace_commit(self.path.parent, apart_from=self.path.name)
            entry = Entry(
                **plan.model_dump(),
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
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # not in the middle of another process' line
                return file.read()
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
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                yield file
        except OSError as error:
            raise EvidenceError(
                "The ledger cannot be written.",
                received=f"{self.path}: {error.strerror or error}",
                remedy="Make room there and make it writable, or name another file with the ini option negres_ledger.",
            ) from error

    def _trusted(self, content: bytes) -> list[Entry]:
        entries, wrong = self._examine(content)
        if wrong:
            raise EvidenceError(
                "The ledger is broken, and nothing in it can be trusted.",
                received=f"{self.path}: {'; '.join(wrong)}",
                remedy="Restore it from version control. A last line that was cut off can be deleted and registered "
                "again.",
            )
        return entries

    def _examine(self, content: bytes) -> tuple[list[Entry], list[str]]:
        """Return the entries that are sealed, and what is wrong with the file."""
        *lines, rest = content.split(b"\n")
        read = [self._parse(line) for line in lines]
        entries = [entry for entry in read if entry is not None]
        wrong = [
            f"line {number} was edited: it does not match its digest"
            for number, entry in enumerate(read, 1)
            if entry is None
        ]
        if rest:
            wrong.append(f"line {len(lines) + 1} is cut off, as by a killed write")
        # A line that was edited still holds its place.
        places = [entry.sequence if entry else number for number, entry in enumerate(read, 1)]
        wrong += _misplaced(places) + _unlinked(entries)
        # What an entry means depends on those before it, so it can be said of a whole chain only.
        return entries, wrong or _senseless(entries)

    def _parse(self, line: bytes) -> Entry | None:
        """Return the entry of a line, or None where it is not, to the byte, what was written."""
        try:
            content = read_strict(line.decode("ascii"))
            version, digest = content.get("schema_version"), content.pop("digest")
            if isinstance(version, int) and version > SCHEMA_VERSION and digest == digest_of(content):
                raise EvidenceError(
                    "An entry of the ledger was written by a newer version of negres.",
                    received=f"{self.path} with schema_version {version}; this version reads up to {SCHEMA_VERSION}",
                    remedy="Upgrade negres.",
                )
            entry = Entry.model_validate(content)
            return entry if entry.line == line else None
        except (ValueError, AttributeError, KeyError):  # it is no JSON, no object, or no entry
            return None


def _misplaced(places: Sequence[int]) -> list[str]:
    """Say what was removed, inserted or reordered, from the numbers of the entries, line by line."""
    wrong = []
    for before, after in itertools.pairwise([0, *sorted(set(places))]):
        if after - before == 2:
            wrong.append(f"entry {before + 1} was removed")
        elif after - before > 2:
            wrong.append(f"entries {before + 1} to {after - 1} were removed")
    for place, count in Counter(places).items():
        if count > 1:
            wrong.append(f"entry {place} stands there {count} times: one was inserted")
    for before, after in itertools.pairwise(places):
        if after < before:
            wrong.append(f"entry {after} stands after entry {before}: they were reordered")
    return wrong


def _unlinked(entries: Sequence[Entry]) -> list[str]:
    """Say which entries do not continue the one before, wherever that one stands."""
    digests = {0: {GENESIS}}
    for entry in entries:
        digests.setdefault(entry.sequence, set()).add(entry.digest)
    return [
        f"entry {entry.sequence} does not continue entry {entry.sequence - 1}: one of them was edited and sealed anew"
        for entry in entries
        if entry.previous not in digests.get(entry.sequence - 1, {entry.previous})
    ]


def _senseless(entries: Sequence[Entry]) -> list[str]:
    """Say which entries of a whole chain could not have been registered."""
    wrong = []
    known: set[str] = set()
    for entry in entries:
        if entry.hypothesis in known and not entry.reason:
            wrong.append(f"entry {entry.sequence} amends {entry.hypothesis} without a reason")
        known.add(entry.hypothesis)
    for before, after in itertools.pairwise(entries):
        if after.registered_at < before.registered_at:
            wrong.append(f"entry {after.sequence} says that it was registered before entry {before.sequence}")
    return wrong


def _append(file: FileIO, line: bytes, *, after: int) -> None:
    try:
        if file.write(line) != len(line):
            raise OSError("the disk is full")
        os.fsync(file.fileno())
    except OSError:
        file.truncate(after)
        raise
