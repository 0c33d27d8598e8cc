"""Registering from the command line: what is registered instead of run, and what a run then reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from negres_core.cli import main
from negres_core.evidence import Ledger, Store
from tests.sessions import HEAD, HYPOTHESIS

SUPPORTED = HYPOTHESIS.format(expected="supported")
OWN_IDS = SUPPORTED.replace(', ids=["mine"]', "")


@pytest.fixture
def folder(pytester, git):
    """The folder of the session's test, a repository with one commit."""
    git("-C", pytester.path, "init")
    git("-C", pytester.path, "commit", "--allow-empty", "-m", "empty")
    return pytester.path


@pytest.fixture
def commit(folder, git):
    """Commit the ledger."""

    def commit():
        git("-C", folder, "add", "negres-ledger.jsonl")
        git("-C", folder, "commit", "-m", "registered")

    return commit


def registration_in(folder):
    store = Store(folder / ".negres")
    [path] = store.evidence_paths()
    return store.read_evidence(path).registration


def test_a_hypothesis_is_registered_instead_of_run(session, folder, quick_engine):
    result = session(SUPPORTED, "--negres-register")
    result.assert_outcomes(skipped=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*= registration =*",
            "registered  test_mine.py::test_longer_is_better[[]mine[]]",
            f"negres: ledger {folder}/negres-ledger.jsonl; commit it before the run*",
        ]
    )
    result.stdout.no_fnmatch_line("*= hypotheses =*")
    assert quick_engine.jobs == 0
    assert Store(folder / ".negres").all_evidence() == []
    [entry] = Ledger(folder / "negres-ledger.jsonl").entries()
    assert (entry.hypothesis, entry.expected, entry.data.name) == (
        "test_mine.py::test_longer_is_better[mine]",
        "supported",
        "a|b",
    )
    assert entry.design.model_dump() == {"folds": 4, "repeats": 1, "seeds": 1, "looks": True}


def test_a_run_reports_how_it_was_registered(session, folder, commit):
    session(SUPPORTED, "--negres-register")
    session(SUPPORTED).stdout.fnmatch_lines(["*supported *as registered *", " *(better) *(not committed) *"])
    commit()
    session(SUPPORTED, "--negres-fresh").stdout.no_fnmatch_line("*not*committed*")
    registration = registration_in(folder)
    assert (registration.status, registration.committed, registration.notes) == ("registered", True, [])


def test_a_run_reports_what_changed_since_its_registration(session, folder, commit):
    session(SUPPORTED, "--negres-register")
    commit()
    session(SUPPORTED.replace("**FOLDS", "**FOLDS | {'folds': 3}")).assert_outcomes(passed=1)
    assert registration_in(folder).notes == ["changed: design"]


@pytest.mark.parametrize(("reason", "outcome"), [(None, "failed"), ("four were too many", "skipped")])
def test_an_amendment_needs_a_reason_and_is_registered_with_it(session, folder, quick_engine, reason, outcome):
    session(SUPPORTED, "--negres-register")
    session(SUPPORTED, "--negres-register").stdout.fnmatch_lines(["unchanged   test_mine.py::*"])
    changed = SUPPORTED.replace("**FOLDS", "**FOLDS | {'folds': 3}")
    result = session(changed, "--negres-register", *(["--negres-reason", reason] if reason else []))
    result.assert_outcomes(**{outcome: 1})
    if reason:
        result.stdout.fnmatch_lines(["amended     test_mine.py::*"])
    else:
        result.stdout.fnmatch_lines(
            ["*InputError: Amending*needs a reason*", "*a different design for*", "*To do: *--negres-reason*"]
        )
    entries = Ledger(folder / "negres-ledger.jsonl").entries()
    assert [entry.reason for entry in entries] == ([None, reason] if reason else [None])
    assert quick_engine.jobs == 0


def test_reversing_the_expectation_after_a_run_is_an_amendment_after_a_run(session, folder, commit):
    session(OWN_IDS, "--negres-register")
    commit()
    reversed_ = OWN_IDS.replace('"supported"', '"refuted"')
    session(reversed_).assert_outcomes(failed=1)
    assert registration_in(folder).changed == ["expected verdict"]
    result = session(reversed_, "--negres-register", "--negres-reason", "I knew it")
    result.stdout.fnmatch_lines(["amended *"])
    assert Ledger(folder / "negres-ledger.jsonl").entries()[1].seen == ["supported"]
    commit()
    session(reversed_).stdout.fnmatch_lines(["*SURPRISE, not *"])
    assert registration_in(folder).notes == ["amended", "after a run"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SUPPORTED.replace("**FOLDS", "**FOLDS | {'folds': 300}"), "*more folds than rows*"),
        (SUPPORTED.replace('beats("accuracy")', 'beats("fun")').replace("**FOLDS", "claim=beats('fun')"), "*'fun'*"),
        (SUPPORTED.replace("expected", "hoped"), "*needs the expected verdict*"),
    ],
    ids=["design", "metric", "no expectation"],
)
def test_a_hypothesis_that_could_not_run_is_not_registered(session, folder, body, why):
    result = session(body, "--negres-register")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *InputError: {why}"])
    assert not (folder / "negres-ledger.jsonl").exists()


