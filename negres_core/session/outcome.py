"""The outcome of a test: whether the verdict was the expected one, whatever the test asserts."""

from __future__ import annotations

import dis
from collections.abc import Callable
from types import FunctionType
from typing import Literal

import pytest

from negres_core.errors import NegresError
from negres_core.evidence import Evidence
from negres_core.provenance.source import codes_in
from negres_core.session.keys import EVIDENCE_KEY, MIXTURE_KEY, expected_of, notes_of, store_of


def settle_outcome(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Record the outcome of a test that has ended, and fail it after a surprise, even if it asserts nothing.

    A test that expects no verdict has only its own assertion.
    """
    if item.stash.get(MIXTURE_KEY, False) or item.config.getoption("negres_smoke"):
        return
    if EVIDENCE_KEY not in item.stash:
        if report.passed and expected_of(item) is not None:
            _fail(report, f"The test expects {expected_of(item)!r}, but it ended before `experiment` had a verdict.")
        return
    evidence = item.stash[EVIDENCE_KEY]
    if evidence.expectation is None:
        _record(item, evidence, _outcome_of_assertion(item, call, report))
    elif evidence.outcome == "surprise" and report.outcome != "failed":
        _fail(report, f"{evidence}\n\nThe verdict is {evidence.verdict!r}, but {evidence.expectation!r} was expected.")


def _outcome_of_assertion(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Literal["as expected", "surprise"] | None:
    """Return whether the assertion of a test held; None if the test ended otherwise, or asserts nothing."""
    if report.passed:
        return "as expected" if asserts(getattr(item, "function", None)) else None
    return "surprise" if call.excinfo is not None and call.excinfo.errisinstance(AssertionError) else None


def _record(item: pytest.Item, evidence: Evidence, outcome: Literal["as expected", "surprise"] | None) -> None:
    if outcome is None:
        return
    item.stash[EVIDENCE_KEY] = evidence = evidence.updated(outcome=outcome)
    try:
        store_of(item.config).write_evidence(evidence)
    except (NegresError, OSError) as error:  # in this hook pytest would call it an internal error and end the session
        note = f"{evidence.title}, on {evidence.data.name}: the outcome, {outcome!r}, could not be recorded: {error}"
        notes_of(item.config).append(note)


def _fail(report: pytest.TestReport, why: str) -> None:
    """Turn the report of a test that passed, was skipped, or was marked as an expected failure into a failure."""
    report.longrepr = why
    if hasattr(report, "wasxfail"):
        del report.wasxfail
    report.outcome = "failed"


def asserts(function: Callable[..., object] | None) -> bool:
    """Return whether a test function, or a function of its module that it names, contains an assertion that is run.

    Python leaves out `assert` statements under -O, unless pytest rewrites them.
    """
    return _asserts(getattr(function, "__wrapped__", function), set())


def _asserts(function: object, seen: set[object]) -> bool:
    if not isinstance(function, FunctionType) or function in seen:
        return False
    seen.add(function)
    codes = list(codes_in(function.__code__))
    names = {name for code in codes for name in code.co_names}
    if any(name.startswith("assert") for name in names):  # of NumPy, for example
        return True
    if any(
        "AssertionError" in each.argrepr or "ASSERTION_ERROR" in each.opname
        for code in codes
        for each in dis.get_instructions(code)
    ):
        return True
    return any(_asserts(function.__globals__.get(name), seen) for name in names)
