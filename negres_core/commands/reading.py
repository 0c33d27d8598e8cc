"""Reading evidence folders for a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from negres_core.errors import EvidenceError
from negres_core.evidence import Evidence, Store
from negres_core.report.layout import sort_naturally


class Reader:
    """Reads evidence folders, changes nothing in them, and remembers whether any record was damaged.

    Args:
        note: called with a sentence about each damaged record.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._stores: list[Store] = []

    @property
    def has_damage(self) -> bool:
        """Whether any record that was read so far is damaged."""
        return any(store.damaged for store in self._stores)

    def open(self, folder: Path) -> Store:
        """Return the store of an evidence folder.

        Raises:
            EvidenceError: there is no such folder.
        """
        if not folder.is_dir():
            raise EvidenceError(
                "There is no evidence folder here.",
                received=str(folder),
                remedy="Run pytest first, or name the folder that was given with --negres-evidence.",
            )
        return self.remember(Store(folder, read_only=True, note=self._note))

    def remember(self, store: Store) -> Store:
        """Return a store, and count its damage, too."""
        self._stores.append(store)
        return store

    def read(self, folder: Path, *, words: str = "", mixtures: bool = False) -> tuple[Store, list[Evidence]]:
        """Return the store of an evidence folder, and the selected evidence in the order of its names.

        Args:
            folder: the evidence folder.
            words: only hypotheses whose test id contains them.
            mixtures: whether to include the mixtures of bisections, which are not claims, even if `words` do not ask
                for them.

        Raises:
            EvidenceError: there is no such folder, or no matching evidence in it.
        """
        store = self.open(folder)
        records = [store.read_evidence(path) for path in store.evidence_paths()]
        selected = [record for record in records if record is not None and words in record.hypothesis]
        if not (mixtures or "mix-" in words):
            selected = [record for record in selected if record.kind == "claim"]
        if not selected:
            raise EvidenceError(
                "There is no matching evidence here.",
                received=f"{folder} -k {words}" if words else str(folder),
                remedy="Run pytest first; `negres table` without -k lists all evidence.",
            )
        return store, sort_naturally(selected, key=lambda record: record.hypothesis)
