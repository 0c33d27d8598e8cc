"""Better wording and other folders leave a registered hypothesis registered; other numbers do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import negres_core
from negres_core.cli import main
from negres_core.evidence import Store
from tests.sessions import HYPOTHESIS

SUPPORTED = HYPOTHESIS.format(expected="supported")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's source, which is digested in the place of the real one."""
    source = Path(negres_core.__file__).parent
    copy = shutil.copytree(source, tmp_path / "negres_core", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(negres_core, "__file__", str(copy / "__init__.py"))
    return copy


@pytest.fixture
def registered(session, package, pytester, git):
    """A repository whose hypothesis was registered, with the ledger committed."""
    git("-C", pytester.path, "init")
    session(SUPPORTED, "--negres-register")
    git("-C", pytester.path, "add", "negres-ledger.jsonl")
    git("-C", pytester.path, "commit", "-m", "registered")
    return pytester.path


def edit(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new))


def registration_in(folder):
    store = Store(folder / ".negres")
    [path] = store.evidence_paths()
    return store.read_evidence(path).registration


def reword(package):
    """Change a docstring, a comment and the wording of a finding."""
    edit(package / "statistics/resampled_t.py", '"""Estimate the mean difference', '"""Compute the mean difference')
    edit(package / "verdict.py", "\nMAX_", "\n# A comment.\nMAX_")
    edit(package / "controls/finite.py", 'threshold="', 'threshold="Reworded: ')


def move(package):
    """Move a function into another module of the analysis, and rename the module of another."""
    text = (package / "seeds.py").read_text()
    (package / "seeds.py").write_text("from negres_core.statistics.seeds import derive_seed\n")
    (package / "statistics/seeds.py").write_text(text)
    (package / "statistics/resampled_t.py").rename(package / "statistics/corrected_t.py")


@pytest.mark.parametrize("change", [reword, move], ids=["docstring, comment and wording", "places of modules"])
def test_prose_and_places_leave_a_hypothesis_registered(session, registered, package, capsys, change):
    change(package)

    session(SUPPORTED).stdout.fnmatch_lines(["*supported *as registered*"])

    assert (registration_in(registered).status, registration_in(registered).notes) == ("registered", [])
    assert main(["register", "--verify", "--ledger", str(registered / "negres-ledger.jsonl")]) == 0
    assert "verified" in capsys.readouterr().out


def test_a_docstring_of_the_test_file_leaves_a_hypothesis_registered(session, registered):
    worded = SUPPORTED + '\n"""The file of a claim."""\n'

    session(worded).stdout.fnmatch_lines(["*supported *as registered*"])


def test_a_docstring_of_a_build_function_retrains_nothing(session, registered, quick_engine):
    session(SUPPORTED)
    trained = quick_engine.jobs
    named = "def small(input_shape, outputs):\n"
    worded = f'{named}    """Return one layer."""\n    # A comment.\n'

    result = session(SUPPORTED, head=lambda head: head.replace(named, worded))

    result.stdout.fnmatch_lines(["*supported *as registered*"])
    assert quick_engine.jobs == trained


def test_another_constant_in_the_statistics_is_a_change(session, registered, package):
    edit(package / "statistics/standard_error.py", "1.0 / cell_count", "2.0 / cell_count")

    session(SUPPORTED).stdout.fnmatch_lines(["*supported *as expected*"])

    assert (registration_in(registered).status, registration_in(registered).changed) == ("changed", ["analysis code"])
