"""Annotations of a GitHub job, from sessions in an empty folder with a fake engine."""

from __future__ import annotations

import fnmatch
import re

import pytest

from negres_core.session.annotations import MOST, Annotation
from tests.report.page.test_render import HOSTILE
from tests.sessions import HYPOTHESIS

COMMAND = re.compile(r"::(error|warning) file=([^,:]+),line=(\d+),title=([^,:]+)::(.*)")
INCONCLUSIVE = """
def test_it(experiment):
    experiment.compare(LONG, against=SHORT, on=DATA, claim=beats("accuracy", by=0.18), folds=4, repeats=1)
"""


@pytest.fixture
def job(session, monkeypatch):
    """Run a session as a job of GitHub does, and return its annotations: level, file, line, title and message."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)

    def run(body, *options, **settings):
        monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
        lines = [line for line in session(body, *options, **settings).outlines if line.startswith("::")]
        return [COMMAND.fullmatch(line).groups() for line in lines]

    return run


def line_of(pytester, text):
    lines = (pytester.path / "test_mine.py").read_text().splitlines()
    return next(str(number) for number, line in enumerate(lines, 1) if line.startswith(text))


def test_a_surprise_is_an_error_at_its_test(job, pytester):
    [(level, file, line, title, message)] = job(HYPOTHESIS.format(expected="refuted"))
    assert (level, file, line) == ("error", "test_mine.py", line_of(pytester, "@pytest.mark.parametrize"))
    assert title == "Surprise%3A supported%2C expected%3A refuted"
    first, second, *_ = message.split("%0A")
    assert first == "longer is better, on a|b: supported (better)"
    assert second.startswith("effect +0.2030 [+0.1603, +0.2457] accuracy")


def test_an_expected_verdict_is_not_annotated(job):
    assert job(HYPOTHESIS.format(expected="supported")) == []


def test_a_test_that_passes_without_a_decision_is_a_warning(job):
    [(level, _, _, title, message)] = job(INCONCLUSIVE)
    assert (level, title) == ("warning", "Nothing was decided%3A inconclusive")
    assert "inconclusive" in message


@pytest.mark.parametrize(
    ("body", "title", "why"),
    [
        (
            "def test_it(experiment): assert 1 == 2, '100%'",
            "No verdict%3A the test failed",
            "it%0AAssertionError: 100%25%0Aassert 1 == 2",
        ),
        (
            "@pytest.fixture\ndef data(): open('/no/file')\ndef test_it(experiment, data): pass",
            "No verdict%3A the test failed",
            "it%0AFileNotFoundError: [[]Errno 2] No such file or directory: '/no/file'",
        ),
        (
            "def test_it(experiment): experiment.compare(LONG, against=SHORT, on=DATA, claim=beats('fun'))",
            "No verdict%3A the test failed",
            "it%0AInputError: *'fun'*%0A  Received: *%0A  To do: *",
        ),
        (
            "def test_it(experiment):\n    experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)\n    1 / 0",
            "The test failed after the verdict%3A supported",
            "it, on a|b: supported (better)%0A*%0AZeroDivisionError: division by zero",
        ),
    ],
    ids=["assertion", "fixture", "input", "after the verdict"],
)
def test_a_failure_is_an_error_with_its_reason(job, body, title, why):
    [(level, _, _, given, message)] = job(body)
    assert (level, given) == ("error", title)
    assert fnmatch.fnmatchcase(message, why)


def test_ordinary_tests_skipped_ones_and_smoke_runs_are_not_annotated(job):
    ordinary = "def test_it(): assert 0\ndef test_skipped(experiment): pytest.skip('no data')"
    assert job(ordinary) == []
    assert job(INCONCLUSIVE, "--negres-smoke") == []


def test_outside_a_job_nothing_is_annotated(session, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    session(HYPOTHESIS.format(expected="refuted")).stdout.no_fnmatch_line("::*")


def test_a_session_that_a_test_runs_annotates_nothing(session, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "test_outer.py::test_it (call)")
    session(HYPOTHESIS.format(expected="refuted")).stdout.no_fnmatch_line("::*")


def test_a_file_is_relative_to_the_repository_of_the_job(job, pytester, monkeypatch):
    body = "def test_it(experiment): assert 0"
    assert job(body)[0][1] == "test_mine.py"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path.parent))
    assert job(body)[0][1] == f"{pytester.path.name}/test_mine.py"
    monkeypatch.setenv("GITHUB_WORKSPACE", "/elsewhere")
    assert job(body)[0][1] == "test_mine.py"


def test_more_than_github_shows_are_counted(job):
    body = f"@pytest.mark.parametrize('n', range({MOST + 3}))\ndef test_it(experiment, n): assert 0"
    found = job(body)
    assert len(found) == MOST
    assert found[-1][3] == "4 more hypotheses"
    exactly = job(body.replace(str(MOST + 3), str(MOST)))
    assert len(exactly) == MOST
    assert "more" not in exactly[-1][3]


def test_workers_leave_the_annotations_to_the_main_process(pytester, quick_engine, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    pytester.makepyfile(test_mine="def test_one(experiment): assert 0\ndef test_two(experiment): assert 0")
    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
    found = [line for line in result.outlines if line.startswith("::")]
    assert sorted(COMMAND.fullmatch(line)[5] for line in found) == ["one%0Aassert 0", "two%0Aassert 0"]


@pytest.mark.parametrize("text", [*HOSTILE, "a%0Ab::error::c", "a,line=1::b"], ids=lambda text: repr(text[:9]))
def test_text_of_a_hypothesis_stays_text(text):
    line = str(Annotation("error", text, 3, text, f"{text}\nnext"))
    level, _, number, _, message = COMMAND.fullmatch(line).groups()
    assert (level, number) == ("error", "3")
    assert message.endswith("%0Anext")
    assert line.isprintable()
    assert len(line) < 10_000
