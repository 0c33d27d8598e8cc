"""Real sessions in processes of their own that train real networks: whole, repeated, parallel, and killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from negres_core.engine.inspection import SavedModels
from tests.sessions import all_evidence_in, evidence_in

TEST = """
import keras, numpy as np, pytest
from negres_core import Dataset, Recipe, Stage, beats
y = np.arange(60) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(60, 4)) + 2 * y[:, None], y=y, name="mine")
def small(input_shape, outputs):
    last = keras.layers.Dense(outputs, activation="softmax", kernel_initializer="zeros")
    return keras.Sequential([keras.layers.Input(input_shape), last])
LONG, SHORT = (Recipe(Stage(small, epochs=epochs, batch_size=4, optimizer="sgd")) for epochs in (6, 2))
GROUPS = [pytest.mark.xdist_group(name) for name in ("one", "another")]
@pytest.mark.parametrize(
    ("by", "expected"),
    [pytest.param(0.0, "supported", marks=GROUPS[0]), pytest.param(9.0, "refuted", marks=GROUPS[1])],
)
def test_longer_training_is_better(experiment, by, expected):
    design = {"folds": 3, "repeats": 3, "looks": False}
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, claim=beats("loss", by=by), **design)
    assert evidence.verdict == expected, evidence
"""
FORGOTTEN = """
from negres_core import Fit
def ones(train, test): return np.ones(len(test), int)
def better(train, test): return (test.x.mean(axis=1) > 1).astype(int)
@pytest.mark.parametrize("expected", ["supported"])
@pytest.mark.parametrize("ends", ["nothing", "something else"])
def test_the_constant_is_better(experiment, ends, expected):
    arms = {"treatment": Recipe(Fit(ones)), "against": Recipe(Fit(better))}
    evidence = experiment.compare(**arms, on=DATA, claim=beats("accuracy"), folds=3, repeats=2)
    if ends == "something else":
        assert evidence.verdict != "invalid"
@pytest.mark.parametrize("expected", ["refuted"])
def test_the_constant_is_worse(experiment, expected):
    arms = {"treatment": Recipe(Fit(ones)), "against": Recipe(Fit(better))}
    evidence = experiment.compare(**arms, on=DATA, claim=beats("accuracy"), folds=3, repeats=2)
    assert evidence.verdict == "supported"
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


def run_pytest(folder, *options, body=TEST, flags=(), **environment):
    """Run the test in a process of its own, with cheap controls."""
    (folder / "test_mine.py").write_text(body)
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CI", "GITHUB_", "NEGRES_", "PYTEST_"))
    }
    variables |= {"GITHUB_STEP_SUMMARY": "summary.md"} | environment
    command = [sys.executable, *flags, "-m", "pytest", "--negres-controls=cheap", *options]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def results_in(folder):
    """Return the substance of the evidence, and the rows of the table without times."""
    substance = [each.substance() for each in all_evidence_in(folder / ".negres")]
    table = (folder / "summary.md").read_text().splitlines()
    return substance, [row.rpartition("|")[0].rpartition("|")[0] for row in table]


def training_in(folder):
    """Return the numbers of replicates trained and reused for each hypothesis."""
    timings = [each.timings for each in all_evidence_in(folder / ".negres")]
    return [(each.trained, each.reused) for each in timings]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder after a whole session."""
    folder = tmp_path_factory.mktemp("finished")
    process = run_pytest(folder)
    assert process.returncode == 0, process.stdout
    return folder


def test_a_test_file_in_an_empty_folder_gives_verdicts(finished):
    (first, second), table = results_in(finished)
    assert [each["verdict"] for each in (first, second)] == ["supported", "refuted"]
    assert {each["outcome"] for each in (first, second)} == {"as expected"}
    titles = [row.split("|")[1].strip() for row in table if row.startswith("| longer")]
    assert titles == [f"longer training is better (by {by})" for by in (0.0, 9.0)]
    assert training_in(finished) == [(18, 0), (0, 18)]


def test_a_second_session_trains_nothing_and_has_the_same_results(finished, pytester, quick_engine, monkeypatch):
    shutil.copytree(finished, pytester.path, dirs_exist_ok=True)
    (pytester.path / "summary.md").unlink()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setattr("negres_core.engine.inspection.SavedModels", SavedModels)
    pytester.runpytest_inprocess("-p", "no:hypothesispytest", "--negres-controls=cheap").assert_outcomes(passed=2)
    assert quick_engine.jobs == 0
    assert results_in(pytester.path) == results_in(finished)
    assert training_in(pytester.path) == [(0, 18), (0, 18)]


def test_parallel_processes_have_the_same_results(finished, tmp_path):
    """Groups are part of pytest's ids there, but not of the hypotheses' ids."""
    process = run_pytest(tmp_path, "-n", "2", "--dist", "loadgroup", "--junitxml=junit.xml")
    assert process.returncode == 0, process.stdout
    assert results_in(tmp_path) == results_in(finished)
    properties = list(ElementTree.parse(tmp_path / "junit.xml").iter("property"))
    effects = {float(each.get("value")) for each in properties if each.get("name") == "negres_effect"}
    assert effects == {each.estimate.effect for each in all_evidence_in(tmp_path / ".negres")}
    assert [each.get("value") for each in properties if each.get("name") == "negres_outcome"] == ["as expected"] * 2


def test_a_killed_session_continues_and_has_the_same_results(finished, tmp_path):
    (tmp_path / "conftest.py").write_text(KILLER)
    assert run_pytest(tmp_path, RECORDS="5").returncode == -signal.SIGKILL
    interrupted = evidence_in(tmp_path / ".negres")
    assert (interrupted.status, interrupted.verdict) == ("started", None)
    assert len(list(tmp_path.glob(".negres/replicates/*/*.json"))) == 5
    process = run_pytest(tmp_path)
    assert process.returncode == 0, process.stdout
    assert results_in(tmp_path) == results_in(finished)
    assert training_in(tmp_path) == [(13, 5), (0, 18)]


def test_without_assertions_a_surprise_fails_and_an_expected_verdict_passes(tmp_path):
    """Python leaves out the assertions under -O. The last one would fail, although the verdict is as expected."""
    process = run_pytest(tmp_path, "--assert=plain", "-k", "constant", body=TEST + FORGOTTEN, flags=("-O",))
    assert process.returncode == 1, process.stdout
    assert "2 failed, 1 passed" in process.stdout
    assert process.stdout.count("SURPRISE, not") == 2
    outcomes = {each.title: each.outcome for each in all_evidence_in(tmp_path / ".negres")}
    assert sorted(outcomes.values()) == ["as expected", "surprise", "surprise"]
    assert outcomes["the constant is worse"] == "as expected"
