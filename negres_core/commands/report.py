"""`negres report`: render evidence as one HTML page, or as the files for a paper."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from negres_core.commands.history import read_runs
from negres_core.commands.settings import add_ledger
from negres_core.controls.registry import known_controls
from negres_core.errors import InputError
from negres_core.evidence import Evidence, Ledger, Store

TEXT = "write all evidence as one HTML page, which needs no other file, or as LaTeX files for a paper"
DEFAULT = Path("negres-report.html")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    text = f"file of the page (default: {DEFAULT}, unless --latex is given)"
    command.add_argument("--html", metavar="FILE", type=Path, help=text)
    text = "folders of earlier runs, whose verdicts and effects the page shows with each hypothesis"
    command.add_argument("--history", metavar="FOLDER", nargs="+", type=Path, default=[], help=text)
    text = "folder for a paper: table, forest plots, methods, deviations, references and checklists in LaTeX"
    command.add_argument("--latex", metavar="FOLDER", type=Path, help=text)
    add_ledger(command)


def run(
    options: argparse.Namespace,
    store: Store,
    records: Sequence[Evidence],
    ledger: Ledger,
    *,
    note: Callable[[str], None],
) -> int:
    """Write the page, the files for a paper, or both, and return the exit status of the command.

    Args:
        options: the arguments of the command; the page names the evidence folder, or its archive, as they do.
        store: the evidence folder.
        records: the evidence that was selected.
        ledger: the ledger.
        note: called with a sentence that is not the result.

    Raises:
        InputError: a file cannot be written, or a history is given without a page that could show it.
        EvidenceError: there is nothing to report in a paper, or a folder of the history is missing or has no evidence.
    """
    # Page and paper say the same of a ledger that is broken.
    note_once = functools.cache(note)

    if options.html or not options.latex:
        from negres_core.report.page.write import relative, write_page

        path, place = options.html or DEFAULT, options.folder
        history = read_runs(options.reader, options.history, words=options.k)
        if history and place.resolve() not in [Path(each).resolve() for each in history]:
            history[relative(place)] = records
        known = known_controls()
        print(write_page(path, records, store, ledger, place=place, controls=known, note=note_once, history=history))
    elif options.history:
        raise InputError(
            "The files for a paper show no history.",
            received="--history with --latex",
            remedy="Omit --history, or give --html FILE for the page that shows it.",
        )
    if options.latex:
        from negres_core.report.paper.write import write_paper

        print(write_paper(options.latex, records, store, ledger, note=note_once))
    return 0
