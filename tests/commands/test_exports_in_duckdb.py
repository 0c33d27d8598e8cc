"""The files of `negres export`, read by DuckDB: every number is that of the record, and every column has its type."""

from __future__ import annotations

import sys

import pytest

from negres_core.cli import main
from negres_core.evidence import Store
from tests.fakes import BUDGET, DESCRIPTION

duckdb = pytest.importorskip("duckdb")

NUMBERS = [0.1 + 0.2, -1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 123456789.123456789, None]
"""Exact as doubles; None is not finite."""
TEXT, WHOLE, NUMBER = "VARCHAR", "BIGINT", "DOUBLE"
TYPES = dict.fromkeys(("hypothesis", "test", "data", "role", "recipe", "replicate"), TEXT)
TYPES |= dict.fromkeys(("repeat", "fold", "seed"), WHOLE) | {"status": TEXT}
TYPES |= dict.fromkeys(("accuracy", "loss", "train_s"), NUMBER)


@pytest.fixture
def files(tmp_path, monkeypatch, capsys):
    """Return a function that exports the folder in each format, and returns the files by their format."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])

    def export():
        paths = {each: tmp_path / f"rows.{each}" for each in ("csv", "json", "parquet")}
        for each in ("csv", "json"):
            assert main(["export", "evidence", f"--{each}"]) == 0
            paths[each].write_text(capsys.readouterr().out, encoding="utf-8")
        pytest.importorskip("pyarrow")
        assert main(["export", "evidence", "--parquet", str(paths["parquet"])]) == 0
        return paths

    return export


@pytest.fixture
def record(tmp_path, new_evidence, new_replicate):
    """Return a function that records a hypothesis with a replicate for each mapping of metrics."""

    def make(*metrics, recipe="wide", **fields):
        store = Store(tmp_path / "evidence")
        replicates = [
            store.record(new_replicate(seed=seed, metrics=each), b"a model") for seed, each in enumerate(metrics)
        ]
        arm = {"role": "treatment", "recipe": recipe, "description": DESCRIPTION, "budget": BUDGET, "metrics": {}}
        ids = [[each.id for each in replicates]]
        store.write_evidence(new_evidence(arms=[arm | {"values": [], "replicates": ids}], **fields))
        return replicates

    return make


def read(path):
    """Return the rows that DuckDB reads from a file, without any option, and the types of its columns."""
    table = duckdb.sql(f"select * from '{path}'")
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()], {
        name: str(kind) for name, kind in zip(table.columns, table.types, strict=True)
    }


def test_numbers_are_exact_and_types_as_documented(record, files):
    replicates = record(*({"accuracy": each, "loss": 0.5} for each in NUMBERS))
    for path in files().values():
        rows, types = read(path)
        assert types == TYPES, path
        assert [row["accuracy"] for row in rows] == NUMBERS
        assert [str(row["accuracy"]) for row in rows] == list(map(str, NUMBERS))  # -0.0 equals 0.0
        assert [row["replicate"] for row in rows] == [each.id for each in replicates]
        assert [row["seed"] for row in rows] == list(range(len(NUMBERS)))
        assert {row["train_s"] for row in rows} == {0.2}


def test_a_query_over_the_file_gives_the_mean_of_the_records(record, files):
    replicates = record({"accuracy": 0.25, "loss": 1.0}, {"accuracy": 0.5, "loss": 1.0})
    query = "select role, avg(accuracy) from '{}' where status = 'finished' group by role"
    mean = sum(each.metrics["accuracy"] for each in replicates) / 2
    for path in files().values():
        assert duckdb.sql(query.format(path)).fetchall() == [("treatment", mean)]


def test_a_parquet_file_without_rows_has_its_types(tmp_path, new_evidence, files):
    Store(tmp_path / "evidence").write_evidence(new_evidence())
    rows, types = read(files()["parquet"])
    assert rows == []
    assert types == {name: kind for name, kind in TYPES.items() if name not in ("accuracy", "loss")}


def test_hostile_texts_are_one_row_and_no_formula(record, files):
    name = "=1+1;\"'\t\n\x00\x1b[31m\u202e,<script>\\" + "x" * 10_000
    record({"accuracy": -0.5, "loss": 0.5, name: 0.25}, recipe=name, title=name, data={"name": name})
    paths = files()
    for kind in ("json", "parquet"):
        [row], _ = read(paths[kind])
        assert (row["hypothesis"], row["recipe"], row["data"], row[name]) == (name, name, name, 0.25)
    [row], _ = read(paths["csv"])
    shown = "'=1+1;\"'\\t\\n\\x00\\x1b[31m\\u202e,<script>\\" + "x" * 10_000
    assert (row["hypothesis"], row["recipe"], row["data"], row[shown]) == (shown, shown, shown, 0.25)
    assert row["accuracy"] == -0.5
