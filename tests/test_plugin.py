"""The plugin, from folders that are not this repository: with an engine that pretends here, with the real one below."""

import contextlib
import fnmatch
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from negres_core.engine.inspection import SavedModels
from negres_core.evidence import Store
from tests.sessions import HYPOTHESIS


def evidences_in(folder):
    return [Store(folder).read_evidence(path) for path in Store(folder).evidence_paths()]


def evidence_in(folder):
    [evidence] = evidences_in(folder)
    return evidence


def test_a_registered_outcome_that_reproduces_passes(session, pytester):
    result = session(HYPOTHESIS.format(expected="supported"))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "negres: 1 hypothesis; negres * keras * on *; device auto, *",
            f"negres: data cached or fetched*; evidence {pytester.path}/.negres",
            "*= hypotheses =*",
            "hypothesis *data *effect [[]95% interval[]] *cells *verdict *p (Holm) *registered *time",
            "longer is better *a|b *+0.2030 [[]+0.1967, +0.2093[]] *4 *supported (better) *<0.001 *as expected *s",
            " *accuracy *(exploratory)",
            "",
            "p (Holm) is corrected for the family, the one hypothesis *",
            f"negres: evidence in {pytester.path}/.negres",
        ]
    )
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.verdict, evidence.expected, evidence.outcome) == ("supported", "supported", "as registered")


def test_a_surprise_fails_and_says_all_that_is_known(session, pytester):
    result = session(HYPOTHESIS.format(expected="refuted"))
    result.assert_outcomes(failed=1)
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.verdict, evidence.outcome) == ("supported", "surprise")
    message = "\n".join(line.removeprefix("E").strip() for line in result.outlines if line.startswith("E "))
    said = [line.strip() for line in str(evidence).splitlines()]
    assert message.startswith("\n".join([f"AssertionError: {said[0]}", *said[1:], "assert 'supported' == 'refuted'"]))
    result.stdout.fnmatch_lines(["longer is better *a|b *SURPRISE, not*"])


def test_a_message_of_the_researchers_own_stays_as_it_is(session):
    result = session("""
def test_it(experiment):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    assert evidence.verdict == "refuted", "my own words"
""")
    result.stdout.fnmatch_lines(["E *AssertionError: my own words", "E *assert 'supported' == 'refuted'"])


@pytest.mark.parametrize(
    ("statement", "outcome"), [("assert False", "surprise"), ("raise RuntimeError", None), ("pass", "as registered")]
)
def test_evidence_is_written_before_what_the_test_does_with_it(session, pytester, statement, outcome):
    session(f"""
def test_it(experiment):
    experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    {statement}
""").stdout.fnmatch_lines(["it *a|b *supported (better)*"])
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.status, evidence.verdict, evidence.outcome) == ("finished", "supported", outcome)


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
def test_a_hypothesis_without_evidence_says_why(session, pytester, monkeypatch, body, why):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = session(body)
    result.stdout.fnmatch_lines(["*= hypotheses =*", "it [[]test_mine.py::test_it[]] *"])
    result.stdout.no_fnmatch_line("*PytestBenchmarkWarning*")
    last = (pytester.path / "summary.md").read_text().strip().splitlines()[-1]
    cells = [cell.strip() for cell in last.strip("|").split("|")]
    assert fnmatch.fnmatchcase(cells[4], f"none: {why}")


def test_the_summary_of_a_job_gains_the_table(session, pytester, monkeypatch):
    summary = pytester.path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    session(HYPOTHESIS.format(expected="supported"))
    before, title, _, header, rule, row, _, _ = summary.read_text().strip().splitlines()
    assert (before, title) == ("before", "### Hypotheses")
    assert header.split("|")[1].strip() == "hypothesis"
    assert set(rule) == set("|-")
    assert r"a\|b" in row
    assert "as expected (exploratory)" in row


def test_a_session_without_hypotheses_is_left_alone(session, pytester):
    result = session("def test_plain():\n    pass")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*negres: *")
    result.stdout.no_fnmatch_line("*= hypotheses =*")
    assert not (pytester.path / ".negres").exists()


def test_a_smoke_run_judges_nothing(session, pytester):
    result = session(HYPOTHESIS.format(expected="refuted"), "--negres-smoke")
    assert result.ret == 0
    words = ["*smoke run: verdicts are not judged", "*not judged (smoke) *refuted *", "*1 ran, not judged*"]
    result.stdout.fnmatch_lines(words)
    evidence = evidence_in(pytester.path / ".negres" / "smoke")
    assert (evidence.smoke, evidence.verdict, evidence.outcome) == (True, None, None)
    assert evidence.design == {"folds": 2, "repeats": 1, "seeds": 1, "looks": False}
    assert not (pytester.path / ".negres" / "hypotheses").exists()


