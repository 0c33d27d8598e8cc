"""The public names, and what importing and collecting loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import negres_core

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"jax", "keras", "pandas", "pydantic", "scipy", "sklearn", "tensorflow"}
SPY = """
import json, pathlib, sys

def pytest_sessionfinish(session):
    report = {"tests": [item.nodeid for item in session.items], "modules": sorted(sys.modules)}
    pathlib.Path(__file__).with_name("report.json").write_text(json.dumps(report))
"""


def run_python(*arguments, path=""):
    environment = {"PATH": "", "PYTHONPATH": str(path)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )


def test_the_public_names_are_these():
    words = ["Dataset", "Estimator", "Evidence", "Fit", "Metric", "Recipe", "Stage", "Tuned"]
    claims = ["beats", "matches", "reaches", "to_reach"]
    designs = ["FixedSplit", "Holdout", "KFolds", "LeaveOneGroupOut", "SealedRows", "TimeSeries"]
    names = sorted([*words, *designs, *claims])
    assert negres_core.__all__ == names
    for name in negres_core.__all__:
        public = getattr(negres_core, name)
        assert public.__name__ == name
        assert public.__module__.startswith("negres_core.")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'negres_core' has no attribute 'Experiment'"):
        negres_core.Experiment  # noqa: B018


def test_importing_negres_imports_nothing_heavy():
    process = run_python("-c", "import json, sys, negres_core; print(json.dumps(sorted(sys.modules)))")
    modules = set(json.loads(process.stdout))
    assert "negres_core.arms.recipe" in modules
    assert not HEAVY & modules


def test_collecting_hypotheses_imports_nothing_heavy(tmp_path):
    (tmp_path / "spy.py").write_text(SPY)
    options = ("-p", "spy", "-p", "no:cacheprovider", "--collect-only", "--quiet")
    run_python("-m", "pytest", *options, "benchmarks", path=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert any(test.startswith("benchmarks/test_growth.py::") for test in report["tests"])
    assert "negres_core.plugin" in report["modules"]
    assert not HEAVY & set(report["modules"])
