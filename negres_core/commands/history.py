"""`negres history`: verdict and effect of each hypothesis over several evidence folders."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from negres_core.commands.reading import Reader, no_match
from negres_core.evidence import Evidence
from negres_core.report import history

TEXT = "print the verdict and effect of each hypothesis in several evidence folders, the oldest run first"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    add = command.add_argument
    add("folders", metavar="FOLDER", nargs="+", type=Path, help="an evidence folder")
    add("-k", metavar="WORDS", default="", help="only hypotheses whose test id contains WORDS")
    add("--markdown", action="store_true", help="print Markdown")
    add("--html", metavar="FILE", type=Path, help="also write the history as one HTML page to FILE")


def read_runs(reader: Reader, folders: Sequence[Path], *, words: str) -> dict[str, Sequence[Evidence]]:
    """Return the selected evidence in each folder, by the folder's name; a folder may have none that is selected.

    Args:
        reader: reads the folders.
        folders: evidence folders or archives.
        words: only hypotheses whose test id contains them.

    Raises:
        EvidenceError: a folder is missing or has no evidence at all.
    """
    runs: dict[str, Sequence[Evidence]] = {}
    for folder in dict.fromkeys(folders):
        _, records = reader.read(folder, mixtures="mix-" in words)
        runs[str(folder)] = [each for each in records if words in each.hypothesis]
    return runs


def run(options: argparse.Namespace, reader: Reader, *, note: Callable[[str], None]) -> int:
    """Print the history, and write its page; return the exit status.

    Args:
        options: the arguments of the command.
        reader: reads the folders.
        note: called with a sentence that is not the result.

    Raises:
        InputError: the page cannot be written.
        EvidenceError: a folder is missing or has no evidence, or nothing in any folder is selected.
    """
    runs = read_runs(reader, options.folders, words=options.k)
    if not any(runs.values()):
        raise no_match(f"{', '.join(runs)} -k {options.k}")
    print(history.render(runs, style="markdown" if options.markdown else "terminal"))
    if options.html is not None:
        from negres_core.report.page import history as page
        from negres_core.report.page.write import save_page

        text = page.render(runs)
        note(f"the page is {save_page(options.html, text)}")
    return 0
