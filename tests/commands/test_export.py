from __future__ import annotations

import builtins
import json
import sys

import pandas as pd
import pytest

from negres_core.cli import main
from negres_core.evidence import Store
from tests.fakes import BUDGET, DESCRIPTION


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, new_evidence, new_replicate):
    """A folder with one replicate of one hypothesis."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    store = Store(tmp_path / "evidence")
    replicate = store.record(new_replicate(metrics={"accuracy": 0.1 + 0.2}), b"a model")
    arm = {"role": "treatment", "recipe": "=wide", "description": DESCRIPTION, "budget": BUDGET, "metrics": {}}
    store.write_evidence(new_evidence(arms=[arm | {"values": [], "replicates": [[replicate.id]]}]))
    return tmp_path


def test_csv_is_the_default(capsys):
    assert main(["export", "evidence"]) == 0
    default = capsys.readouterr().out
    assert main(["export", "evidence", "--csv"]) == 0
    assert capsys.readouterr().out == default
    assert "'=wide" in default
    assert "0.30000000000000004" in default


def test_json_lines(capsys):
    assert main(["export", "evidence", "--json"]) == 0
    [row] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["recipe"], row["accuracy"], row["fold"]) == ("=wide", 0.1 + 0.2, 0)


def test_parquet_is_read_back_exactly(folder, capsys):
    pytest.importorskip("pyarrow")
    assert main(["export", "evidence", "--parquet", "rows.parquet"]) == 0
    assert capsys.readouterr().out == ""
    table = pd.read_parquet(folder / "rows.parquet")
    assert (table.recipe[0], table.accuracy[0], table.fold[0]) == ("=wide", 0.1 + 0.2, 0)


def test_a_file_that_cannot_be_written_is_an_error(capsys):
    pytest.importorskip("pyarrow")
    assert main(["export", "evidence", "--parquet", "none/rows.parquet"]) == 2
    assert "The file cannot be written." in capsys.readouterr().err


def test_parquet_without_its_library_is_an_error(capsys, monkeypatch):
    real = builtins.__import__

    def fail(name, *args, **kwargs):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fail)
    for name in [each for each in sys.modules if each.partition(".")[0] in ("pyarrow", "fastparquet")]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["export", "evidence", "--parquet", "rows.parquet"]) == 2
    assert "Parquet needs pyarrow" in capsys.readouterr().err
