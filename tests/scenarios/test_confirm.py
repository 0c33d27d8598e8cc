"""Exploring and confirming from the command line: what is seen, refused, registered, opened and said."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, KFolds, SealedRows
from negres_core.cli import main
from negres_core.engine import inspection, selection
from negres_core.evidence import Ledger, Store

TRAIN, MODELS = selection.train, inspection.SavedModels
"""Those of the real engine."""

ROWS = """
from negres_core import Fit

X = np.arange(1200.0).reshape(400, 3)
DATA = Dataset(x=X, y=np.arange(400) % 2, name="mine")

def right(test):
    return test.x[:, 0].astype(int) % 2

def often(train, test, seed):
    return np.where(np.random.default_rng(seed).random(len(test)) < 0.9, right(test), 1 - right(test))

def seldom(train, test, seed):
    return np.where(np.random.default_rng(seed).random(len(test)) < 0.7, right(test), 1 - right(test))

LONG, SHORT = Recipe(Fit(often)), Recipe(Fit(seldom))
EACH = {"on": DATA, "claim": reaches("accuracy", bar=0.5), "folds": 4, "repeats": 1}

"""
SEALED = (
    ROWS
    + """
@pytest.mark.parametrize("expected", ["supported"])
def test_it_learns(experiment, expected):
    evidence = experiment.measure(LONG, **EACH, confirm=0.3)
    assert evidence.verdict == expected, evidence
"""
)
SECOND = """
def test_another(experiment):
    experiment.measure(SHORT, **EACH, confirm=0.3)
"""
UNSEALED = """
def test_all_rows(experiment):
    experiment.measure(SHORT, **EACH)