@pytest.mark.parametrize(
    "body",
    [
        "def test_it(experiment):\n    assert 1 == 2",
        HYPOTHESIS.format(expected="refuted").replace("assert evidence.verdict == expected, evidence", "raise OSError"),
    ],
    ids=["no evidence", "another error"],
)
def test_a_smoke_run_fails_where_it_is_not_the_verdict(session, body):
    session(body, "--negres-smoke").assert_outcomes(failed=1)


def test_controls_are_chosen_and_all_run_by_default(session, pytester):
    session(HYPOTHESIS.format(expected="supported"), "--negres-controls=none").assert_outcomes(passed=1)
    assert evidence_in(pytester.path / ".negres").judgement == "supported (better), uncontrolled"
    assert pytester.parseconfig().getoption("negres_controls") == "all"


def test_a_gpu_that_is_missing_stops_the_session_before_it_collects(session, monkeypatch, quick_engine):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    result = session(HYPOTHESIS.format(expected="supported"), "--negres-device", "gpu")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: A GPU was asked for*", "*To do: *CUDA_VISIBLE_DEVICES*--negres-device cpu*"])
    result.stdout.no_fnmatch_line("collected*")
    assert quick_engine.jobs == 0


def test_an_evidence_folder_that_cannot_be_written_is_said_at_once(session, pytester, quick_engine):
    (pytester.path / "taken").write_text("a file")
    result = session(HYPOTHESIS.format(expected="supported"), "--negres-evidence", "taken")
    result.assert_outcomes(failed=1)
    words = ["*EvidenceError: The evidence folder cannot be written.", "*To do: *--negres-evidence*", "*none:*"]
    result.stdout.fnmatch_lines(words)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert quick_engine.jobs == 0


def test_a_fresh_run_trains_again_and_keeps_what_was(session, pytester, quick_engine):
    body = HYPOTHESIS.format(expected="supported")
    session(body)
    session(body)
    assert quick_engine.jobs == 8
    before = {path.read_bytes() for path in pytester.path.glob(".negres/replicates/*/*.json")}
    session(body, "--negres-fresh").stdout.no_fnmatch_line("*set aside*")
    assert quick_engine.jobs == 16
    assert {path.read_bytes() for path in pytester.path.glob(".negres/set-aside/*.json")} == before
    assert evidence_in(pytester.path / ".negres").timings.trained == 8


def test_a_damaged_record_is_named_at_the_end(session, pytester, quick_engine):
    body = HYPOTHESIS.format(expected="supported")
    session(body)
    damaged = next(pytester.path.glob(".negres/replicates/*/*.json"))
    damaged.write_text(damaged.read_text()[:-20])
    session(body).stdout.fnmatch_lines([f"negres: {damaged} was set aside as *"])
    assert quick_engine.jobs == 9


def test_the_table_of_times_is_for_plain_benchmarks_alone(session, pytester):
    plain = "def test_plain(benchmark):\n    benchmark.pedantic(sorted, args=([1],), rounds=2)\n"
    result = session(HYPOTHESIS.format(expected="supported") + plain, "--benchmark-json", "times.json")
    result.stdout.fnmatch_lines(["*benchmark: 1 tests*", "test_plain *"])
    result.stdout.no_fnmatch_line("test_longer*")
    result.stdout.no_fnmatch_line("*benchmark: 2 tests*")
    told = {
        each["name"]: each["extra_info"]
        for each in json.loads((pytester.path / "times.json").read_text())["benchmarks"]
    }
    assert told["test_plain"] == {}
    info = told["test_longer_is_better[mine]"]
    assert (info["verdict"], info["smoke"], info["timings"]["trained"]) == ("supported", False, 8)
    assert info["estimate"]["effect"] == pytest.approx(0.203)
    numbers = itertools.chain(*(n if isinstance(n, list) else [n] for n in info["estimate"].values()))
    assert {type(number) for number in numbers} == {int, float}


