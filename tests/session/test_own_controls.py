"""A repository hands over controls of its own by a hook in its conftest.py."""

from __future__ import annotations

import pytest

from tests.sessions import evidence_in

CONFTEST = """
import own

def pytest_negres_controls(config):
    return own
"""
OWN = """
from negres_core.evidence import Finding

NAME, WHEN = "enough rows", "before"

def check(run):
    return Finding(
        control=NAME, passed=len(run.data) >= {least}, found=f"{{len(run.data)}} rows", threshold="", remedy="Get more."
    )
"""
TEST = """
def test_it(experiment):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS{more})
    assert evidence.verdict == "supported", evidence
"""


@pytest.fixture
def run(session, pytester):
    """Run a test with a control of one's own; its hook, its module and more arguments of the test may be given."""

    def run(*, least=1000, own=OWN, conftest=CONFTEST, more=""):
        pytester.makeconftest(conftest)
        pytester.makepyfile(own=own.format(least=least) if own is OWN else own)
        return session(TEST.format(more=more))

    return run


def test_an_own_control_that_fails_makes_the_run_invalid_and_is_called_the_users_own(run, pytester):
    result = run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*control     enough rows (a control of your own) failed: 400 rows*"])
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.judgement, list(evidence.own_controls)) == ("invalid (enough rows)", ["enough rows"])


def test_an_own_control_that_passes_is_in_the_evidence(run, pytester):
    run(least=10).assert_outcomes(passed=1)

    assert "enough rows" in {finding.control for finding in evidence_in(pytester.path / ".negres").controls}


def test_the_table_says_that_an_own_control_is_waived(run):
    result = run(more=', waive={"enough rows": "400 are all there are"}')

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*waived: enough*"])


def test_a_hook_may_return_several_objects(run, pytester):
    hook = """
import types, own

def pytest_negres_controls(config):
    return [types.SimpleNamespace(NAME=name, WHEN="after", check=lambda run: None) for name in "ab"]
"""
    run(conftest=hook).assert_outcomes(passed=1)

    assert list(evidence_in(pytester.path / ".negres").own_controls) == ["a", "b"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"conftest": "def pytest_negres_controls(config):\n    1 / 0\n"},
            "hook pytest_negres_controls raised an error",
        ),
        ({"own": "NAME = 'prices'\nWHEN = 'before'\ndef check(run):\n    1 / 0\n"}, "The control 'prices', which is"),
        ({"own": "NAME = 'prices'\n"}, "The control own does not state when it runs"),
        ({"own": "NAME = 'duplicates'\nWHEN = 'after'\ndef check(run):\n    1\n"}, "no other control has"),
    ],
    ids=["hook", "check", "protocol", "name"],
)
def test_a_fault_in_an_own_control_fails_the_test_and_names_it(run, files, words):
    result = run(**files)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{words}*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
