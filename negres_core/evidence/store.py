"""The store: the only reader and writer of records. It never deletes a record and never trusts a damaged one."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from negres_core.errors import EvidenceError, show
from negres_core.evidence.bisection import BisectionRecord
from negres_core.evidence.evidence import Evidence, Picture
from negres_core.evidence.places import file_name, name_aside, place_of
from negres_core.evidence.record import Record, canonical, context_of, digest_of, read_strict, sealed
from negres_core.evidence.replicate import ModelFile, Replicate
from negres_core.evidence.row_scores import RowScores, RowUnit, pack_scores, unpack_scores
from negres_core.evidence.shards import ShardRecord
from negres_core.files import digest_regular, read_regular, write_atomically

Kind = TypeVar("Kind", bound=Record)

MOST_RECORD_BYTES = 1 << 26
"""Most bytes of a record: 64 MiB, a hundred times what the largest ones have."""
_ID = re.compile(r"[0-9a-f]{32}")
MOST_PATH = 1_000
"""Most characters of a path that are shown."""


class Store:
    """A folder of records.

        replicates/3f/3f9a....json         one trained replicate, immutable, with its model beside it
        hypotheses/<name>/evidence.json    one hypothesis
        hypotheses/<name>/pictures/        its pictures
        hypotheses/<name>/scores-....csv   its scores, if they were given
        bisections/<name>.json             one bisection
        shards/<name>/3-of-8.json          what one shard of a hypothesis trained, until the hypothesis is judged
        set-aside/                         damaged or superseded records

    Each record is written to a temporary file, synced and renamed, and sealed with a digest of its own content.
    Replicates are found by id and never listed, so that a session's cost does not grow with their number. No lock is
    taken: two processes that train the same replicate write the same numbers, and the last rename wins.

    Args:
        folder: the folder.
        fresh: find only replicates recorded through this object, and set aside those that they replace.
        read_only: leave damaged records where they are, and write nothing.
        synced: whether each write waits for the disk, so that it survives a power failure.
        note: called with a sentence about each damaged record.

    Attributes:
        read_only: whether nothing is written.
        damaged: number of damaged records found through this object.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fresh: bool = False,
        read_only: bool = False,
        synced: bool = True,
        note: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.folder, self.damaged = folder, 0
        self._fresh, self.read_only, self._synced, self._note = fresh, read_only, synced, note
        self._left: set[Path] = set()
        self._recorded: set[str] = set()
        self._sound: set[str] = set()
        self._cached: dict[Path, tuple[tuple[int, ...], Evidence]] = {}

    def check_writable(self) -> None:
        """Make the folder if it is missing; nothing is done for a store that is only read.

        Raises:
            EvidenceError: the folder cannot be written.
        """
        if self.read_only:
            return
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass

    def find(self, id: str) -> Replicate | None:
        """Return the replicate with an id, or None if no trustworthy record of it exists, or its model was changed.

        Raises:
            EvidenceError: the record was written by a newer version.
        """
        if self._fresh and id not in self._recorded:
            return None
        replicate = self.read_replicate(id)
        if replicate is None or replicate.model is None:
            self._sound |= {id} if replicate else set()
            return replicate
        path = self.replicate_path(id)
        model = path.with_name(replicate.model.file)
        try:
            sha256 = digest_regular(model, most_bytes=replicate.most_model_bytes)
        except FileNotFoundError:
            self._reject(path, f"its model {model.name} is missing")
        except OSError as error:
            self._reject(path, f"its model {model.name} cannot be read: {error.strerror or error}")
            self._reject(model, "it cannot be read")
        else:
            if sha256 == replicate.model.sha256:
                self._sound.add(id)
                return replicate
            self._reject(path, f"its model {model.name} was changed")
            self._reject(model, "it differs from the model that was recorded")
        return None

    def read_replicate(self, id: str) -> Replicate | None:
        """Return the record of a replicate, as `find` does, but without reading its model."""
        path = self.replicate_path(id)
        replicate = self.read_record(path, Replicate)
        if replicate is not None and (replicate.id != id or replicate.key.id != id):
            self._reject(path, "its id is not the hash of its key")
            return None
        return replicate

    def record(self, replicate: Replicate, model: bytes | None = None, *, saved_as: str = "keras") -> Replicate:
        """Write a replicate and its model, if any; the model first, so that no record points to a missing file.

        Args:
            replicate: the replicate.
            model: the bytes of its model file, or None if it has none.
            saved_as: the format of the model, used as the extension of its file.

        Returns:
            The replicate as recorded, with the name of its model file.
        """
        path = self.replicate_path(replicate.id)
        if path.exists():
            # A fresh run retrained it, or another process was faster. The old record is sound, so there is no note.
            self._set_aside(path)
        if model is not None:
            # The name contains a digest of the content, so that two writers never share a file.
            sha256 = hashlib.sha256(model).hexdigest()
            file = ModelFile(file=f"{replicate.id}.{sha256[:8]}.{saved_as}", sha256=sha256)
            replicate = replicate.updated(model=file)
            self._write(path.with_name(file.file), model)
        self.write_record(path, replicate)
        self._recorded.add(replicate.id)
        return replicate

    def add_metrics(self, replicate: Replicate, metrics: Mapping[str, float]) -> Replicate:
        """Add metrics to the record of a replicate, which loses nothing, and return the replicate with all of them."""
        path = self.replicate_path(replicate.id)
        # Another process may have added others since.
        latest = self.read_record(path, Replicate) or replicate
        new = {name: value for name, value in metrics.items() if name not in latest.metrics}
        replicate = latest.updated(metrics=latest.metrics | new)
        self.write_record(path, replicate)
        return replicate

    def model_path(self, replicate: Replicate) -> Path:
        """Return the path of a replicate's model.

        Raises:
            EvidenceError: the replicate has no model.
        """
        if replicate.model is None:
            raise EvidenceError(
                "This replicate has no model, because a fit trains none.",
                received=replicate.id,
                remedy="Use the model of the stage that the fit inherits.",
            )
        return self.replicate_path(replicate.id).with_name(replicate.model.file)

    def write_evidence(self, evidence: Evidence) -> Path:
        """Write the evidence of a hypothesis; earlier finished evidence with different content is kept beside it."""
        path = self.evidence_path(evidence.hypothesis)
        before, content = self.read_record(path, Evidence), evidence.content()
        if before is not None and before.status == "finished" and (earlier := before.content()) != content:
            with _writing(path), contextlib.suppress(FileNotFoundError):  # another process was faster
                path.rename(_beside(path, earlier))
        self.write_record(path, evidence)
        if evidence.status == "finished":
            # The beginning of this run displaced the run before it. If that ended in the same way, it is kept once.
            with _writing(path):
                _beside(path, content).unlink(missing_ok=True)
        return path

    def write_beside(self, hypothesis: str, file: str, content: bytes) -> None:
        """Write a file into the folder of the evidence of a hypothesis."""
        self._write(self.evidence_folder(hypothesis) / file, content)

    def write_picture(self, hypothesis: str, name: str, png: bytes, *, caption: str) -> Picture:
        """Write a picture beside the evidence of a hypothesis, and return its record.

        The file name contains a digest of the content, so pictures of superseded evidence are kept.
        """
        file = f"pictures/{file_name(name, exactly=png)}.png"
        self.write_beside(hypothesis, file, png)
        return Picture(name=name, caption=caption, file=file, sha256=hashlib.sha256(png).hexdigest())

    def write_row_scores(self, hypothesis: str, scores: np.ndarray, unit: RowUnit) -> RowScores:
        """Write the scores of single rows, (arms, seeds, columns), beside the evidence, and return their record."""
        record, content = pack_scores(scores, unit)
        self.write_beside(hypothesis, record.file, content)
        return record

    def read_row_scores(self, evidence: Evidence) -> np.ndarray | None:
        """Read the scores of single rows, (arms, seeds, columns); None if the evidence has none.

        Raises:
            EvidenceError: the file is missing, or is not the one that the evidence names.
        """
        if (record := evidence.row_scores) is None:
            return None
        path = self.evidence_folder(evidence.hypothesis) / record.file
        try:
            return unpack_scores(record, read_regular(path, most_bytes=record.size_bytes))
        except (OSError, ValueError) as error:
            raise EvidenceError(
                "The row scores are missing or damaged.",
                received=f"{path}: {error}",
                remedy="Run the hypothesis again; it predicts with its stored models.",
            ) from error

    def read_evidence(self, path: Path) -> Evidence | None:
        """Read one evidence file; return None if it cannot be trusted.

        Raises:
            EvidenceError: the file was written by a newer version.
        """
        evidence = self.read_record(path, Evidence)
        if evidence is not None and path.parent.name != self.evidence_folder(evidence.hypothesis).name:
            self._reject(path, "it is the evidence of another hypothesis than that of its folder")
            return None
        return evidence

    def all_evidence(self) -> list[Evidence]:
        """Read all evidence that can be trusted, including superseded evidence.

        A session calls this before each hypothesis, so files that have not changed are not read again.
        """
        paths = sorted(self.folder.glob("hypotheses/*/evidence*.json"))
        return [evidence for evidence in map(self._read_once, paths) if evidence is not None]

    def current_evidence(self) -> list[Evidence]:
        """Read the evidence of every hypothesis that can be trusted; files that have not changed are read once."""
        return [evidence for evidence in map(self._read_once, self.evidence_paths()) if evidence is not None]

    def evidence_paths(self) -> list[Path]:
        """Return the current evidence file of every hypothesis, sorted."""
        return sorted(self.folder.glob("hypotheses/*/evidence.json"))

    def evidence_path(self, hypothesis: str) -> Path:
        """Return the path of the evidence of a hypothesis.

        The name of its folder consists of a readable part, without characters that could act as a path, and a hash.
        """
        return self.evidence_folder(hypothesis) / "evidence.json"

    def evidence_folder(self, hypothesis: str) -> Path:
        """Return the folder of the evidence and the pictures of a hypothesis."""
        return self.folder / "hypotheses" / file_name(hypothesis, exactly=hypothesis)

    def write_bisection(self, bisection: BisectionRecord) -> Path:
        """Write a bisection; it replaces an earlier one of the same test and the same two configurations."""
        ends = bisection.model_dump(mode="json", include={"test", "failing", "working"})
        path = self.folder / "bisections" / f"{file_name(bisection.test, exactly=canonical(ends))}.json"
        self.write_record(path, bisection)
        return path

    def check_everything(self) -> None:
        """Read every record that this object has not found sound, and count what is damaged."""
        for path in sorted(self.folder.glob("replicates/*/*.json")):
            if not (_ID.fullmatch(path.stem) and path.parent.name == path.stem[:2]):
                self._reject(path, "its name is not that of a replicate")
            elif path.stem not in self._sound:
                self.find(path.stem)
        self.all_evidence()
        for pattern, kind in (("bisections/*.json", BisectionRecord), ("shards/*/*.json", ShardRecord)):
            for path in sorted(self.folder.glob(pattern)):
                self.read_record(path, kind)

    def lost(self) -> list[Path]:
        """Return the records in set-aside/ in whose places nothing was recorded anew."""
        aside = sorted(self.folder.glob("set-aside/*.json"))
        return [path for path in aside if not place_of(path, self.folder).exists()]

    def replicate_path(self, id: str) -> Path:
        """Return the path of the record of a replicate; raise EvidenceError if it is not an id."""
        if not _ID.fullmatch(id):
            raise EvidenceError(
                "A replicate's id is 32 hexadecimal digits.", received=id, remedy="Take ids from an evidence file."
            )
        return self.folder / "replicates" / id[:2] / f"{id}.json"

    def _read_once(self, path: Path) -> Evidence | None:
        try:
            file = path.lstat()
        except FileNotFoundError:
            return None  # another process was faster
        stamp = (file.st_ino, file.st_mtime_ns, file.st_size)
        if path in self._cached and self._cached[path][0] == stamp:
            return self._cached[path][1]
        evidence = self.read_evidence(path)
        if evidence is not None:
            self._cached[path] = stamp, evidence
        return evidence

    def read_record(self, path: Path, kind: type[Kind]) -> Kind | None:
        """Read a record of the folder; return None if it does not exist or cannot be trusted.

        Raises:
            EvidenceError: it was written by a newer version.
        """
        try:
            text = read_regular(path, most_bytes=MOST_RECORD_BYTES).decode("utf-8")
            content = read_strict(text)
            is_sealed = isinstance(content, dict) and content.pop("digest", None) == digest_of(content)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            self._reject(path, f"it cannot be read: {getattr(error, 'strerror', None) or error}")
            return None
        except (ValueError, RecursionError) as error:  # for example a number too large for a float
            self._reject(path, f"it is not complete, strict JSON: {error}")
            return None
        if not is_sealed:
            self._reject(path, "its content does not match its digest: it was edited")
            return None
        version = content.get("schema_version")
        if isinstance(version, int) and version > kind.newest_version():
            raise EvidenceError(
                "A record was written by a newer version of negres.",
                received=f"{path} with schema_version {version}; this version reads up to {kind.newest_version()}",
                remedy="Upgrade negres, or give another folder with --negres-evidence DIR.",
            )
        try:
            return kind.model_validate(content, context=context_of(text))
        except ValidationError as error:
            self._reject(path, f"it does not follow the schema: {error.error_count()} errors")
        except (ValueError, RecursionError) as error:
            self._reject(path, f"it does not follow the schema: {error}")
        return None

    def write_record(self, path: Path, record: Record) -> None:
        """Write a record, sealed, to a file of the folder."""
        self._write(path, sealed(record))

    def _reject(self, path: Path, reason: str) -> None:
        """Name a damaged file, and set it aside unless the store is only read."""
        if not self.read_only:
            self._set_aside(path, reason)
        elif path not in self._left:
            self._left.add(path)
            self.damaged += 1
            self._note(f"{show(path, most=MOST_PATH)} is damaged: {show(reason)}")

    def _set_aside(self, path: Path, reason: str | None = None) -> None:
        aside = self.folder / "set-aside"
        while path.parent != self.folder and path.parent.exists() and not path.parent.is_dir():
            path = path.parent  # a file lies in the place of a folder
        target = aside / name_aside(path, uuid.uuid4().hex[:8])
        with _writing(aside):
            aside.mkdir(exist_ok=True)
            try:
                path.rename(target)
            except FileNotFoundError:
                return  # another process was faster
        if reason is not None:
            self.damaged += 1
            self._note(f"{path} was set aside as {target}: {show(reason)}")

    def _write(self, path: Path, content: bytes) -> None:
        if self.read_only:
            raise EvidenceError("This store is read-only.", received=str(path), remedy="Open it for writing.")
        with _writing(path):
            write_atomically(path, content, synced=self._synced)


def _beside(path: Path, content: dict[str, Any]) -> Path:
    """Return where superseded evidence is kept, named by its content: a verdict that alternates has one file."""
    return path.with_name(f"evidence-{digest_of(content)[:12]}.json")


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceError(
            "The evidence folder cannot be written.",
            received=f"{path}: {error.strerror or error}",
            remedy="Make room there, or give a folder you can write to with --negres-evidence DIR.",
        ) from error
