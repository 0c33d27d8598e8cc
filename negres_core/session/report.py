"""The report at the end of a session: one HTML page of its hypotheses, if the option asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from negres_core.errors import NegresError
from negres_core.session.keys import ledger_of, store_of

if TYPE_CHECKING:
    from negres_core.evidence import Evidence


def write_report(config: pytest.Config, records: Sequence[Evidence], *, note: Callable[[str], None]) -> str | None:
    """Write the page of a session's hypotheses, and return its path and size in words; None if none is asked for.

    A page that cannot be written costs only itself.

    Args:
        config: the session.
        records: the evidence of its hypotheses.
        note: called with a sentence about what went wrong.
    """
    path = config.getoption("negres_report")
    if path is None:
        return None
    if not records:
        note(f"no report was written to {path}: no hypothesis has evidence")
        return None
    from negres_core.controls.registry import known_controls
    from negres_core.report.page.write import write_page

    store, ledger = store_of(config), ledger_of(config)
    try:
        return write_page(
            Path(path),
            records,
            store,
            ledger,
            place=store.folder,
            controls=known_controls(),
            note=lambda sentence: None,  # the table has said so
        )
    except NegresError as error:
        note(f"no report was written: {error}")
        return None
