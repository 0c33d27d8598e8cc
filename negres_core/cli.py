"""The `negres` command: plan and register hypotheses, bisect configurations, and read evidence afterwards."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from negres_core.bisection.factors import read_ends
from negres_core.commands import compare, export, history, judge, merge, new, pack, plan, report, upgrade
from negres_core.commands.reading import Reader
from negres_core.commands.settings import (
    QUIET,
    add_ledger,
    folder_of,
    ledger_of,
    root_of,
    settings_of_pytest,
)
from negres_core.errors import MOST_IN_A_LINE, EvidenceError, NegresError, show
from negres_core.evidence import Entry, Evidence, Ledger, Store, family_of, schema_of
from negres_core.evidence.schema import RECORDS
from negres_core.experiment.recheck import recheck
from negres_core.experiment.recorded_metric import recorded_metrics
from negres_core.provenance.commit import committed_content
from negres_core.report import ranks, summary, words
from negres_core.report.layout import plural

if TYPE_CHECKING:
    from negres_core.experiment.prediction import Prediction

Command = Callable[[argparse.Namespace], int]


CUT_OFF = 128 + 13
"""Exit status if the output was cut off, as a shell has it for a program that SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 0 if all is well."""
    parser = make_parser()
    options, others = parser.parse_known_args(arguments)
    for_pytest = options.for_pytest and not getattr(options, "verify", False)
    if others and not (for_pytest or getattr(options, "predict", None) is not None):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    options.others, options.settings = others, None
    run: Command = options.run
    with Reader(_note) as options.reader:
        try:
            status = run(options)
            sys.stdout.flush()
        except NegresError as error:
            _note(str(error))
            status = 2
        except BrokenPipeError:
            # What reads the output, such as `head`, has seen enough. Python would flush the rest when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return CUT_OFF
        return 1 if options.reader.has_damage else status


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with one subparser per command."""
    parser = argparse.ArgumentParser(
        prog="negres", description="Plan and register hypotheses, bisect configurations, and read evidence."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Command, text: str, *, for_pytest: bool = False) -> argparse.ArgumentParser:
        # An abbreviation may be an option of pytest's.
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=not for_pytest)
        command.set_defaults(run=run, for_pytest=for_pytest)
        return command

    def add_reader(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        command = add(name, run, text)
        command.add_argument(
            "folder", nargs="?", type=Path, help="evidence folder or archive (default: pytest's, also from a subfolder)"
        )
        command.add_argument("-k", metavar="WORDS", default="", help="only hypotheses whose test id contains WORDS")
        return command

    new.add_arguments(add("new", new.run, new.TEXT))
    command = add_reader("table", _table, "print the table of hypotheses, and combined effects across data sets")
    command.add_argument("--markdown", action="store_true", help="print Markdown")
    add_ledger(command)
    add_reader("show", _show, "print everything about each hypothesis")
    text = "recompute every verdict from the replicates' records; fail if one differs, or if a record is damaged"
    command = add_reader("verify", _verify, text)
    add_ledger(command)
    command.add_argument(
        "--predict",
        nargs="*",
        metavar="TESTS",
        help="also predict every test fold again with the stored weights, and the recipes and data of these tests "
        "(default: all that pytest collects); other arguments are passed to pytest",
    )
    export.add_arguments(add_reader("export", _export, export.TEXT))
    report.add_arguments(add_reader("report", _report, report.TEXT))
    command = add_reader("pack", _pack, pack.TEXT)
    pack.add_arguments(command)
    add_ledger(command)
    command = add_reader("rank", _rank, "rank all arms over the data sets that they share")
    text = "metric to rank by: one of negres, of a claim or of a fit; with a *, all that match (default: accuracy)"
    command.add_argument("--metric", metavar="NAME", default="accuracy", help=text)
    plan.add_arguments(add_reader("plan", _plan, plan.TEXT))
    judge.add_arguments(add("judge", _judge, judge.TEXT))
    compare.add_arguments(add("compare", _compare, compare.TEXT))
    history.add_arguments(add("history", _history, history.TEXT))
    merge.add_arguments(add("merge", _merge, merge.TEXT))
    upgrade.add_arguments(add("upgrade", _upgrade, upgrade.TEXT))
    command = add("schema", _schema, "print the JSON Schema of a record")
    command.add_argument("record", choices=tuple(RECORDS), help="kind of record")
    text = "register hypotheses instead of running them; other arguments are passed to pytest"
    command = add("register", _register, text, for_pytest=True)
    command.add_argument(
        "--verify", action="store_true", help="register nothing; check the ledger, and fail if it is broken"
    )
    add_ledger(command)
    command.add_argument("--reason", metavar="TEXT", help="reason for amending a hypothesis that is already registered")
    text = "find the settings that make one configuration fail and another work; other arguments are passed to pytest"
    command = add("bisect", _bisect, text, for_pytest=True)
    text = "a test's id with its parameter id, or a TOML or JSON file with `test` and `factors`"
    command.add_argument("failing", metavar="FAILING", help=text)
    command.add_argument("working", metavar="WORKING", help="the same, or only the parameter id")
    return parser


def _judge(options: argparse.Namespace) -> int:
    return judge.run(options, note=_note)


def _compare(options: argparse.Namespace) -> int:
    return compare.run(options, options.reader, note=_note)


def _history(options: argparse.Namespace) -> int:
    return history.run(options, options.reader, note=_note)


def _merge(options: argparse.Namespace) -> int:
    options.folder = options.into
    return merge.run(options, options.reader, _folder(options), note=_note)


def _upgrade(options: argparse.Namespace) -> int:
    return upgrade.run(options, options.reader, _folder(options), note=_note)


def _schema(options: argparse.Namespace) -> int:
    print(schema_of(options.record))
    return 0


def _register(options: argparse.Namespace) -> int:
    import pytest

    if options.verify:
        return _verify_ledger(ledger_of(options))
    ledger = ["-o", f"negres_ledger={options.ledger.absolute()}"] if options.ledger else []
    reason = ["--negres-reason", options.reason] if options.reason else []
    return int(pytest.main([*QUIET, "--negres-register", *ledger, *reason, *options.others]))


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
    entries, hypotheses = plural(len(ledger.entries()), "entry", "entries"), len(ledger.hypotheses())
    counted = f"{entries} of {plural(hypotheses, 'hypothesis', 'hypotheses')}"
    print(f"verified  {ledger.path}: {counted}; {_committed(ledger)}")
    return 0


def _committed(ledger: Ledger) -> str:
    content = committed_content(ledger.path)
    if content is None:
        return "not in a repository, so their dates rest only on the writer's clock"
    missing = sum(entry.line not in content.split(b"\n") for entry in ledger.entries())
    return f"{missing} not committed yet" if missing else "all committed"


def _bisect(options: argparse.Namespace) -> int:
    import pytest

    from negres_core.session.bisection import BisectionPlugin

    failing, working = read_ends(options.failing, options.working)
    plugin = BisectionPlugin(failing, working)
    # With -qq pytest prints no summary of tests that it did not choose.
    status = int(pytest.main([*QUIET, "-qq", failing.test, *options.others], plugins=[plugin]))
    if plugin.error is not None:
        raise plugin.error
    if plugin.bisection is None:
        return status or 1
    print(show(f"{plugin.bisection}\n  record      {plugin.path}", most=MOST_IN_A_LINE, lines=True))
    return 0


def _read(options: argparse.Namespace, *, mixtures: bool = False) -> tuple[Store, list[Evidence]]:
    """Return the store of an evidence folder and the selected evidence.

    Args:
        options: the folder, and `-k`.
        mixtures: whether to include the mixtures of bisections, which are not claims, even if `-k` does not ask for
            them.
    """
    reader: Reader = options.reader
    return reader.read(_folder(options), words=options.k, mixtures=mixtures)


def _folder(options: argparse.Namespace) -> Path:
    """Return the evidence folder, or the archive of one, that the options or pytest's settings name."""
    if options.folder is None:
        config = settings_of_pytest(options)
        options.folder = root_of(config) / folder_of(config)
    folder: Path = options.folder
    return folder


def _ledger(options: argparse.Namespace) -> Ledger:
    """Return the ledger of the archive that is read, unless the options name one or there is none."""
    packed = options.reader.ledger_in(options.folder)
    return Ledger(packed) if packed and options.ledger is None else ledger_of(options)


def _pack(options: argparse.Namespace) -> int:
    return pack.run(options, options.reader, _folder(options), lambda: _ledger(options))


def _table(options: argparse.Namespace) -> int:
    store, records = _read(options)
    notes: list[str] = []
    family = family_of(store, _ledger(options), note=notes.append)
    print(summary.render(records, family=family, style="markdown" if options.markdown else "terminal"))
    for note in notes:
        _note(note)
    return 0


def _report(options: argparse.Namespace) -> int:
    store, records = _read(options)
    return report.run(options, store, records, _ledger(options), note=_note)


def _rank(options: argparse.Namespace) -> int:
    _, records = _read(options)
    names, higher_is_better = recorded_metrics(options.metric, records)
    print(ranks.render(records, metrics=names, higher_is_better=higher_is_better))
    return 0


def _plan(options: argparse.Namespace) -> int:
    return plan.run(options, lambda: (_folder(options), _read(options)[1]))


def _show(options: argparse.Namespace) -> int:
    store, records = _read(options, mixtures=True)
    print("\n\n".join(words.render(each, store.evidence_folder(each.hypothesis)) for each in records))
    return 0


def _verify(options: argparse.Namespace) -> int:
    store, records = _read(options, mixtures=True)
    ledger = _ledger(options)
    entries, broken = _entries_of(ledger)
    problems = {evidence.hypothesis: recheck(evidence, store, entries) for evidence in records}
    predictions: dict[str, Prediction] = {}
    if options.predict is not None:
        predictions = _predict(options, store, [each for each in records if _is_sound(each, problems)], ledger)
    for evidence in records:
        prediction = predictions.get(evidence.hypothesis)
        lines = [*problems[evidence.hypothesis], *(prediction.problems if prediction else ())]
        name, judgement = f"{show(evidence.title)}, on {show(evidence.data.name)}", show(_judged(evidence), most=500)
        print(f"{_result_of(evidence, lines, prediction):<11} {name}: {judgement}")
        for line in [*lines, *(prediction.gaps if prediction else ())]:
            print(f"{'':<11} - {show(line, most=MOST_IN_A_LINE)}")
    if not options.k:
        store.check_everything()
    lost = store.lost()
    for path in lost:
        _note(f"{show(path)} was set aside and not recorded again: run its hypothesis again, or delete the file")
    wrong = any(problems.values()) or any(each.problems for each in predictions.values())
    if options.predict is not None:
        _print_predicted(predictions.values())
    return 1 if wrong or broken or lost else 0


def _is_sound(evidence: Evidence, problems: Mapping[str, Sequence[str]]) -> bool:
    """Return whether there is something to predict again; scores that were given have no models."""
    is_trained = bool(evidence.arms) and evidence.scores is None
    return evidence.verdict is not None and is_trained and not problems[evidence.hypothesis]


def _predict(
    options: argparse.Namespace, store: Store, records: Sequence[Evidence], ledger: Ledger
) -> dict[str, Prediction]:
    from negres_core.session.prediction import predict_all

    arguments = [*options.predict, *options.others]
    root = root_of(settings_of_pytest(options))
    return predict_all(records, store, root=root, ledger=ledger.path.absolute(), arguments=arguments)


def _print_predicted(predictions: Collection[Prediction]) -> None:
    """Print how much was predicted.

    Raises:
        EvidenceError: nothing was, so that nothing is known that the records do not say.
    """
    predicted, total = sum(each.predicted for each in predictions), sum(each.total for each in predictions)
    whole = sum(each.is_complete for each in predictions)
    print(
        f"predicted   {predicted} of {plural(total, 'replicate')}; "
        f"{whole} of {plural(len(predictions), 'hypothesis', 'hypotheses')} in whole"
    )
    if not predicted:
        raise EvidenceError(
            "Nothing was predicted.",
            received=f"{total} replicates in sound records",
            remedy="Run the command in the folder of the tests, or name their files after --predict.",
        )


def _entries_of(ledger: Ledger) -> tuple[list[Entry] | None, bool]:
    """Return the entries of a ledger, None if there are none to trust, and whether it is broken."""
    try:
        return (ledger.entries() if ledger.path.exists() else None), False
    except EvidenceError as error:
        _note(str(error))
        return None, True


def _judged(evidence: Evidence) -> str:
    if evidence.judgement is not None:
        return evidence.judgement
    return "the run was interrupted" if evidence.status == "started" else "a smoke run is not judged"


def _result_of(evidence: Evidence, problems: Sequence[str], prediction: Prediction | None) -> str:
    if problems:
        return "FAILED"
    if evidence.verdict is None:
        return "no verdict"
    if not evidence.arms:
        return "untrained"
    return "verified" if prediction is None or prediction.is_complete else "unpredicted"


def _note(sentence: str) -> None:
    print(f"negres: {show(sentence, most=MOST_IN_A_LINE, lines=True)}", file=sys.stderr)


def _export(options: argparse.Namespace) -> int:
    return export.run(options, *_read(options, mixtures=True), note=_note)
