"""`negres history`: verdict and effect of each hypothesis over several evidence folders."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from negres_core.commands.reading import Reader
from negres_core.evidence import Evidence
from negres_core.report import history

TEXT = "print verdict and effect of each hypothesis over several evidence folders, the oldest run first"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    add = command.add_argument
    add("folders", metavar="FOLDER", nargs="+", type=Path, help="an evidence folder")
    add("-k", metavar="WORDS", default="", help="only hypotheses whose test id contains WORDS")
    add("--markdown", action="store_true", help="print Markdown")


def run(options: argparse.Namespace, reader: Reader) -> int:
    """Print the history; return the exit status."""
    runs: dict[str, Sequence[Evidence]] = {
        str(folder): reader.read(folder, words=options.k)[1] for folder in dict.fromkeys(options.folders)
    }
    print(history.render(runs, style="markdown" if options.markdown else "terminal"))
    return 0
