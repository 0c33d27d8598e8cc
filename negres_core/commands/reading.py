"""Reading evidence folders, and archives of them, for a command."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Self

from negres_core.errors import EvidenceError
from negres_core.evidence import Evidence, Store
from negres_core.evidence.archive import LEDGER, unpack_archive
from negres_core.report.layout import sort_naturally


def no_match(received: str) -> EvidenceError:
    """Return the error that no evidence is selected.

    Args:
        received: the folders and the words that select.
    """
    return EvidenceError(
        "There is no matching evidence here.",
        received=received,
        remedy="Run pytest first; `negres table` without -k lists all evidence.",
    )


class Reader:
    """Reads evidence folders and archives, changes nothing in them, and remembers whether any record was damaged.

    Args:
        note: called with a sentence about each damaged record.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._stores: list[Store] = []
        self._unpacked: dict[Path, tempfile.TemporaryDirectory[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for unpacked in self._unpacked.values():
            unpacked.cleanup()

    @property
    def has_damage(self) -> bool:
        """Whether any record that was read so far is damaged."""
        return any(store.damaged for store in self._stores)

    def open(self, folder: Path) -> Store:
        """Return the store of an evidence folder, or of an archive, which stays unpacked until the reader is closed.

        Raises:
            EvidenceError: there is no such folder or archive, or the archive cannot be trusted.
        """
        if folder.is_file():
            unpacked = self._unpacked[folder] = tempfile.TemporaryDirectory(prefix="negres-")
            unpack_archive(folder, Path(unpacked.name))
            return self.remember(Store(Path(unpacked.name), read_only=True, note=self._note))
        if not folder.is_dir():
            raise EvidenceError(
                "There is no evidence folder here.",
                received=str(folder),
                remedy="Run pytest first, or name the folder that was given with --negres-evidence.",
            )
        return self.remember(Store(folder, read_only=True, note=self._note))

    def ledger_in(self, folder: Path | None) -> Path | None:
        """Return the ledger of an archive that was opened; None for a folder, or an archive without one."""
        unpacked = self._unpacked.get(folder) if folder else None
        ledger = Path(unpacked.name) / LEDGER if unpacked else None
        return ledger if ledger and ledger.is_file() else None

    def remember(self, store: Store) -> Store:
        """Return a store, and count its damage, too."""
        self._stores.append(store)
        return store

    def read(self, folder: Path, *, words: str = "", mixtures: bool = False) -> tuple[Store, list[Evidence]]:
        """Return the store of an evidence folder, and the selected evidence in the order of its names.

        Args:
            folder: the evidence folder, or an archive.
            words: only hypotheses whose test id contains them.
            mixtures: whether to include the mixtures of bisections, which are not claims, even if `words` do not ask
                for them.

        Raises:
            EvidenceError: there is no such folder, or no matching evidence in it.
        """
        store = self.open(folder)
        selected = [record for record in store.current_evidence() if words in record.hypothesis]
        if not (mixtures or "mix-" in words):
            selected = [record for record in selected if record.kind == "claim"]
        if not selected:
            raise no_match(f"{folder} -k {words}" if words else str(folder))
        return store, sort_naturally(selected, key=lambda record: record.hypothesis)