@pytest.mark.parametrize("seen", [True, False])
def test_progress_is_shown_to_somebody(session, monkeypatch, seen):
    told = []
    shown = contextlib.nullcontext(lambda *progress: told.append(progress))
    monkeypatch.setattr("negres_core.session.progress.on_terminal", lambda: seen)
    monkeypatch.setattr("negres_core.session.progress.show_progress", lambda: shown)
    session(HYPOTHESIS.format(expected="supported")).assert_outcomes(passed=1)
    expected = [(f"small ({epochs} epochs)", done, 4) for epochs in (3, 1) for done in range(5)]
    assert told == (expected if seen else [])


REAL = """
import keras, numpy as np, pytest
from negres_core import Dataset, Recipe, Stage, beats
y = np.arange(60) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(60, 4)) + 2 * y[:, None], y=y, name="mine")
def small(input_shape, outputs):
    last = keras.layers.Dense(outputs, activation="softmax", kernel_initializer="zeros")
    return keras.Sequential([keras.layers.Input(input_shape), last])
LONG, SHORT = (Recipe(Stage(small, epochs=epochs, batch_size=4, optimizer="sgd")) for epochs in (6, 2))
@pytest.mark.parametrize(("by", "expected"), [(0.0, "supported"), (9.0, "refuted")])
def test_longer_training_is_better(experiment, by, expected):
    design = {"folds": 3, "repeats": 2, "looks": False}
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, claim=beats("loss", by=by), **design)
    assert evidence.verdict == expected, evidence
"""
KILLER = """
import os, pathlib, signal
replace, left = pathlib.Path.replace, [int(os.environ.get("RECORDS", -1))]
def replace_or_die(temporary, path):
    if "replicates" in path.parts and path.suffix == ".json":
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
    return replace(temporary, path)
pathlib.Path.replace = replace_or_die
"""


def run_pytest(folder, *options, **environment):
    (folder / "test_mine.py").write_text(REAL)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "NEGRES_", "PYTEST_"))}
    kept |= {"GITHUB_STEP_SUMMARY": "summary.md"} | environment
    command = [sys.executable, "-m", "pytest", "--negres-controls=cheap", *options]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


def told_in(folder):
    """What evidence and table say, apart from times."""
    substance = [each.substance() for each in evidences_in(folder / ".negres")]
    table = (folder / "summary.md").read_text().splitlines()
    return substance, [row.rpartition("|")[0].rpartition("|")[0] for row in table]


def trained_in(folder):
    timings = [each.timings for each in evidences_in(folder / ".negres")]
    return [(each.trained, each.reused) for each in timings]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    ran = run_pytest(folder)
    assert ran.returncode == 0, ran.stdout
    return folder


def test_ten_lines_in_an_empty_folder_give_a_verdict(finished):
    (first, second), table = told_in(finished)
    assert [each["verdict"] for each in (first, second)] == ["supported", "refuted"]
    assert {each["outcome"] for each in (first, second)} == {"as registered"}
    titles = [row.split("|")[1].strip() for row in table if row.startswith("| longer")]
    assert titles == [f"longer training is better (by {by})" for by in (0.0, 9.0)]
    assert trained_in(finished) == [(12, 0), (0, 12)]


def test_a_second_session_trains_nothing_and_says_the_same(finished, pytester, quick_engine, monkeypatch):
    shutil.copytree(finished, pytester.path, dirs_exist_ok=True)
    (pytester.path / "summary.md").unlink()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setattr("negres_core.engine.inspection.SavedModels", SavedModels)
    pytester.runpytest_inprocess("-p", "no:hypothesispytest", "--negres-controls=cheap").assert_outcomes(passed=2)
    assert quick_engine.jobs == 0
    assert told_in(pytester.path) == told_in(finished)
    assert trained_in(pytester.path) == [(0, 12), (0, 12)]


def test_sessions_side_by_side_say_the_same(finished, tmp_path):
    ran = run_pytest(tmp_path, "-n", "2")
    assert ran.returncode == 0, ran.stdout
    assert told_in(tmp_path) == told_in(finished)


def test_a_session_that_was_killed_goes_on_and_says_the_same(finished, tmp_path):
    (tmp_path / "conftest.py").write_text(KILLER)
    assert run_pytest(tmp_path, RECORDS="5").returncode == -signal.SIGKILL
    cut_off = evidence_in(tmp_path / ".negres")
    assert (cut_off.status, cut_off.verdict) == ("started", None)
    assert len(list(tmp_path.glob(".negres/replicates/*/*.json"))) == 5
    ran = run_pytest(tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert told_in(tmp_path) == told_in(finished)
    assert trained_in(tmp_path) == [(7, 5), (0, 12)]
