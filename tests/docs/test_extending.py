"""Extending negres: the files on that page, written to their paths in a copy of the repository, work as they are."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^\*\*`([^`]+)`\*\*(?:, ([^\n]+))?\n\n```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
FILES = {path: text for path, place, text in BLOCKS if not place}
ADDITIONS = [(path, place, text) for path, place, text in BLOCKS if place]
TESTS = [path for path in FILES if path.startswith("tests/")]
COPIED = ("benchmarks", "docs", "fixtures", "negres_core", "tests")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy of the repository with all files and additions of the page."""
    copy = tmp_path_factory.mktemp("repository")
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".negres"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    for path, text in FILES.items():
        (copy / path).write_text(text, encoding="utf-8")
    for path, place, text in ADDITIONS:
        file = copy / path
        file.write_text(add(file.read_text(encoding="utf-8"), place, text), encoding="utf-8")
    return copy


def add(source, place, text):
    """Add text to a source, at its end or above the one line that begins as the place says."""
    if place == "at its end":
        return f"{source}\n\n{text}"
    [beginning] = re.findall(r"above `(.+?) ?\.\.\.\)`", place)
    [line] = [line for line in source.splitlines(keepends=True) if line.strip().startswith(beginning)]
    indent = line[: len(line) - len(line.lstrip())]
    return source.replace(line, f"{indent}{text}{line}")


@pytest.fixture
def run(repository):
    """Run Python in the copy; its negres_core comes before the one that is installed."""

    def run(*arguments):
        environment = os.environ | {"PYTHONPATH": str(repository)}
        # The session is not one of this one's workers, and its table is not for a job's summary.
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
            environment.pop(name, None)
        ran = subprocess.run(
            [sys.executable, *arguments], cwd=repository, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    return run


def test_the_page_adds_one_thing_of_each_kind():
    assert [path for path in FILES if path not in TESTS] == [
        "fixtures/wine.py",
        "benchmarks/test_standardizing.py",
        "negres_core/controls/varied_inputs.py",
        "negres_core/diagnosis/scaled_back.py",
        "negres_core/pictures/errors.py",
        "negres_core/report/tally.py",
    ]
    assert PAGE.count("```python") == len(BLOCKS)


@pytest.mark.parametrize("path", FILES)
def test_a_file_on_the_page_is_new_and_short(path):
    assert not (ROOT / path).exists()
    assert len(FILES[path].splitlines()) <= 45


def test_the_files_pass_their_tests_and_those_of_the_house(run):
    modules = [path for path in FILES if path.startswith("negres_core/")]
    house = [
        f"tests/repository/test_house.py::{test}[{path}]"
        for path in modules
        for test in ("test_imports_point_down", "test_every_module_has_its_tests")
    ]

    output = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, *house)

    assert f"{2 * len(modules) + sum(FILES[path].count('def test_') for path in TESTS)} passed" in output


def test_the_hypothesis_runs(run):
    options = ("-p", "no:cacheprovider", "--negres-smoke", "--negres-controls", "cheap")

    output = run("-m", "pytest", "benchmarks/test_standardizing.py", *options)

    assert "standardized inputs are better" in output
    assert "1 ran, not judged" in output


def test_the_control_catches_the_bug_that_is_planted_for_it(run):
    output = run("-m", "tests.zoo", "--only", "inputs replaced", "--jobs", "1")

    [row] = [line for line in output.splitlines() if line.startswith("| inputs replaced by zeros")]
    assert "varied inputs" in row
    assert "invalid" in row


def test_the_report_has_a_command(run):
    program = "from negres_core.cli import main; raise SystemExit(main(['tally', '--help']))"

    assert "print how many hypotheses came to which verdict" in run("-c", program)
