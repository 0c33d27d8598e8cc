"""`negres report`: render evidence as one HTML page."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from negres_core.commands.history import read_runs
from negres_core.commands.settings import add_ledger
from negres_core.controls.registry import known_controls
from negres_core.evidence import Evidence, Ledger, Store

TEXT = "render all evidence as one HTML page, which needs no other file"
DEFAULT = Path("negres-report.html")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    text = f"file of the page (default: {DEFAULT})"
    command.add_argument("--html", metavar="FILE", type=Path, default=DEFAULT, help=text)
    text = "folders of earlier runs, whose verdicts and effects are shown with each hypothesis"
    command.add_argument("--history", metavar="FOLDER", nargs="+", type=Path, default=[], help=text)
    add_ledger(command)


def run(
    options: argparse.Namespace,
    store: Store,
    records: Sequence[Evidence],
    ledger: Ledger,
    *,
    note: Callable[[str], None],
) -> int:
    """Write the page, and return the exit status of the command.

    Args:
        options: the arguments of the command; the page names the evidence folder, or its archive, as they do.
        store: the evidence folder.
        records: the evidence that was selected.
        ledger: the ledger.
        note: called with a sentence that is not the result.

    Raises:
        InputError: the file cannot be written.
        EvidenceError: a folder of the history is missing or has no evidence.
    """
    from negres_core.report.page.write import relative, write_page

    place: Path = options.folder
    history = read_runs(options.reader, options.history, words=options.k) if options.history else {}
    if history and place.resolve() not in [Path(each).resolve() for each in history]:
        history[relative(place)] = records
    controls = known_controls()
    print(write_page(options.html, records, store, ledger, place=place, controls=controls, note=note, history=history))
    return 0
