"""Write a page to a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from negres_core.errors import InputError
from negres_core.evidence import Evidence, Ledger, Store, family_of
from negres_core.files import write_atomically
from negres_core.report.page.background import entries_of
from negres_core.report.page.checks import Control
from negres_core.report.page.render import render


def write_page(
    path: Path,
    records: Sequence[Evidence],
    store: Store,
    ledger: Ledger,
    *,
    place: Path,
    controls: Sequence[Control],
    note: Callable[[str], None],
    history: Mapping[str, Sequence[Evidence]] | None = None,
) -> str:
    """Write the page of hypotheses to a file, and return the path and the size of the file in words.

    Args:
        path: the file; it is replaced if it exists.
        records: the evidence of the hypotheses.
        store: the store that has them.
        ledger: where they are registered.
        place: the evidence folder or archive that the page names, relative to the current folder.
        controls: the controls of this version of negres.
        note: called with a sentence if the family is not known.
        history: the evidence in each folder of a history, by the folder's name.

    Raises:
        InputError: the file cannot be written.
    """
    page = render(
        records,
        store,
        family=family_of(store, ledger, note=note),
        entries=entries_of(ledger),
        controls=controls,
        folder=relative(place),
        history=history,
    )
    return save_page(path, page)


def save_page(path: Path, text: str) -> str:
    """Write a page to a file, and return the path and the size of the file in words.

    Args:
        path: the file; it is replaced if it exists.
        text: the page.

    Raises:
        InputError: the file cannot be written.
    """
    page = text.encode()
    try:
        write_atomically(path, page)
    except OSError as error:
        raise InputError(
            "The page cannot be written.",
            received=f"{path}: {error.strerror or error}",
            remedy="Name a file in a folder that you can write to.",
        ) from error
    size = f"{len(page) / 1e3:.0f} kB" if len(page) < 1e6 else f"{len(page) / 1e6:.1f} MB"
    return f"{path}, {size}"


def relative(place: Path) -> str:
    """Return a path relative to the current folder: readers elsewhere need not know where that is."""
    try:
        return os.path.relpath(place)
    except ValueError:  # on another drive of Windows
        return str(place)
