"""The outcome of a test is its verdict against the one that was expected or registered, whatever the test asserts."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from negres_core.evidence import Ledger
from negres_core.session.outcome import asserts
from tests.sessions import HYPOTHESIS, evidence_in

TEST = """
@pytest.mark.parametrize("expected", ["{expected}"])
def test_it(experiment, expected):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    {ends}
"""
REST = {
    "nothing": "pass",
    "something else": 'assert evidence.verdict != "invalid"',
    "a skip": 'pytest.skip("too slow")',
    "an expected failure": 'pytest.xfail("known")',
}
"""The verdict is "supported"; none of these makes pytest fail."""


@pytest.mark.parametrize("ends", REST.values(), ids=REST)
def test_a_surprise_fails_whatever_the_test_asserts(session, pytester, ends):
    result = session(TEST.format(expected="refuted", ends=ends))
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*The verdict is 'supported', but 'refuted' was expected.", "*SURPRISE, not *"])
    assert evidence_in(pytester.path / ".negres").outcome == "surprise"


def test_a_surprise_is_not_an_expected_failure(session):
    body = "@pytest.mark.xfail\n" + TEST.format(expected="refuted", ends="assert evidence.verdict == expected").lstrip()
    session(body).assert_outcomes(failed=1)


@pytest.mark.parametrize("ends", REST.values(), ids=REST)
def test_the_expected_verdict_is_the_outcome_and_the_test_ends_as_it_does(session, pytester, ends):
    result = session(TEST.format(expected="supported", ends=ends))
    assert result.ret == pytest.ExitCode.OK
    assert evidence_in(pytester.path / ".negres").outcome == "as expected"


@pytest.mark.parametrize("ends", ["assert False", "raise RuntimeError"])
def test_a_test_that_fails_for_another_reason_stays_red_and_its_outcome_is_that_of_the_verdict(session, pytester, ends):
    session(TEST.format(expected="supported", ends=ends)).assert_outcomes(failed=1)
    assert evidence_in(pytester.path / ".negres").outcome == "as expected"


@pytest.mark.parametrize("expected", ["inconclusive", "invalid", "Supported"])
def test_only_a_decision_can_be_expected(session, quick_engine, expected):
    result = session(TEST.format(expected=expected, ends="pass"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            '*InputError: The parameter `expected` of a hypothesis has to be "supported" or "refuted"*',
            f"*Received: expected='{expected}'*",
        ]
    )
    assert quick_engine.jobs == 0


def test_a_test_that_expects_a_verdict_and_decides_no_claim_fails(session):
    body = '@pytest.mark.parametrize("expected", ["supported"])\ndef test_it(experiment, expected): pass'
    session(body).stdout.fnmatch_lines(["*expects 'supported', but it ended before `experiment` had a verdict*"])


def test_a_changed_expectation_does_not_change_what_was_registered(session, pytester):
    session(HYPOTHESIS.format(expected="refuted"), "--negres-register")
    result = session(HYPOTHESIS.format(expected="supported"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*'supported', but 'refuted' was expected.", "*SURPRISE, not *"])
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.expected, evidence.expectation, evidence.outcome) == ("supported", "refuted", "surprise")
    (entry,) = Ledger(pytester.path / "negres-ledger.jsonl").entries()
    assert evidence.registration.expected == entry.expected == "refuted"


def test_tests_that_differ_only_in_the_expected_verdict_are_refused(session, quick_engine):
    body = TEST.format(expected="refuted", ends="pass").replace('["refuted"]', '["refuted", "supported"]')
    result = session(body)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*InputError: Tests that differ only in the expected verdict*same hypothesis*"])
    assert quick_engine.jobs == 0


def test_an_outcome_that_cannot_be_recorded_is_a_note_and_other_hypotheses_run(session, monkeypatch):
    def fail(store, evidence):
        if evidence.outcome is not None:
            raise OSError(28, "No space left on device")
        return write(store, evidence)

    from negres_core.evidence import Store

    write = Store.write_evidence
    monkeypatch.setattr(Store, "write_evidence", fail)
    tests = [
        f"""
def test_{name}(experiment):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    assert evidence.verdict == "supported"
"""
        for name in ("one", "two")
    ]
    result = session("".join(tests))
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [f"negres: {name}, on a|b: the outcome, 'as expected', could not be recorded: *" for name in ("one", "two")]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def _checks_in_a_helper():
    _check()


def _check():
    np.testing.assert_allclose(1, 1)


def _asserts_inside():
    return list(_generator())


def _generator():
    assert sys
    yield


@pytest.mark.parametrize(
    ("function", "expected"),
    [(_checks_in_a_helper, True), (_asserts_inside, True), (lambda: 0, False), (print, False), (None, False)],
)
def test_an_assertion_is_found_in_the_functions_that_a_test_calls(function, expected):
    assert asserts(function) is expected


def test_an_assertion_that_python_leaves_out_is_not_one():
    namespace = {}
    exec(compile("def f():\n    assert 1 == 2", "a.py", "exec", optimize=1), namespace)
    assert not asserts(namespace["f"])