def test_other_tests_are_not_run(session):
    result = session(SUPPORTED + "def test_plain():\n    raise OSError", "--negres-register")
    result.assert_outcomes(skipped=1, deselected=1)


def test_a_smoke_run_registers_nothing(session, quick_engine):
    result = session(SUPPORTED, "--negres-register", "--negres-smoke")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: A smoke run cannot register*"])


def test_the_ledger_is_that_of_the_settings(session, pytester, commit):
    pytester.makeini("[pytest]\nnegres_ledger = claims/ledger.jsonl")
    session(SUPPORTED, "--negres-register")
    assert len(Ledger(pytester.path / "claims" / "ledger.jsonl").entries()) == 1
    assert not (pytester.path / "negres-ledger.jsonl").exists()


def test_a_broken_ledger_stops_a_run_before_it_trains(session, folder, quick_engine):
    session(SUPPORTED, "--negres-register")
    path = folder / "negres-ledger.jsonl"
    path.write_text(path.read_text().replace("supported", "refuted"))
    result = session(SUPPORTED)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EvidenceError: The ledger is broken*", "*line 1 was edited*"])
    result.stdout.fnmatch_lines(["negres: no p-value is corrected for the family: The ledger is broken*"])
    assert quick_engine.jobs == 0
    session(SUPPORTED, "--negres-smoke").stdout.no_fnmatch_line("*no p-value*")


SETTINGS = "[pytest]\nfilterwarnings = error\nnegres_ledger = claims.jsonl\n"


def test_the_command_registers_with_pytests_settings_and_verifies(folder, git):
    def negres(*arguments):
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("CI", "GITHUB", "PYTEST_"))
        }
        command = [sys.executable, "-c", "import sys; from negres_core.cli import main; sys.exit(main())", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    (folder / "test_mine.py").write_text(HEAD + OWN_IDS.replace("[(DATA", '[(DATA, "refuted"), (DATA'))
    (folder / "pytest.ini").write_text(SETTINGS)
    missing = negres("register", "--verify")
    assert (missing.returncode, missing.stderr.splitlines()[0]) == (2, "negres: There is no ledger here.")
    process = negres("register", "--reason", "the first is impossible", "-q", "--negres-device", "cpu")
    assert process.returncode == 0, process.stdout + process.stderr
    entries = Ledger(folder / "claims.jsonl").entries()
    assert [(entry.expected, entry.reason) for entry in entries] == [("refuted", None), ("supported", None)]
    verified = negres("register", "--verify").stdout
    assert verified == f"verified  {folder}/claims.jsonl: 2 entries of 2 hypotheses; 2 not committed yet\n"


@pytest.fixture
def written(tmp_path, git, new_commitment):
    """A ledger of two hypotheses."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for name in ("one", "two"):
        ledger.register(new_commitment(hypothesis=name))
    return ledger


def verify(ledger, capsys):
    return main(["register", "--verify", "--ledger", str(ledger.path)]), capsys.readouterr().out


def test_an_intact_ledger_is_verified_with_what_dates_it(written, git, capsys):
    counted = f"verified  {written.path}: 2 entries of 2 hypotheses; "
    assert verify(written, capsys) == (
        0,
        f"{counted}not in a repository, so their dates rest only on the writer's clock\n",
    )
    git("init")
    git("add", ".")
    git("commit", "-m", "registered")
    assert verify(written, capsys) == (0, f"{counted}all committed\n")


def test_a_broken_ledger_fails_with_the_reason(written, capsys):
    lines = written.path.read_text().splitlines(keepends=True)
    written.path.write_text(lines[1].replace("two", "2nd") + lines[0])

    status, out = verify(written, capsys)
    assert status == 1
    first, *wrong = out.splitlines()
    assert first == f"BROKEN    {written.path}"
    assert [line.strip() for line in wrong][:1] == ["line 1 was edited: it does not match its digest"]


def test_every_line_follows_the_printed_schema(written, capsys):
    import jsonschema

    assert main(["schema", "ledger"]) == 0
    validator = jsonschema.Draft202012Validator(json.loads(capsys.readouterr().out))
    for line in written.path.read_text().splitlines():
        entry = json.loads(line)
        validator.validate(entry)
        for name in entry:
            if name != "schema_version":
                assert not validator.is_valid({other: entry[other] for other in entry if other != name})


def test_commands_that_do_not_run_pytest_refuse_unknown_arguments(tmp_path, capsys):
    for arguments in (["table", str(tmp_path), "--smoke"], ["register", "--verify", "--smoke"]):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert "unrecognized arguments: --smoke" in capsys.readouterr().err
