"""The summary at the end of a session: the table of hypotheses, on the terminal and in the summary of a GitHub job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.session.annotations import annotate, reason_of
from negres_core.session.interruption import RESUME, cut_off
from negres_core.session.job_summary import add_to_summary
from negres_core.session.keys import (
    EVIDENCE,
    HYPOTHESIS,
    IDENTITY,
    NOTE,
    PLACE,
    REGISTERED,
    SHARD,
    ledger_of,
    notes_of,
    store_of,
)
from negres_core.session.report import write_report

if TYPE_CHECKING:
    from negres_core.evidence import Evidence


@dataclass
class Results:
    """The results of a session, from the reports of its tests.

    Attributes:
        evidence: paths of the evidence of the hypotheses that ran, with the places of their tests in the session.
        identities: identities of all hypotheses whose tests have ended.
        unfinished: hypotheses that did not get as far, and why.
        registered: the status of each hypothesis that was registered.
        notes: sentences for the summary; a dictionary, to keep their order and drop repetitions.
    """

    evidence: dict[str, int] = field(default_factory=dict)
    identities: set[str] = field(default_factory=set)
    unfinished: dict[str, str] = field(default_factory=dict)
    registered: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


def write_summary(terminal: Any, config: pytest.Config, *, interrupted: bool = False) -> None:
    """Write the summary of a session whose reports a terminal reporter has collected.

    Args:
        terminal: the terminal reporter.
        config: the session.
        interrupted: whether the session was interrupted, so that a hypothesis may be under way.
    """
    results = _collect(terminal)
    begun, others = cut_off(config, ended=results.identities) if interrupted else ([], {})
    results.unfinished |= {_name(title, id): "the run was interrupted" for id, title in others.items()}
    if results.registered:
        _write_registrations(terminal, config, results.registered)
    if results.evidence or results.unfinished or begun:
        _write_table(terminal, config, results, begun)
    for name in [f"{each.title}, on {each.data.name}" for each in begun] + list(others.values()):
        terminal.write_line(f"negres: {name}: {RESUME}", yellow=True)


def _collect(terminal: Any) -> Results:
    results = Results()
    for reports in terminal.stats.values():
        for report in reports:
            properties = getattr(report, "user_properties", [])
            named = dict(properties)
            results.notes |= dict.fromkeys(value for name, value in properties if name == NOTE)
            if EVIDENCE in named:
                results.evidence[named[EVIDENCE]] = named[PLACE]
            elif REGISTERED in named:
                results.registered[report.nodeid] = named[REGISTERED]
            elif SHARD in named:
                results.unfinished[_name(named[HYPOTHESIS], report.nodeid)] = named[SHARD]
            elif HYPOTHESIS in named and not report.passed:
                results.unfinished.setdefault(_name(named[HYPOTHESIS], report.nodeid), reason_of(report))
            if IDENTITY in named and (report.when == "call" or not report.passed):
                results.identities.add(named[IDENTITY])
    return results


def _name(title: str, id: str) -> str:
    return f"{title} [{id.rpartition('[')[2].rstrip(']')}]"


def _write_registrations(terminal: Any, config: pytest.Config, registered: dict[str, str]) -> None:
    terminal.section("registration")
    for hypothesis in sorted(registered):
        terminal.write_line(f"{registered[hypothesis]:<10}  {hypothesis}")
    path = ledger_of(config).path
    terminal.write_line(f"negres: ledger {path}; commit it before the run, so that the commit dates the registration")


def _write_table(terminal: Any, config: pytest.Config, results: Results, begun: Sequence[Evidence]) -> None:
    from negres_core.evidence import family_of
    from negres_core.report.summary import render

    store, notes = store_of(config), notes_of(config)
    # In the order of the tests; under xdist they end in another one.
    paths = sorted(results.evidence, key=lambda path: (results.evidence[path], path))
    records = {path: record for path in paths if (record := store.read_evidence(Path(path))) is not None}
    evidence = [*records.values(), *begun]
    smoke = config.getoption("negres_smoke")
    family = {} if smoke else family_of(store, ledger_of(config), note=notes.append)
    terminal.section("hypotheses")
    terminal.write_line(render(evidence, family=family, unfinished=results.unfinished))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        table = render(evidence, family=family, unfinished=results.unfinished, style="markdown")
        try:
            add_to_summary(Path(summary), "Hypotheses", table, remedy="The log of the job has the whole table.")
        except OSError as error:
            notes.append(f"the summary of the job, {summary}, cannot be written: {error.strerror or error}")
    report = write_report(config, evidence, note=notes.append)
    for note in results.notes | dict.fromkeys(notes):
        terminal.write_line(f"negres: {show(note, most=MOST_IN_A_LINE, lines=True)}", yellow=True)
    terminal.write_line(f"negres: evidence in {store.folder}")
    if report is not None:
        terminal.write_line(f"negres: report in {show(report, most=MOST_IN_A_LINE)}")
    for line in annotate(config, [report for reports in terminal.stats.values() for report in reports], records):
        terminal.write_line(line)
