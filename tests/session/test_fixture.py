"""The `experiment` fixture, in sessions in an empty folder with a fake engine."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile

import pytest

from negres_core.design import Holdout, KFolds
from negres_core.errors import InputError
from negres_core.session import progress
from negres_core.session.fixture import ExperimentFixture
from tests.sessions import HYPOTHESIS, all_evidence_in, evidence_in

SUPPORTED = HYPOTHESIS.format(expected="supported")


def test_the_evidence_of_a_test_is_returned_and_recorded(session, pytester):
    session("""
def test_it(experiment):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    assert (evidence.verdict, evidence.kind, evidence.data.name) == ("supported", "claim", "a|b")
    assert evidence.hypothesis == "test_mine.py::test_it"
""").assert_outcomes(passed=1)
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.hypothesis, evidence.title, evidence.expected) == ("test_mine.py::test_it", "it", None)


def test_the_design_of_a_claim_is_given_by_keywords(session, pytester):
    session("""
@pytest.mark.parametrize("design", [{}, {"folds": 2, "repeats": 3, "seeds": 2, "looks": False}], ids=["usual", "own"])
def test_it(experiment, design):
    experiment.measure(LONG, on=DATA, claim=reaches("accuracy", bar=0.5), **design)
""").assert_outcomes(passed=2)
    designs = {each.hypothesis: each.design.as_design() for each in all_evidence_in(pytester.path / ".negres")}
    assert designs == {
        "test_mine.py::test_it[usual]": KFolds(folds=5, repeats=5, seeds=1, looks=True),
        "test_mine.py::test_it[own]": KFolds(folds=2, repeats=3, seeds=2, looks=False),
    }


@pytest.mark.parametrize("verb", ["compare", "measure"])
def test_the_usual_design_of_the_fixture_is_that_of_designs(verb):
    given = {}

    class Recording(ExperimentFixture):
        def __init__(self):
            pass

        def _once(self, verb, *arms, design, **arguments):
            given[verb] = design

    arms = {"against": None} if verb == "compare" else {}
    getattr(Recording(), verb)(None, **arms, on=None, claim=None)
    assert given == {verb: KFolds()}
    getattr(Recording(), verb)(None, **arms, on=None, claim=None, folds=3, looks=False)
    assert given == {verb: KFolds(3, looks=False)}
    getattr(Recording(), verb)(None, **arms, on=None, claim=None, design=Holdout(0.1))
    assert given == {verb: Holdout(0.1)}
    with pytest.raises(InputError, match="are a shorthand for a design of k folds"):
        getattr(Recording(), verb)(None, **arms, on=None, claim=None, design=Holdout(0.1), folds=3)
    with pytest.raises(InputError, match="`seeds` is given twice"):
        getattr(Recording(), verb)(None, **arms, on=None, claim=None, design=Holdout(0.1), seeds=3)


def test_a_second_claim_in_one_test_is_refused(session, quick_engine):
    result = session("""
def test_it(experiment):
    experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    experiment.measure(LONG, on=DATA, claim=reaches("accuracy", bar=0.5))
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*InputError: A test is one hypothesis*", "*a second call, measure(...), in *::test_it"]
    )
    assert quick_engine.jobs == 8


@pytest.mark.parametrize("visible", [True, False])
def test_progress_is_shown_only_if_someone_can_see_it(session, monkeypatch, visible):
    reports = []
    bars = contextlib.nullcontext(lambda *report: reports.append(report))
    monkeypatch.setattr(progress, "on_terminal", lambda: visible)
    monkeypatch.setattr(progress, "show_progress", lambda board: bars)
    session(SUPPORTED).assert_outcomes(passed=1)
    expected = [(f"small ({epochs} epochs)", done, 4) for epochs in (3, 1) for done in range(5)]
    assert reports == (expected if visible else [])


def test_a_note_about_a_failed_picture_is_handed_to_the_report_of_its_test(session, pytester, monkeypatch):
    def render_pictures(run, *, keep, note):
        note("the picture 'curve' is missing")
        return []

    monkeypatch.setattr("negres_core.experiment.experiment.render_pictures", render_pictures)
    session(SUPPORTED).stdout.fnmatch_lines(["negres: longer is better, on a|b: the picture 'curve' is missing"])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_hypothesis_without_room_for_temporary_files_fails_and_others_run(session, monkeypatch, number):
    make, attempts = tempfile.mkdtemp, iter([True])

    def refuse_once(*arguments, **options):
        if next(attempts, False):
            raise OSError(number, os.strerror(number))
        return make(*arguments, **options)

    monkeypatch.setattr(tempfile, "mkdtemp", refuse_once)
    result = session("""
@pytest.mark.parametrize("name", ["first", "second"])
def test_it(experiment, name):
    experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
""")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*EvidenceError: A model cannot be saved, because the folder for temporary files *"])
    result.stdout.fnmatch_lines(["it (name first)*EvidenceError: A*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


JUDGED = """
@pytest.mark.parametrize("expected", ["supported"])
def test_a_beats_b(experiment, expected):
    scores = {"fold": [1, 2, 3], "A": [0.91, 0.92, 0.93], "B": [0.81, 0.825, 0.834]}
    evidence = experiment.judge(
        scores, treatment="A", control="B", claim=beats("accuracy"), folds=3, repeats=1, data="mine"
    )
    assert evidence.verdict == expected, evidence
"""


def test_scores_that_exist_are_judged_and_recorded(session, pytester, quick_engine):
    result = session(JUDGED)
    result.assert_outcomes(passed=1)
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.hypothesis, evidence.title) == ("test_mine.py::test_a_beats_b", "a beats b")
    assert (evidence.verdict, evidence.outcome) == ("supported", "as expected")
    assert quick_engine.jobs == 0
    result.stdout.fnmatch_lines(["a beats b, mine *", "*(better), scores as *", "* given: no controls"])


def test_a_surprise_about_scores_fails_the_test(session):
    result = session(JUDGED.replace('["supported"]', '["refuted"]').replace("== expected", "is not None"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The verdict is 'supported', but 'refuted' was expected.*"])


def test_a_smoke_run_judges_no_scores(session, pytester):
    session(JUDGED, "--negres-smoke")
    assert evidence_in(pytester.path / ".negres" / "smoke").verdict is None


def test_the_design_of_scores_may_be_an_object(session, pytester):
    session("""
from negres_core.design import KFolds

def test_it(experiment):
    scores = {"fold": [1, 2], "A": [0.9, 0.8]}
    experiment.judge(scores, treatment="A", claim=reaches("accuracy", bar=0.5), design=KFolds(2, repeats=1))
""").assert_outcomes(passed=1)
    assert evidence_in(pytester.path / ".negres").design.as_design() == KFolds(2, repeats=1)
