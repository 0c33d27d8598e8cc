"""`negres upgrade`: rewrite records of earlier schema versions in the current one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from negres_core.commands.reading import Reader
from negres_core.errors import EvidenceError, show
from negres_core.evidence.rewriting import KINDS, Older, find_older, rewrite
from negres_core.report.layout import plural

TEXT = "rewrite records of earlier schema versions in the current version; old files are kept in set-aside/"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    text = "evidence folder (default: pytest's, also from a subfolder)"
    command.add_argument("folder", nargs="?", type=Path, help=text)
    command.add_argument("--dry-run", action="store_true", help="say what would be rewritten, and change nothing")


def run(options: argparse.Namespace, reader: Reader, folder: Path, *, note: Callable[[str], None]) -> int:
    """Rewrite the records; return the exit status.

    Args:
        options: the arguments.
        reader: reads the folder, and names what is damaged, which is left as it is.
        folder: the evidence folder.
        note: called with a sentence that is not the result.

    Raises:
        EvidenceError: there is no such folder, it is an archive, a newer version wrote a record, or the folder cannot
            be written. Nothing has been changed, or only whole records.
    """
    if folder.is_file():
        raise EvidenceError(
            "An archive cannot be upgraded in place.",
            received=str(folder),
            remedy="Read it as it is, since records of earlier versions can be read; or unpack it and upgrade the "
            "folder.",
        )
    store = reader.open(folder)
    # All are read before the first one is written.
    found = [(kind, *find_older(store, kind)) for kind in KINDS if kind.record.newest_version() > 1]
    for kind, older, current in found:
        rewritten = 0
        for each in older:
            if options.dry_run or rewrite(each, store.folder):
                rewritten += 1
                print(_line(each, store.folder, newest=kind.record.newest_version(), dry=options.dry_run))
            else:
                note(f"{show(each.path)} was changed by another process meanwhile: run negres upgrade again")
        print(_summary(kind.name, rewritten, current, folder=store.folder, dry=options.dry_run))
    return 0


def _line(older: Older, folder: Path, *, newest: int, dry: bool) -> str:
    name = older.path.relative_to(folder).as_posix()
    return f"{'older' if dry else 'upgraded':<9} {show(name)}: schema version {older.version} to {newest}"


def _summary(kind: str, rewritten: int, current: int, *, folder: Path, dry: bool) -> str:
    """Return what was done in a sentence.

    >>> _summary("evidence", 1, 4, folder=Path(".negres"), dry=False)
    'evidence: 1 record upgraded, 4 are current; the old file is in .negres/set-aside'
    """
    others = f"{current or 'none'} {'is' if current < 2 else 'are'} current"
    if not rewritten:
        return f"{kind}: nothing to upgrade, {others}"
    if dry:
        return f"{kind}: {plural(rewritten, 'record')} to upgrade, {others}; nothing was changed"
    files = "file is" if rewritten == 1 else "files are"
    aside = show((folder / "set-aside").as_posix())
    return f"{kind}: {plural(rewritten, 'record')} upgraded, {others}; the old {files} in {aside}"
