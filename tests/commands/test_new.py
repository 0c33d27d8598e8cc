from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from negres_core.cli import main
from negres_core.commands import new
from tests.sessions import evidence_in

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ["test_dropout_helps.py", ".github/workflows/hypotheses.yml", ".gitignore", "pytest.ini"]
HOSTILE = [
    "", " ", "_", "dropout-helps", "2_layers", "../outside", "a/b", "a\\b", "a b", "a.py", "a\n", "a\x1b[31m", "größe",
    "\udcff", "$name", '"""', "x" * 101,
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder; reading the settings of pytest installs an import hook."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    return folder


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_empty_folder_gets_all_that_a_claim_needs(folder, capsys):
    assert main(["new", "dropout_helps"]) == 0
    assert files_in(folder) == set(WRITTEN)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [f"wrote  {name}" for name in WRITTEN]
    assert lines[4:] == [
        "to do  list negres, with its backend, in requirements.txt, which the workflow installs",
        "next   pytest test_dropout_helps.py --negres-smoke",
        "then   pytest test_dropout_helps.py",
    ]


def test_the_claim_runs_and_registers_as_it_is_written(pytester, quick_engine, capsys):
    assert main(["new", "Dropout_helps"]) == 0
    smoke = pytester.runpytest_inprocess("-p", "no:hypothesispytest", "test_Dropout_helps.py", "--negres-smoke")
    smoke.assert_outcomes()
    smoke.stdout.fnmatch_lines(["*1 ran, not judged*"])
    options = ("-p", "no:hypothesispytest", "--negres-controls=cheap")
    pytester.runpytest_inprocess(*options, "--negres-register").assert_outcomes(skipped=1)
    assert Path("negres-ledger.jsonl").is_file()
    pytester.runpytest_inprocess(*options)
    evidence = evidence_in(Path(".negres"))
    assert evidence.hypothesis == "test_Dropout_helps.py::test_Dropout_helps"
    assert (evidence.title, evidence.data.name, evidence.expected) == ("Dropout helps", "digits", "supported")
    assert evidence.status == "finished"


@pytest.mark.parametrize("name", ["Dropout_helps", "class", "None", "test", "_a", "a" * 100, "name", "experiment"])
def test_the_name_is_that_of_the_file_and_of_the_test(folder, name):
    assert main(["new", name]) == 0
    tree = ast.parse((folder / f"test_{name}.py").read_text(encoding="utf-8"))
    tests = [each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]
    assert tests == [f"test_{name}"]
    assert "$" not in (folder / f"test_{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_another_name_is_refused(folder, tmp_path, name, capsys):
    assert main(["new", name]) == 2
    error = capsys.readouterr().err
    assert error.startswith("negres: This cannot be the name of a test.\n  Received: ")
    assert "\x1b" not in error
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize(("name", "remedy"), [("test_a", "negres new a"), ("Test_", "negres new dropout_helps")])
def test_a_name_with_test_is_refused(folder, name, remedy, capsys):
    assert main(["new", name]) == 2
    assert remedy in capsys.readouterr().err
    assert files_in(folder) == set()


def test_a_claim_is_never_overwritten(folder, capsys):
    (folder / "test_a.py").write_text("mine")
    assert main(["new", "a"]) == 2
    assert f"Received: {folder / 'test_a.py'}" in capsys.readouterr().err
    assert files_in(folder) == {"test_a.py"}
    assert (folder / "test_a.py").read_text() == "mine"


def test_a_link_is_not_followed(folder, tmp_path):
    (folder / "test_a.py").symlink_to(tmp_path / "outside")
    assert main(["new", "a"]) == 2
    (folder / "pytest.ini").symlink_to(tmp_path / "outside")
    assert main(["new", "b"]) == 0
    assert not (tmp_path / "outside").exists()


def test_what_else_exists_stays_as_it_is(folder, capsys):
    texts = {".github/workflows/hypotheses.yml": "mine", ".gitignore": "/build\n", "pytest.ini": "[pytest]\n"}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "requirements.txt").write_text("negres[cpu] @ file:///negres\n")
    assert main(["new", "a"]) == 0
    assert {name: (folder / name).read_text() for name in texts} == texts
    out = capsys.readouterr().out
    assert "wrote  test_a.py\nkept   .github/workflows/hypotheses.yml\nkept   .gitignore\n" in out
    assert "to do  add the line .negres/ to .gitignore\n" in out
    assert "to do  add negres_ledger = negres-ledger.jsonl to [pytest] of pytest.ini\n" in out
    assert "requirements.txt" not in out


def test_a_second_claim_needs_only_its_file(folder, capsys):
    main(["new", "a"])
    capsys.readouterr()
    assert main(["new", "b"]) == 0
    out = capsys.readouterr().out
    assert out.count("wrote") == 1
    assert out.count("to do") == 1


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", "[project]\n", 'add negres_ledger = "negres-ledger.jsonl" to [tool.pytest.ini_options]'),
        ("tox.ini", "[pytest]\n", "add negres_ledger = negres-ledger.jsonl to [pytest] of tox.ini"),
        ("setup.cfg", "[tool:pytest]\n", "add negres_ledger = negres-ledger.jsonl to [tool:pytest] of setup.cfg"),
    ],
)
def test_settings_elsewhere_are_not_touched(folder, name, text, line, capsys):
    (folder / name).write_text(text)
    assert main(["new", "a"]) == 0
    assert (folder / name).read_text() == text
    assert not (folder / "pytest.ini").exists()
    assert f"to do  {line}" in capsys.readouterr().out


def test_settings_above_the_project_are_not_its_own(folder, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = empty\n")
    assert main(["new", "a"]) == 0
    assert (folder / "pytest.ini").is_file()


@pytest.mark.parametrize("inside", [False, True])
def test_a_claim_goes_where_pytest_looks_for_tests(folder, monkeypatch, inside, capsys):
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = none 'my tests'\n")
    (folder / ".git").mkdir()
    (folder / "my tests" / "deep").mkdir(parents=True)
    if inside:
        monkeypatch.chdir(folder / "my tests" / "deep")
    assert main(["new", "a"]) == 0
    assert (folder / "my tests" / "deep" / "test_a.py" if inside else folder / "my tests" / "test_a.py").is_file()
    assert (folder / ".github" / "workflows" / "hypotheses.yml").is_file()
    assert ("then   pytest test_a.py" if inside else "then   pytest 'my tests/test_a.py'") in capsys.readouterr().out


def test_nothing_is_written_if_something_cannot_be(folder, capsys):
    (folder / ".github").write_text("a file")
    assert main(["new", "a"]) == 2
    assert "A file cannot be written (Not a directory), so nothing was written." in capsys.readouterr().err
    assert files_in(folder) == {".github"}


def test_folders_that_were_made_are_removed_again(folder):
    (folder / "b").write_text("mine")
    with pytest.raises(ValueError, match="does not overwrite files"):
        new.write_all({folder / "x" / "y" / "a": "text", folder / "b": "text"})
    assert [path.name for path in folder.iterdir()] == ["b"]
    assert (folder / "b").read_text() == "mine"


def test_the_workflow_is_the_one_of_the_documentation():
    own = (ROOT / "docs" / "workflows" / "hypotheses.yml").read_bytes()
    assert (ROOT / "negres_core" / "commands" / "templates" / "hypotheses.yml").read_bytes() == own
