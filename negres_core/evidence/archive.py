"""Archives: the records of some hypotheses and their ledger in one ZIP file, to pass on and to verify."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from negres_core.errors import EvidenceError, show
from negres_core.evidence.evidence import Evidence
from negres_core.evidence.ledger import MOST_LEDGER_BYTES
from negres_core.evidence.scores import MOST_SCORES_BYTES
from negres_core.evidence.store import MOST_RECORD_BYTES, Store
from negres_core.files import write_whole

LEDGER = "ledger.jsonl"
"""The ledger in an archive."""
README = "README.txt"
MOST_FILES = 2_000_000
"""Most files of an archive, a million replicates with their models."""
MOST_MODEL_BYTES = 1 << 33
"""Most bytes of a model: 8 GiB."""
LONGEST_CHUNK = 1 << 20

_MOST_BYTES = {
    r"replicates/[0-9a-f]{2}/[0-9a-f]{32}\.json": MOST_RECORD_BYTES,
    r"replicates/[0-9a-f]{2}/[0-9a-f]{32}\.[0-9a-f]{8}\.(keras|h5)": MOST_MODEL_BYTES,
    r"hypotheses/[A-Za-z0-9-]+/evidence(-[0-9a-f]{12})?\.json": MOST_RECORD_BYTES,
    r"hypotheses/[A-Za-z0-9-]+/pictures/[A-Za-z0-9-]+\.png": MOST_RECORD_BYTES,
    r"hypotheses/[A-Za-z0-9-]+/scores-[0-9a-f]{8}\.csv": MOST_SCORES_BYTES,
    r"hypotheses/[A-Za-z0-9-]+/row-scores-[0-9a-f]{16}\.bin": MOST_MODEL_BYTES,
    re.escape(LEDGER): MOST_LEDGER_BYTES,
    re.escape(README): 1 << 16,
}
"""The names that files of an archive can have, and the most bytes of each. No other file is unpacked."""

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of each file: an archive of the same records is the same file."""

TEXT = """Evidence of negres, a pytest plugin for testing claims about machine-learning methods.

To check it, install negres and run

    negres verify {name}

which recomputes every verdict from the records. `negres table`, `negres show` and `negres export` read this file, too.
"""


def write_archive(path: Path, store: Store, records: Sequence[Evidence], ledger: Path) -> int:
    """Write an archive of hypotheses: evidence, pictures and scores, the replicates with their models, and the ledger.

    Args:
        path: the archive, which is written whole or not at all.
        store: the store of the records.
        records: the evidence of the hypotheses.
        ledger: the ledger; if there is no such file, the archive has none.

    Returns:
        The number of files from the store.

    Raises:
        EvidenceError: a file that the evidence names is missing, or the archive cannot be written.
    """
    names = sorted({name for evidence in records for name in _files_of(evidence, store)})
    try:
        with write_whole(path) as file, zipfile.ZipFile(file, "w") as archive:
            _add_text(archive, README, TEXT.format(name=show(path.name)).encode())
            if ledger.is_file():
                _add_text(archive, LEDGER, ledger.read_bytes())
            for name in names:
                _add(archive, name, store.folder / name)
    except OSError as error:
        raise EvidenceError(
            "The archive cannot be written.",
            received=f"{path}: {error.strerror or error}",
            remedy="Free some space there, or give another file with --output FILE.",
        ) from error
    return len(names)


def _files_of(evidence: Evidence, store: Store) -> Iterator[str]:
    """Yield the names of all files that the evidence of a hypothesis rests on, relative to the folder of the store."""
    folder = store.evidence_folder(evidence.hypothesis)
    beside = [picture.file for picture in evidence.pictures]
    beside += [each.file for each in (evidence.scores, evidence.row_scores) if each is not None]
    yield from (path.relative_to(store.folder).as_posix() for path in folder.glob("evidence*.json"))
    yield from ((folder / file).relative_to(store.folder).as_posix() for file in beside)
    for id in _replicates_of(evidence):
        replicate = store.find(id)
        if replicate is None:
            raise EvidenceError(
                "A replicate that the evidence names is missing or damaged.",
                received=f"{id}, of {show(evidence.hypothesis)}",
                remedy="Run the hypothesis again, which trains the missing replicates, and then pack it.",
            )
        yield store.replicate_path(id).relative_to(store.folder).as_posix()
        if replicate.model is not None:
            yield store.model_path(replicate).relative_to(store.folder).as_posix()


