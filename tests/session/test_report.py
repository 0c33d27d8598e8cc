"""The option --negres-report, in sessions with a fake engine."""

from __future__ import annotations

import pytest

from tests.report.page.elements import find, read
from tests.sessions import HYPOTHESIS

SUPPORTED = HYPOTHESIS.format(expected="supported")


def page_of(path):
    return read(path.read_text(encoding="utf-8"))


def test_the_page_has_the_hypotheses_of_the_session(session, pytester):
    session(SUPPORTED).stdout.no_fnmatch_line("negres: report in *")
    result = session(SUPPORTED, "--negres-report", "out/page.html")
    result.stdout.fnmatch_lines(["negres: evidence in *", "negres: report in out/page.html, * kB"])
    elements = page_of(pytester.path / "out" / "page.html")
    assert [each.text for each in find(elements, "th", role="rowheader")] == ["longer is better"]
    assert find(elements, "tr", role="row")[1].attributes["data-kinds"] == "supported"


def test_a_surprise_is_on_the_page_of_a_session_that_fails(session, pytester):
    result = session(HYPOTHESIS.format(expected="refuted"), "--negres-report=page.html")
    assert result.ret == 1
    assert find(page_of(pytester.path / "page.html"), "tr", role="row")[1].attributes["data-surprise"] == "yes"


def test_a_smoke_run_has_a_page_that_judges_nothing(session, pytester):
    session(SUPPORTED, "--negres-smoke", "--negres-report=page.html")
    [claimed] = [each.text for each in find(page_of(pytester.path / "page.html"), "p") if "smoke run" in each.text]
    assert claimed == "Nothing was judged: this was a smoke run, with tiny data and a tiny budget."


def test_a_page_that_cannot_be_written_costs_only_itself(session, pytester):
    (pytester.path / "file").write_text("")
    result = session(SUPPORTED, "--negres-report=file/page.html")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["negres: no report was written: The page cannot be written.", "*Received: file/page*"])


def test_without_evidence_there_is_no_page(session, pytester):
    body = "def test_it(experiment): assert 1 == 2"
    session(body, "--negres-report=page.html").stdout.fnmatch_lines(
        ["negres: no report was written to page.html: no hypothesis has evidence"]
    )
    assert not (pytester.path / "page.html").exists()


@pytest.mark.parametrize("form", [["--negres-report", "page.html"], ["--negres-report=page.html"]])
def test_a_file_that_exists_does_not_move_the_root_directory(session, pytester, form):
    (pytester.path / "page.html").write_text("an older page")
    session(SUPPORTED, *form).stdout.fnmatch_lines([f"rootdir: {pytester.path}*"])
    assert (pytester.path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
