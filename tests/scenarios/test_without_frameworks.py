"""A session whose arms are all estimators or fits imports no framework, and runs where none is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("jax", "keras", "tensorflow", "torch")

TEST = """
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MinMaxScaler
from sklearn.tree import DecisionTreeClassifier

from negres_core import Dataset, Estimator, Fit, Recipe, beats

x = np.random.default_rng(0).normal(size=(240, 3))
FAR = Dataset(x=x, y=(np.abs(x[:, 0]) > 0.67).astype(int), name="far from the middle")


def tree():
    return DecisionTreeClassifier(max_depth=3)


def logistic(train, test):
    return LogisticRegression().fit(train.flatten(), train.y).predict(test.flatten())


def test_a_tree_beats_a_line(experiment):
    evidence = experiment.compare(
        Recipe(Estimator(tree)),
        against=Recipe(Fit(logistic), preprocess=MinMaxScaler),
        on=FAR,
        claim=beats("accuracy", by=0.1),
        folds=4,
        repeats=2,
    )
    assert evidence.verdict == "supported", evidence
"""
SPY = """
import pathlib, sys
from importlib.machinery import PathFinder

class WithoutFrameworks(PathFinder):
    # Finds modules as if no framework were installed.
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        is_absent = name.partition(".")[0] in {frameworks}
        return None if is_absent else PathFinder.find_spec(name, path, target)

if {are_absent}:
    sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutFrameworks

def pytest_sessionfinish(session):
    found = [name for name in {frameworks} if name in sys.modules]
    pathlib.Path(__file__).with_name("imported.txt").write_text(" ".join(found) or "none")
"""


@pytest.mark.parametrize("are_absent", [False, True], ids=["installed", "absent"])
def test_a_session_of_fits_imports_no_framework(tmp_path, are_absent):
    """In a process of its own, because the tests import frameworks."""
    (tmp_path / "test_tree.py").write_text(TEST)
    (tmp_path / "spy.py").write_text(SPY.format(frameworks=FRAMEWORKS, are_absent=are_absent))
    command = [sys.executable, "-m", "pytest", "-p", "spy", "-p", "no:cacheprovider", "test_tree.py"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    environment.pop("KERAS_BACKEND", None)

    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    assert (tmp_path / "imported.txt").read_text() == "none"
    [evidence] = tmp_path.glob(".negres/**/evidence.json")
    backend = json.loads(evidence.read_text())["provenance"]["backend"]
    assert backend == ("none" if are_absent else "tensorflow")
