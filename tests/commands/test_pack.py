from __future__ import annotations

import csv
import sys
import zipfile

import numpy as np
import pytest

from negres_core.cli import main
from negres_core.evidence import Store


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with evidence: the verdict on a table of scores, registered before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])  # reading settings of pytest installs an import hook
    rng = np.random.default_rng(1)
    rows = [(repeat, fold, 0.85 + 0.01 * rng.normal(), 0.8) for repeat in range(3) for fold in range(4)]
    with (tmp_path / "scores.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("repeat", "fold", "A", "B"), *rows])
    among = ["--metric", "accuracy", "--treatment", "A", "--control", "B", "--folds", "4", "--repeats", "3"]
    claim = ["judge", "scores.csv", "--claim", "beats", *among, "--expected", "supported"]
    assert main([*claim, "--register"]) == 0
    assert main(claim) == 0
    return tmp_path


def test_an_archive_verifies_anywhere_with_its_own_ledger(folder, capsys, monkeypatch):
    capsys.readouterr()
    assert main(["pack"]) == 0
    assert capsys.readouterr().out.startswith("evidence.zip: 1 hypothesis, 2 files, 0.0 MB")
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert main(["verify", "../evidence.zip"]) == 0
    assert capsys.readouterr().out.startswith("verified ")
    assert main(["table", "../evidence.zip"]) == 0
    assert "as registered" in capsys.readouterr().out
    assert main(["export", "../evidence.zip"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 24
    assert main(["compare", "../evidence.zip", "../.negres"]) == 0


def test_one_digit_that_was_changed_is_named(folder, capsys):
    assert main(["pack", "--output", "whole.zip"]) == 0
    with zipfile.ZipFile("whole.zip") as old, zipfile.ZipFile("changed.zip", "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith("evidence.json"):
                content = content.replace(b'"effect": 0.0', b'"effect": 0.1', 1)
            new.writestr(entry, content)
    assert main(["verify", "changed.zip"]) == 1
    assert "evidence.json is damaged: its content does not match its digest" in capsys.readouterr().err


def test_an_archive_is_not_overwritten(folder, capsys):
    assert main(["pack"]) == 0
    before = (folder / "evidence.zip").read_bytes()
    assert main(["pack"]) == 2
    assert "The file exists already." in capsys.readouterr().err
    assert (folder / "evidence.zip").read_bytes() == before


def test_registered_evidence_needs_its_ledger(folder, capsys):
    assert main(["pack", "--ledger", "none.jsonl"]) == 2
    assert "cannot be verified without its ledger" in capsys.readouterr().err
    assert not (folder / "evidence.zip").exists()


def test_damage_is_not_packed(folder, capsys):
    [path] = Store(folder / ".negres").evidence_paths()
    path.write_text("{")
    assert main(["pack"]) == 1
    assert not (folder / "evidence.zip").exists()


def test_nothing_is_left_behind(folder, monkeypatch):
    (folder / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "temporary"))
    assert main(["pack"]) == 0
    assert main(["verify", "evidence.zip"]) == 0
    (folder / "broken.zip").write_bytes(b"no archive")
    assert main(["verify", "broken.zip"]) == 2
    assert not list((folder / "temporary").iterdir())