"""


@pytest.fixture
def seen(monkeypatch, quick_engine):
    """The data sets and cells that arms are trained on; here by the real engine."""
    seen = []

    def watch(recipe, data, jobs, *, device):
        seen.extend((data, job.cell) for job in jobs)
        return TRAIN(recipe, data, jobs, device=device)

    monkeypatch.setattr(selection, "train", watch)
    monkeypatch.setattr(inspection, "SavedModels", MODELS)
    return seen


@pytest.fixture
def run(session, seen):
    """Run a session, and return its result."""
    return lambda body, *options: session(body, "--negres-controls=none", *options)


@pytest.fixture
def evidence(pytester):
    """Return the evidence of all hypotheses by their test ids."""

    def read():
        store = Store(pytester.path / ".negres")
        return {each.hypothesis: each for path in store.evidence_paths() if (each := store.read_evidence(path))}

    return read


WHOLE = Dataset(x=np.arange(1200.0).reshape(400, 3), y=np.arange(400) % 2, name="mine")
IT, CONFIRMED = "test_mine.py::test_it_learns", "test_mine.py::test_it_learns::confirmation"


def test_a_run_that_explores_sees_the_open_rows_only(run, seen, evidence):
    run(SEALED).assert_outcomes(passed=1)
    sealed = SealedRows(0.3).on(WHOLE, KFolds(4)).rows.numbers
    hidden = {row.tobytes() for row in WHOLE.x[sealed]}
    assert len(hidden) == 120
    assert all(not hidden & {row.tobytes() for row in data.x} for data, _ in seen)
    explored = evidence()[IT]
    assert (explored.data.rows, explored.data.name, explored.seal.phase) == (280, "mine (open rows)", "exploring")


def test_a_confirmation_trains_on_the_open_rows_and_tests_on_the_sealed_ones(run, seen, evidence):
    run(SEALED)
    run(SEALED, "--negres-confirm", "--negres-register").assert_outcomes(skipped=1)
    seen.clear()
    run(SEALED, "--negres-confirm").assert_outcomes(passed=1)
    sealed = SealedRows(0.3).on(WHOLE, KFolds(4)).rows.numbers
    assert len(seen) == 5
    assert all(cell.test.tolist() == sealed.tolist() for _, cell in seen)
    assert all(np.array_equal(cell.train, np.delete(np.arange(400), sealed)) for _, cell in seen)
    both = evidence()
    assert set(both) == {IT, CONFIRMED}
    assert (both[CONFIRMED].title, both[CONFIRMED].verdict) == ("it learns (confirmation)", "supported")
    assert both[CONFIRMED].registration.status == "registered"
    assert both[CONFIRMED].prior.decided == [IT]
    assert both[CONFIRMED].prior.is_first_opening


def test_a_confirmation_that_is_not_registered_is_refused_and_nothing_is_trained(run, seen, evidence):
    result = run(SEALED, "--negres-confirm")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*`negres register --negres-confirm test_mine.py::test_it_learns`*"])
    assert (seen, evidence()) == ([], {})


def test_the_table_says_what_is_sealed_and_what_was_opened(run):
    run(SEALED).stdout.fnmatch_lines(["*(exploratory;*", "*120 of 400*", "*sealed)*"])
    run(SEALED, "--negres-confirm", "--negres-register")
    run(SEALED, "--negres-confirm").stdout.fnmatch_lines(["*it learns*supported*as registered*", "*first opening)*"])


def test_the_same_confirmation_again_reuses_its_replicates_and_is_no_second_opening(run, evidence):
    run(SEALED, "--negres-confirm", "--negres-register")
    run(SEALED, "--negres-confirm")
    first = evidence()[CONFIRMED]
    run(SEALED, "--negres-confirm").assert_outcomes(passed=1)
    again = evidence()[CONFIRMED]
    assert (again.timings.trained, again.timings.reused, again.prior) == (0, 5, first.prior)


def test_changed_arms_are_refused_until_a_second_opening_is_registered(run, seen, evidence):
    run(SEALED, "--negres-confirm", "--negres-register")
    run(SEALED, "--negres-confirm")
    changed = SEALED.replace("LONG", "SHORT")
    seen.clear()
    result = run(changed, "--negres-confirm")
    result.stdout.fnmatch_lines(
        ["*Only the confirmation that was registered opens sealed rows*", "*a different treatment for*"]
    )
    assert seen == []
    run(changed, "--negres-confirm", "--negres-register", "--negres-reason", "a smaller one").assert_outcomes(skipped=1)
    run(changed, "--negres-confirm").assert_outcomes(passed=1)
    assert evidence()[CONFIRMED].prior.reopened == 1
    assert "opened 1 time before by this one" in str(evidence()[CONFIRMED])


def test_another_hypothesis_says_by_whom_the_rows_were_opened_and_seen(run, evidence):
    run(SEALED + UNSEALED)
    run(SEALED, "--negres-confirm", "--negres-register")
    body = SEALED + SECOND.replace("(experiment)", '(experiment, expected="supported")')
    body = body.replace("def test_another", '@pytest.mark.parametrize("expected", ["supported"])\ndef test_another')
    body = body.replace('expected="supported")', "expected)")
    run(body, "-k", "another", "--negres-confirm", "--negres-register").assert_outcomes(skipped=1, deselected=1)
    run(body, "-k", "another", "--negres-confirm").assert_outcomes(passed=1, deselected=1)
    prior = evidence()["test_mine.py::test_another::confirmation"].prior
    assert (prior.opened, prior.seen, prior.decided) == ([CONFIRMED], ["test_mine.py::test_all_rows"], [IT])


def test_a_test_that_seals_nothing_is_skipped_with_the_reason(run, seen):
    result = run(ROWS + UNSEALED, "--negres-confirm")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*it seals*", "*no rows*"])
    assert seen == []


def test_exploring_says_how_many_verdicts_came_before(run, evidence):
    run(SEALED + SECOND)
    run(SEALED.replace("0.5)", "0.6)"), "-k", "learns")
    prior = evidence()[IT].prior
    assert (prior.verdicts, prior.decided) == (2, ["test_mine.py::test_another", IT])
    assert "2 verdicts of 2 hypotheses on these rows" in str(evidence()[IT])


@pytest.mark.parametrize("option", ["--negres-smoke"])
def test_options_that_make_no_sense_together_are_refused(run, option):
    result = run(SEALED, "--negres-confirm", option)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*cannot open sealed rows*"])


def test_a_smoke_run_explores_a_few_of_the_open_rows(run, seen, pytester):
    run(SEALED, "--negres-smoke")
    hidden = {row.tobytes() for row in WHOLE.x[SealedRows(0.3).on(WHOLE, KFolds(4)).rows.numbers]}
    assert seen
    assert all(not hidden & {row.tobytes() for row in data.x} for data, _ in seen)


def test_both_phases_are_verified_and_listed(run, pytester, capsys):
    run(SEALED, "--negres-register")
    run(SEALED)
    run(SEALED, "--negres-confirm", "--negres-register")
    run(SEALED, "--negres-confirm")
    folder, ledger = str(pytester.path / ".negres"), str(pytester.path / "negres-ledger.jsonl")
    capsys.readouterr()
    status, out = main(["verify", folder, "--ledger", ledger]), capsys.readouterr().out
    assert (status, out.count("verified")) == (0, 2), out
    assert main(["register", "--verify", "--ledger", ledger]) == 0
    assert [each.seal.phase for each in Ledger(pytester.path / "negres-ledger.jsonl").entries()] == [
        "exploring",
        "confirming",
    ]


def test_a_confirmation_is_found_after_its_file_was_moved(run, pytester, evidence):
    run(SEALED, "--negres-confirm", "--negres-register")
    (pytester.path / "test_mine.py").rename(pytester.path / "test_moved.py")
    result = pytester.runpytest_inprocess(
        "-p", "no:hypothesispytest", "--negres-controls=none", "--negres-confirm", "test_moved.py"
    )
    result.assert_outcomes(passed=1)
    assert list(evidence()) == [CONFIRMED]
