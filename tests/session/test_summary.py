"""The summary at the end of a session in an empty folder, with a fake engine."""

from __future__ import annotations

import fnmatch

import pytest

from tests.sessions import HYPOTHESIS

SUPPORTED = HYPOTHESIS.format(expected="supported")


def test_a_session_ends_with_the_table_of_its_hypotheses(session, pytester):
    session(SUPPORTED).stdout.fnmatch_lines(
        [
            "*= hypotheses =*",
            "hypothesis, *effect *verdict *p (Holm) *registered *cells,",
            "data set *[[]95% interval[]] *(finding) *time",
            "longer is better, a|b *+0.2030 accuracy *supported *<0.001 *as expected *4",
            " *[[]+0.1603, +0.2457[]] *(better) *(exploratory) *s",
            "",
            "p (Holm) is corrected for the family, the one hypothesis *",
            f"negres: evidence in {pytester.path}/.negres",
        ]
    )


def test_a_surprise_is_in_the_table(session):
    session(HYPOTHESIS.format(expected="refuted")).stdout.fnmatch_lines(
        ["longer is better, a|b *SURPRISE, not *", " *refuted *"]
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("def test_it(experiment): experiment.compare(LONG, against=SHORT, on=DATA, claim=beats('fun'))", "*'fun'*"),
        ("def test_it(experiment): pytest.skip('no such data')", "Skipped: no such data"),
        ("def test_it(experiment): assert 1 == 2", "assert 1 == 2"),
        (
            "@pytest.fixture\ndef data(): open('/no/file')\ndef test_it(experiment, data): pass",
            "FileNotFound*/no/file*",
        ),
    ],
    ids=["input", "skip", "assertion", "fixture"],
)
def test_a_hypothesis_without_evidence_has_a_row_with_the_reason(session, pytester, monkeypatch, body, why):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = session(body)
    result.stdout.fnmatch_lines(["*= hypotheses =*", "it [[]test_mine.py::test_it[]] *"])
    result.stdout.no_fnmatch_line("*PytestBenchmarkWarning*")
    last = (pytester.path / "summary.md").read_text().strip().splitlines()[-1]
    cells = [cell.strip() for cell in last.strip("|").split("|")]
    assert fnmatch.fnmatchcase(cells[4], f"none: {why}")


def test_the_table_is_added_to_the_summary_of_a_github_job(session, pytester, monkeypatch):
    summary = pytester.path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    session(SUPPORTED)
    before, title, _, header, rule, row, _, _ = summary.read_text().strip().splitlines()
    assert (before, title) == ("before", "### Hypotheses")
    assert header.split("|")[1].strip() == "hypothesis"
    assert set(rule) == set("|-")
    assert r"a\|b" in row
    assert "as expected (exploratory)" in row


def test_a_damaged_record_is_reported_once_at_the_end(session, pytester, quick_engine):
    session(SUPPORTED)
    damaged = next(pytester.path.glob(".negres/replicates/*/*.json"))
    damaged.write_text(damaged.read_text()[:-20])
    lines = session(SUPPORTED).outlines
    notes = [line for line in lines if line.startswith(f"negres: {damaged} was set aside as ")]
    assert len(notes) == 1
    assert lines.index(notes[0]) > next(number for number, line in enumerate(lines) if "= hypotheses =" in line)
    assert quick_engine.jobs == 9
