"""The `negres` command: plan and register hypotheses, bisect configurations, and read evidence afterwards."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

from negres_core.bisection.factors import is_mixture, read_ends
from negres_core.design import Design
from negres_core.errors import EvidenceError, NegresError
from negres_core.evidence import Evidence, Ledger, Store, family_of, schema_of
from negres_core.experiment.decision import ALPHA, recompute
from negres_core.experiment.forecast import record_power, spread_in
from negres_core.metrics import METRICS
from negres_core.power import analyze_power
from negres_core.provenance.commit import committed_content
from negres_core.report import csv as frame
from negres_core.report import power as prospects
from negres_core.report import ranks, summary

# That pytest cannot rewrite the assertions of modules which this command has imported: there are none to rewrite.
QUIET = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 0 where all is well."""
    parser = argparse.ArgumentParser(
        prog="negres", description="Plan and register hypotheses, bisect configurations, and read evidence."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("table", "print the table of hypotheses, and what claims come to across data sets"),
        ("show", "print everything about each hypothesis"),
        ("verify", "recompute every verdict from its replicates' records; fail where one differs"),
        ("export", "print every replicate of every hypothesis as CSV"),
        ("rank", "rank all arms over the data sets that they share"),
        ("plan", "say what a design can decide, from how far cells spread: in earlier evidence, or as given"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("folder", nargs="?", default=".negres", type=Path, help="evidence folder (.negres)")
        command.add_argument("-k", metavar="WORDS", default="", help="only hypotheses whose test id contains this")
        if name == "table":
            command.add_argument("--markdown", action="store_true", help="for a page")
            _add_ledger(command)
        elif name == "rank":
            command.add_argument("--metric", choices=tuple(METRICS), default="accuracy", help="by what (accuracy)")
        elif name == "plan":
            _add_designs(command)
    command = commands.add_parser("schema", help="print the JSON Schema of a record")
    command.add_argument("record", choices=("bisection", "evidence", "ledger", "replicate"))
    text = "register hypotheses instead of running them; what is not named here goes to pytest"
    command = commands.add_parser("register", help=text, description=text, allow_abbrev=False)
    command.add_argument("--verify", action="store_true", help="register nothing; fail where the ledger is broken")
    _add_ledger(command)
    command.add_argument("--reason", metavar="TEXT", help="why what is registered already is amended")
    text = "find the factors that make a configuration fail where another works; what comes after them goes to pytest"
    command = commands.add_parser("bisect", help=text, description=text, allow_abbrev=False)
    text = "its test's id with its param id, or a TOML or JSON file with `test` and `factors`"
    command.add_argument("failing", metavar="FAILING", help=text)
    command.add_argument("working", metavar="WORKING", help="the same, or the param id alone")
    given, others = parser.parse_known_args(arguments)
    if others and given.command != "bisect" and (given.command != "register" or given.verify):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    try:
        if given.command == "bisect":
            return _bisect(given, others)
        return _register(given, others) if given.command == "register" else _run(given)
    except NegresError as error:
        print(f"negres: {error}", file=sys.stderr)
        return 2


def _add_designs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sd", type=float, help="standard deviation of the cells' differences, for want of evidence")
    command.add_argument("--folds", type=int, default=5, help="folds of each repeat (5)")
    command.add_argument(
        "--repeats", type=int, nargs="+", default=[1, 2, 5, 10, 20], metavar="N", help="repeats (1 2 5 10 20)"
    )
    command.add_argument("--no-looks", dest="looks", action="store_false", help="judge once, after the last repeat")
    command.add_argument("--alpha", type=float, default=ALPHA, help=f"level of a claim ({ALPHA:g})")


def _add_ledger(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--ledger", metavar="FILE", type=Path, help="the ledger (default: pytest's option negres_ledger)"
    )


def _ledger_of(given: argparse.Namespace) -> Ledger:
    import pytest

    if given.ledger is not None:
        return Ledger(given.ledger)
    # Of its settings alone: no conftest is run, and no output captured in files that nobody would close.
    config = pytest.Config.fromdictargs({}, [*QUIET, "--noconftest", "--capture=no"])
    return Ledger(config.rootpath / config.getini("negres_ledger"))


def _register(given: argparse.Namespace, others: Sequence[str]) -> int:
    import pytest

    if given.verify:
        return _verify_ledger(_ledger_of(given))
    named = ["-o", f"negres_ledger={given.ledger.absolute()}"] if given.ledger else []
    reason = ["--negres-reason", given.reason] if given.reason else []
    return int(pytest.main([*QUIET, "--negres-register", *named, *reason, *others]))


def _verify_ledger(ledger: Ledger) -> int:
    wrong = ledger.verify()
    if not wrong and not ledger.path.is_file():
        raise EvidenceError(
            "There is no ledger here.",
            received=str(ledger.path),
            remedy="Run `negres register` first, or name the file with --ledger.",
        )
    if wrong:
        print(f"BROKEN    {ledger.path}", *wrong, sep="\n          ")
        return 1
    entries, hypotheses = ledger.entries(), ledger.hypotheses()
    print(f"verified  {ledger.path}: {len(entries)} entries of {len(hypotheses)} hypotheses; {_committed(ledger)}")
    return 0


def _committed(ledger: Ledger) -> str:
    content = committed_content(ledger.path)
    if content is None:
        return "in no repository, so that nothing but its own clock dates it"
    missing = sum(entry.line not in content.split(b"\n") for entry in ledger.entries())
    return f"{missing} not committed yet" if missing else "all committed"


def _bisect(given: argparse.Namespace, others: Sequence[str]) -> int:
    import pytest

    from negres_core.session.bisection import Bisecting

    failing, working = read_ends(given.failing, given.working)
    bisecting = Bisecting(failing, working)
    # Twice quiet, pytest sums up nothing of tests that it did not choose.
    status = int(pytest.main([*QUIET, "-qq", failing.test, *others], plugins=[bisecting]))
    if bisecting.error is not None:
        raise bisecting.error
    if bisecting.bisection is None:
        return status or 1
    print(f"{bisecting.bisection}\n  record      {bisecting.path}")
    return 0


def _run(given: argparse.Namespace) -> int:
    if given.command == "schema":
        print(schema_of(given.record))
        return 0
    if given.command == "plan" and given.sd is not None:
        return _plan([], None, given)
    if not given.folder.is_dir():
        raise EvidenceError(
            "There is no evidence folder here.",
            received=str(given.folder),
            remedy="Run pytest first, or name the folder that --negres-evidence named.",
        )
    store = Store(given.folder)
    read = [store.read_evidence(path) for path in store.evidence_paths()]
    # A mixture is no claim: it is there for whoever asks for it, and to be verified.
    mixtures = "mix-" in given.k or given.command in ("show", "verify", "export")
    chosen = [evidence for evidence in read if evidence is not None and given.k in evidence.hypothesis]
    evidences = [evidence for evidence in chosen if mixtures or not is_mixture(evidence.hypothesis)]
    try:
        if not evidences:
            raise EvidenceError(
                "There is no such evidence here.",
                received=f"{given.folder} -k {given.k}" if given.k else str(given.folder),
                remedy="Run pytest first; without -k, `negres table` shows all there is.",
            )
        return READERS[given.command](evidences, store, given)
    finally:
        for note in store.notes:
            print(f"negres: {note}", file=sys.stderr)


def _table(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    family = family_of(store, _ledger_of(given))
    print(summary.render(evidences, family=family, style="markdown" if given.markdown else "terminal"))
    return 0


def _rank(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    print(ranks.render(evidences, metric=given.metric, higher_is_better=METRICS[given.metric].higher_is_better))
    return 0


def _plan(evidences: Sequence[Evidence], store: Store | None, given: argparse.Namespace) -> int:
    spreads = [(f"{each.title}, on {each.data['name']}", each.claim["unit"], spread_in(each)) for each in evidences]
    known = [(name, unit, spread.sd) for name, unit, spread in spreads if spread is not None]
    known = known if given.sd is None else [("as given", "", given.sd)]
    if not known:
        raise EvidenceError(
            "No hypothesis here has differences that could tell how far they spread.",
            received=str(given.folder),
            remedy="Run pytest first, or give --sd.",
        )
    rows = []
    for (name, unit, sd), repeats in itertools.product(known, given.repeats):
        design = Design(folds=given.folds, repeats=repeats, looks=given.looks)
        words = f"{given.folds} x {repeats}{', looks' if given.looks and repeats > 1 else ''}"
        rows.append((name, unit, words, record_power(analyze_power(design, sd=sd, alpha=given.alpha), known_from=name)))
    print(prospects.render(rows))
    return 0


def _show(evidences: Sequence[Evidence], store: Store, given: argparse.Namespace) -> int:
    print("\n\n".join(each.in_words(store.evidence_path(each.hypothesis).parent) for each in evidences))
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


READERS = {"table": _table, "show": _show, "verify": _verify, "export": _export, "rank": _rank, "plan": _plan}
"""What reads an evidence folder, by command."""
