"""The benchmarks: every hypothesis expects a verdict, every family asks its question, every other module has tests."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = sorted((ROOT / "benchmarks").glob("test_*.py"))
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "benchmarks").rglob("*.py") if path not in FAMILIES)
SPY = """
import json, pathlib

def pytest_collection_finish(session):
    hypotheses = {}
    for item in session.items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        hypotheses[item.nodeid] = ["experiment" in item.fixturenames, params.get("expected")]
    pathlib.Path(__file__).with_name("collected.json").write_text(json.dumps(hypotheses))
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """For each test id, whether the test is a hypothesis, and the verdict that it expects."""
    folder = tmp_path_factory.mktemp("spy")
    (folder / "spy.py").write_text(SPY)
    options = ("-p", "spy", "-p", "no:cacheprovider", "--collect-only", "--quiet", "benchmarks")
    environment = {"PATH": "", "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT, env=environment, check=True)
    return json.loads((folder / "collected.json").read_text())


def test_every_family_has_tests(collected):
    assert {test.partition("::")[0] for test in collected} == {f"benchmarks/{path.name}" for path in FAMILIES}


def test_every_hypothesis_expects_a_decided_verdict(collected):
    verdicts = {test: expected for test, (is_hypothesis, expected) in collected.items() if is_hypothesis}
    assert verdicts
    assert {test: verdict for test, verdict in verdicts.items() if verdict not in ("supported", "refuted")} == {}


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.name)
def test_a_family_begins_with_its_question(path):
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert docstring.partition("\n")[0].endswith("?")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_other_module_has_its_tests(module):
    mirror = Path("tests", module.parent, f"test_{module.name}")
    assert (ROOT / mirror).is_file(), f"{module} has no tests: write {mirror}"
