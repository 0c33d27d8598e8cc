"""`negres report`: render evidence as one HTML page."""

from __future__ import annotations

import argparse
import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import negres_core.controls
from negres_core.commands.settings import add_ledger, ledger_of
from negres_core.controls.protocol import Control
from negres_core.discovery import modules_in
from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Entry, Evidence, Ledger, Store, family_of
from negres_core.files import write_atomically

TEXT = "render all evidence as one HTML page, which needs no other file"
DEFAULT = Path("negres-report.html")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    text = f"file of the page (default: {DEFAULT})"
    command.add_argument("--html", metavar="FILE", type=Path, default=DEFAULT, help=text)
    add_ledger(command)


def run(
    options: argparse.Namespace, store: Store, records: Sequence[Evidence], *, note: Callable[[str], None]
) -> int:
    """Write the page, and return the exit status of the command."""
    size = write_report(options.html, records, store, ledger_of(options), note=note)
    print(f"{options.html}  {size / 1e6:.1f} MB")
    return 0


def write_report(
    path: Path, records: Sequence[Evidence], store: Store, ledger: Ledger, *, note: Callable[[str], None]
) -> int:
    """Write the page of hypotheses to a file, and return its size in bytes.

    Args:
        path: the file; it is replaced if it exists.
        records: the evidence of the hypotheses.
        store: the store that has them.
        ledger: where they are registered.
        note: called with a sentence if the family or the ledger is not known.

    Raises:
        InputError: the file cannot be written.
    """
    from negres_core.report.page.render import render

    page = render(
        records,
        store,
        family=family_of(store, ledger, note=note),
        entries=_entries_of(ledger),
        controls=[(control.NAME, control.WHEN) for control in _controls()],
        folder=str(store.folder),
        version=importlib.metadata.version("negres"),
    ).encode()
    try:
        write_atomically(path, page)
    except OSError as error:
        raise InputError(
            "The report cannot be written.",
            received=f"{path}: {error.strerror or error}",
            remedy="Name a file in a folder that you can write to.",
        ) from error
    return len(page)


def _entries_of(ledger: Ledger) -> list[Entry] | None:
    try:
        return ledger.entries() if ledger.path.exists() else None
    except EvidenceError:
        return None  # `family_of` has noted it


def _controls() -> list[Control]:
    return cast(list[Control], modules_in(negres_core.controls, having="check"))
