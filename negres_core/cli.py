"""The `negres` command: read evidence without running anything."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from negres_core.decision import recompute
from negres_core.errors import EvidenceError, NegresError
from negres_core.evidence import Evidence, Store, schema_of
from negres_core.report import frame, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 0 where all is well."""
    parser = argparse.ArgumentParser(prog="negres", description="Read the evidence of hypotheses.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("table", "print the table of hypotheses"),
        ("show", "print everything about each hypothesis"),
        ("verify", "recompute every verdict from its replicates' records; fail where one differs"),
        ("export", "print every replicate of every hypothesis as CSV"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("folder", nargs="?", default=".negres", type=Path, help="evidence folder (.negres)")
        command.add_argument("-k", metavar="WORDS", default="", help="only hypotheses whose test id contains this")
        if name == "table":
            command.add_argument("--markdown", action="store_true", help="for a page")
    command = commands.add_parser("schema", help="print the JSON Schema of a record")
    command.add_argument("record", choices=("evidence", "replicate"))
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except NegresError as error:
        print(f"negres: {error}", file=sys.stderr)
        return 2


def _run(given: argparse.Namespace) -> int:
    if given.command == "schema":
        print(schema_of(given.record))
        return 0
    if not given.folder.is_dir():
        raise EvidenceError(
            "There is no evidence folder here.",
            received=str(given.folder),
            remedy="Run pytest first, or name the folder that --negres-evidence named.",
        )
    store = Store(given.folder)
    read = [store.read_evidence(path) for path in store.evidence_paths()]
    evidences = [evidence for evidence in read if evidence is not None and given.k in evidence.hypothesis]
    try:
        if not evidences:
            raise EvidenceError(
                "There is no such evidence here.",
                received=f"{given.folder} -k {given.k}" if given.k else str(given.folder),
                remedy="Run pytest first; without -k, `negres table` shows all there is.",
            )
        commands = {"table": _table, "show": _show, "verify": _verify, "export": _export}
        return commands[given.command](evidences, store, given)
    finally:
        for note in store.notes:
            print(f"negres: {note}", file=sys.stderr)


def _table(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    print(table.render(evidences, style="markdown" if given.markdown else "terminal"))
    return 0


def _show(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    print("\n\n".join(map(str, evidences)))
    return 0


def _verify(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    wrong = len(store.notes)  # evidence that was set aside: whatever it said cannot be verified
    for evidence in evidences:
        if evidence.status != "finished":
            print(f"cut off   {evidence.title}, on {evidence.data['name']}: there is no verdict to verify")
            continue
        try:
            same = recompute(evidence, store).substance() == evidence.substance()
            found = "verified" if same else "DIFFERS"
        except EvidenceError as error:
            same, found = False, f"FAILED: {error}"
        wrong += not same
        print(f"{found:<9} {evidence.title}, on {evidence.data['name']}: {evidence.verdict} ({evidence.finding})")
    return 1 if wrong else 0


def _export(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    found = {id: store.find(id) for evidence in evidences for arm in evidence.arms for id in arm.replicates[-1]}
    print(frame.render(evidences, {id: replicate for id, replicate in found.items() if replicate}), end="")
    return 0
