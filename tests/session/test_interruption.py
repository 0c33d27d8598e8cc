"""Interrupted sessions end with the table, what was finished is kept, and the next session resumes."""

from __future__ import annotations

import os
import signal

import pytest

from negres_core.session.interruption import begin, cut_off
from tests.sessions import HYPOTHESIS, evidence_in

SUPPORTED = HYPOTHESIS.format(expected="supported")


@pytest.fixture
def interrupt(quick_engine, monkeypatch):
    """Return a function that lets the fake engine send a signal to this process while it trains a certain job."""

    def arrange(number, *, job):
        train = quick_engine.train

        def interrupted(recipe, data, jobs, *, device):
            for result in train(recipe, data, jobs, device=device):
                if quick_engine.jobs == job:
                    os.kill(os.getpid(), number)
                    quick_engine.train = train
                yield result

        monkeypatch.setattr("negres_core.engine.selection.train", interrupted)

    return arrange


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_session_prints_its_table_and_the_next_one_resumes(session, pytester, interrupt, number):
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    interrupt(number, job=3)
    result = session(SUPPORTED + "def test_later(): pass\n", no_reraise_ctrlc=True)
    assert signal.signal(signal.SIGTERM, before) is signal.SIG_DFL
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "*= hypotheses =*",
            "longer is better, a|b *none: the run was*",
            "negres: longer is better, on a|b: interrupted; run the same command again, and it resumes: *",
            "*no tests ran*",
        ]
    )
    assert evidence_in(pytester.path / ".negres").status == "started"
    finished = len(list(pytester.path.glob(".negres/replicates/*/*.json")))
    assert finished >= 3
    session(SUPPORTED).assert_outcomes(passed=1)
    timings = evidence_in(pytester.path / ".negres").timings
    assert (timings.trained, timings.reused) == (8 - finished, finished)


def test_a_hypothesis_that_had_not_begun_to_train_is_in_the_table_too(session):
    result = session("def test_it(experiment): raise KeyboardInterrupt", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["it [[]*test_it[]] *none: the run was*", "negres: it: interrupted; run the same *"])


def test_a_hypothesis_that_failed_before_the_interruption_is_not_called_interrupted(session, quick_engine, monkeypatch):
    def fail(recipe, data, jobs, *, device):
        raise RuntimeError("out of memory")
        yield

    monkeypatch.setattr("negres_core.engine.selection.train", fail)
    result = session(SUPPORTED + "def test_later(): raise KeyboardInterrupt\n", no_reraise_ctrlc=True)
    result.stdout.fnmatch_lines(["longer is better [[]mine[]] *none: RuntimeError: out*"])
    result.stdout.no_fnmatch_line("*interrupted; run the same*")


def test_a_session_without_hypotheses_leaves_sigterm_alone(session, pytester):
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    body = "import signal\ndef test_it(): assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL"
    session(body).assert_outcomes(passed=1)
    signal.signal(signal.SIGTERM, before)


def test_a_handler_of_sigterm_that_is_not_the_default_stays(pytester):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    config = pytester.parseconfig()
    begin(config)
    assert signal.signal(signal.SIGTERM, before) is signal.SIG_IGN


def test_a_session_that_began_no_hypothesis_has_none_to_show(pytester):
    assert cut_off(pytester.parseconfig(), ended=set()) == ([], {})


def test_old_leftovers_are_swept_when_a_session_begins(session, pytester):
    session(SUPPORTED)
    folder = next(pytester.path.glob(".negres/replicates/*"))
    old, young = (folder / f".a.json.{digit * 16}" for digit in "01")
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    session(SUPPORTED).stdout.fnmatch_lines(["negres: 1 files of interrupted sessions, * were removed"])
    assert (old.exists(), young.exists()) == (False, True)
