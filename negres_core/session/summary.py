"""The summary at the end of a session: the table of hypotheses, on the terminal and in the summary of a GitHub job."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from negres_core.session.keys import EVIDENCE, HYPOTHESIS, NOTE, REGISTERED, ledger_of, notes_of, store_of


@dataclass
class Results:
    """The results of a session, from the reports of its tests.

    Attributes:
        evidence: paths of the evidence of the hypotheses that ran.
        unfinished: hypotheses that did not get as far, and why.
        registered: the status of each hypothesis that was registered.
        notes: sentences for the summary; a dictionary, to keep their order and drop repetitions.
    """

    evidence: set[str] = field(default_factory=set)
    unfinished: dict[str, str] = field(default_factory=dict)
    registered: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


def write_summary(terminal: Any, config: pytest.Config) -> None:
    """Write the summary of a session whose reports a terminal reporter has collected."""
    results = _collect(terminal)
    if results.registered:
        _write_registrations(terminal, config, results.registered)
    if results.evidence or results.unfinished:
        _write_table(terminal, config, results)


def _collect(terminal: Any) -> Results:
    results = Results()
    for reports in terminal.stats.values():
        for report in reports:
            properties = getattr(report, "user_properties", [])
            named = dict(properties)
            results.notes |= dict.fromkeys(value for name, value in properties if name == NOTE)
            if EVIDENCE in named:
                results.evidence.add(named[EVIDENCE])
            elif REGISTERED in named:
                results.registered[report.nodeid] = named[REGISTERED]
            elif HYPOTHESIS in named and not report.passed:
                name = f"{named[HYPOTHESIS]} [{report.nodeid.rpartition('[')[2].rstrip(']')}]"
                results.unfinished.setdefault(name, _reason(report))
    return results


def _write_registrations(terminal: Any, config: pytest.Config, registered: dict[str, str]) -> None:
    terminal.section("registration")
    for hypothesis in sorted(registered):
        terminal.write_line(f"{registered[hypothesis]:<10}  {hypothesis}")
    path = ledger_of(config).path
    terminal.write_line(f"negres: ledger {path}; commit it before the run, so that the commit dates the registration")


def _write_table(terminal: Any, config: pytest.Config, results: Results) -> None:
    from negres_core.evidence import family_of
    from negres_core.report.summary import render

    store, notes = store_of(config), notes_of(config)
    # Sorted as in `negres table`; under xdist the order of completion varies.
    records = [store.read_evidence(Path(path)) for path in sorted(results.evidence)]
    evidence = [record for record in records if record is not None]
    smoke = config.getoption("negres_smoke")
    family = {} if smoke else family_of(store, ledger_of(config), note=notes.append)
    terminal.section("hypotheses")
    terminal.write_line(render(evidence, family=family, unfinished=results.unfinished))
    for note in results.notes | dict.fromkeys(notes):
        terminal.write_line(f"negres: {note}", yellow=True)
    terminal.write_line(f"negres: evidence in {store.folder}")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        table = render(evidence, family=family, unfinished=results.unfinished, style="markdown")
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"### Hypotheses\n\n{table}\n\n")


def _reason(report: Any) -> str:
    if report.skipped:
        return str(report.longrepr[2]).splitlines()[0] if isinstance(report.longrepr, tuple) else "skipped"
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0].removeprefix("negres_core.errors.") if crash else "failed"
