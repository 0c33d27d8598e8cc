"""`negres pack`: the evidence of some hypotheses as one ZIP file, for a reviewer who verifies it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from negres_core.commands.reading import Reader
from negres_core.errors import EvidenceError
from negres_core.evidence import Ledger
from negres_core.evidence.archive import write_archive
from negres_core.report.layout import plural

TEXT = "write evidence, and everything needed to recheck it, to a ZIP file that all reading commands accept"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser, beside those of each reader."""
    text = "the archive (default: evidence.zip)"
    command.add_argument("--output", metavar="FILE", type=Path, default=Path("evidence.zip"), help=text)


def run(options: argparse.Namespace, reader: Reader, folder: Path, find_ledger: Callable[[], Ledger]) -> int:
    """Write the archive; return the exit status.

    Args:
        options: the arguments.
        reader: reads the folder.
        folder: the evidence folder, or an archive of which a part is to be packed.
        find_ledger: finds the ledger once the folder is read.

    Raises:
        EvidenceError: the archive exists, a record or the ledger is missing, or it cannot be written.
    """
    if options.output.exists():
        raise EvidenceError(
            "The file exists already.",
            received=str(options.output),
            remedy="Delete it, or give another name with --output FILE.",
        )
    store, records = reader.read(folder, words=options.k)
    ledger = find_ledger().path
    registered = [each.title for each in records if each.registration and each.registration.entry]
    if registered and not ledger.is_file():
        raise EvidenceError(
            "Registered evidence cannot be verified without its ledger, and there is none here.",
            received=f"no file {ledger}; {plural(len(registered), 'hypothesis', 'hypotheses')} registered",
            remedy="Name the ledger with --ledger FILE.",
        )
    files = write_archive(options.output, store, records, ledger)
    size = options.output.stat().st_size / 1e6
    hypotheses = plural(len(records), "hypothesis", "hypotheses")
    print(f"{options.output}: {hypotheses}, {plural(files, 'file')}, {size:.1f} MB")
    return 0
