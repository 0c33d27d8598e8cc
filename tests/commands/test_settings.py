from __future__ import annotations

import argparse
import sys

import pytest

from negres_core.cli import main
from negres_core.commands.settings import add_ledger, folder_of, ledger_of, root_of, settings_of_pytest


@pytest.fixture
def options(tmp_path, monkeypatch):
    """The options of a command that is started in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])  # reading settings of pytest installs an import hook
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return argparse.Namespace(settings=None, ledger=None)


def test_the_settings_are_read_once(options):
    assert settings_of_pytest(options) is settings_of_pytest(options)


@pytest.mark.parametrize("place", ["ini", "environment"])
def test_the_folder_is_the_one_that_pytest_would_use(options, tmp_path, monkeypatch, place):
    if place == "ini":
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --negres-evidence=mine\n")
    else:
        monkeypatch.setenv("PYTEST_ADDOPTS", "--negres-evidence mine")
    assert str(folder_of(settings_of_pytest(options))) == "mine"


def test_from_a_subfolder_the_folder_above_with_evidence_is_the_root(options, tmp_path, monkeypatch):
    (tmp_path / ".negres").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert root_of(settings_of_pytest(options)) == tmp_path


def test_the_ledger_is_that_of_the_settings_or_the_one_that_is_named(options, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nnegres_ledger = claims.jsonl\n")
    assert ledger_of(options).path == tmp_path / "claims.jsonl"
    parser = argparse.ArgumentParser()
    add_ledger(parser)
    assert ledger_of(parser.parse_args(["--ledger", "other.jsonl"])).path.name == "other.jsonl"


@pytest.mark.parametrize("text", ["[tool.pytest.ini_options", '[tool.pytest.ini_options]\nminversion = "99"\n'])
def test_settings_that_pytest_refuses_are_an_error_with_its_reason(tmp_path, monkeypatch, capsys, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    (tmp_path / "pyproject.toml").write_text(text)
    for command in (["table"], ["new", "a"]):
        assert main(command) == 2
        assert f"pytest refuses its settings.\n  Received: {tmp_path / 'pyproject.toml'}: " in capsys.readouterr().err
