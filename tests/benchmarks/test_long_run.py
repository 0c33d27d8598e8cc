"""The long run on Covertype: its split, its recipe and its record, on a few rows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import long_run
from negres_core import Dataset


@pytest.fixture(scope="module")
def few():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=(1600, 10)), np.eye(4)[rng.integers(4, size=1600)]])
    return Dataset(x=x, y=(x[:, 0] > 0).astype(int), name="few rows")


def test_the_rows_are_split_into_64_16_and_20_percent(few):
    cell = long_run.split_rows(few)
    parts = [cell.train, cell.validation, cell.test]
    assert [len(part) for part in parts] == [1024, 256, 320]
    assert sorted(np.concatenate(parts)) == list(range(1600))


def test_quantities_become_normal_and_one_hot_columns_stay(few):
    prepared = long_run.normal_quantiles().fit_transform(few.x)
    assert np.abs(np.median(prepared[:, :10], axis=0)).max() < 0.2
    np.testing.assert_array_equal(prepared[:, 10:], few.x[:, 10:])


def test_it_trains_and_writes_a_record_and_a_picture(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(long_run, "load_covertype", lambda: few)
    monkeypatch.setattr(long_run, "WIDTH", 8)
    long_run.main([str(tmp_path), "--epochs", "2"])
    record = json.loads((tmp_path / "long-run.json").read_text())
    assert record["budget"]["steps"] == 2
    assert len(record["validation_accuracy"]) == 2
    assert (tmp_path / "long-run.png").read_bytes().startswith(b"\x89PNG")
    assert f"accuracy {record['test']['accuracy']:.4f}" in capsys.readouterr().out
