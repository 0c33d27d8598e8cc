"""The suite of hypotheses: every one is registered, and every family asks its question."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FAMILIES = sorted((ROOT / "benchmarks").glob("test_*.py"))
SPY = """
import json, pathlib

def pytest_collection_finish(session):
    told = {}
    for item in session.items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        told[item.nodeid] = ["experiment" in item.fixturenames, params.get("expected")]
    pathlib.Path(__file__).with_name("told.json").write_text(json.dumps(told))
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Test id to whether it is a hypothesis, and the verdict it register_or_compare."""
    folder = tmp_path_factory.mktemp("spy")
    (folder / "spy.py").write_text(SPY)
    options = ("-p", "spy", "-p", "no:cacheprovider", "--collect-only", "--quiet", "benchmarks")
    environment = {"PATH": "", "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT, env=environment, check=True)
    return json.loads((folder / "told.json").read_text())


def test_every_family_has_tests(collected):
    assert {test.partition("::")[0] for test in collected} == {f"benchmarks/{path.name}" for path in FAMILIES}


def test_every_hypothesis_registers_a_verdict(collected):
    registered = {test: expected for test, (is_hypothesis, expected) in collected.items() if is_hypothesis}
    assert registered
    assert {test: verdict for test, verdict in registered.items() if verdict not in ("supported", "refuted")} == {}


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_a_family_begins_with_its_question(path):
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert docstring.partition("\n")[0].endswith("?")