def _replicates_of(evidence: Evidence) -> Iterable[str]:
    stages = [*(stage for arm in evidence.arms for stage in arm.replicates)]
    stages += [stage for run in evidence.small_runs.values() for stage in run]
    return dict.fromkeys(id for stage in stages for id in stage)


def _add_text(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_entry(name), content)


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    entry = _entry(name)
    entry.file_size = path.stat().st_size  # lets zipfile write files of 2 GiB and more
    with path.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, LONGEST_CHUNK)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=EARLIEST)
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    # Models and pictures are compressed already.
    entry.compress_type = zipfile.ZIP_STORED if name.endswith((".keras", ".png")) else zipfile.ZIP_DEFLATED
    return entry


def unpack_archive(path: Path, folder: Path) -> None:
    """Unpack an archive that may come from a stranger into an empty folder.

    Only files with the names of records are unpacked. A record that was changed is unpacked as it is: the store finds
    it.

    Raises:
        EvidenceError: it is no ZIP file, a file in it has another name, occurs twice or is larger than any such file,
            it is damaged, or there is no room for it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in _checked(path, archive.infolist(), folder):
                _unpack(archive, entry, folder)
    except EvidenceError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise EvidenceError(
            "The archive cannot be read.",
            received=f"{path}: {show(error)}",
            remedy="Get it again from its source; `negres pack` makes such archives.",
        ) from error


def _checked(path: Path, entries: Sequence[zipfile.ZipInfo], folder: Path) -> Sequence[zipfile.ZipInfo]:
    """Return the entries of an archive; raise EvidenceError if one should not be there."""
    seen = set[str]()
    for entry in entries:
        if problem := _problem_of(entry, seen):
            raise EvidenceError(
                "The archive has a file that negres does not write.",
                received=f"{show(entry.filename)} in {path}: {problem}",
                remedy="Do not trust it. Ask for an archive made by `negres pack`.",
            )
        seen.add(entry.filename)
    if len(entries) > MOST_FILES:
        raise EvidenceError(
            "The archive has too many files.",
            received=f"{len(entries):,} files; {MOST_FILES:,} at most",
            remedy="Pack fewer hypotheses: negres pack -k WORDS.",
        )
    size_bytes, free_bytes = sum(entry.file_size for entry in entries), shutil.disk_usage(folder).free
    if size_bytes > free_bytes:
        raise EvidenceError(
            "There is not enough space to unpack the archive.",
            received=f"{size_bytes:,} bytes in {path}; {free_bytes:,} are free in {folder}",
            remedy="Free some space there, or name another folder for temporary files in TMPDIR.",
        )
    return entries


def _problem_of(entry: zipfile.ZipInfo, seen: set[str]) -> str | None:
    """Return in words what is wrong with an entry, or None."""
    most_bytes = most_bytes_of(entry.filename)
    if most_bytes is None:
        return "no record has such a name"
    if entry.filename in seen:
        return "it occurs twice"
    if entry.file_size > most_bytes:
        return f"it has {entry.file_size:,} bytes, and such a file has {most_bytes:,} at most"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return "it is not a regular file" if kind not in (0, stat.S_IFREG) else None


def most_bytes_of(name: str) -> int | None:
    """Return the most bytes that a file of an archive can have, by its name; None if none has such a name."""
    return next((most for pattern, most in _MOST_BYTES.items() if re.fullmatch(pattern, name, re.ASCII)), None)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder.joinpath(*PurePosixPath(entry.filename).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("xb") as file:
        # zipfile reads no more than the size that the entry states, and checks its CRC.
        shutil.copyfileobj(source, file, LONGEST_CHUNK)
