import builtins
import hashlib
import importlib.util

import numpy as np
import pandas as pd
import pytest

from negres_core.errors import InputError
from negres_core.scores.table import IN_MEMORY, read_table

CSV = "arm,fold,score\nA,0,0.5\nB,0,0.25\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="scores.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["text", "path"])
def test_a_csv_file_is_read_as_text_with_its_digest(write, kind):
    path = write(CSV)

    table = read_table(kind(path))

    assert (table.names, table.is_text) == (("arm", "fold", "score"), True)
    assert [list(row) for row in table.rows] == [["A", "0", "0.5"], ["B", "0", "0.25"]]
    assert table.sha256 == hashlib.sha256(CSV.encode()).hexdigest()
    assert table.source == str(path)
    assert table.written_at.timestamp() == pytest.approx(path.stat().st_mtime, abs=1e-3)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xef\xbb\xbf" + CSV.encode(), "byte-order mark.csv"),
        (CSV.replace("\n", "\r\n"), "windows.csv"),
        (CSV.replace("\n", "\n\n"), "blank lines.csv"),
        (CSV.replace(",", " , "), "blanks.csv"),
        (CSV.replace(",", "\t"), "tabs.tsv"),
        (CSV.replace("A", '"A"'), "quoted.csv"),
    ],
)
def test_csv_as_other_programs_write_it_is_the_same_table(write, content, name):
    table = read_table(write(content, name))
    assert table.names == ("arm", "fold", "score")
    assert [[value.strip() for value in row] for row in table.rows] == [["A", "0", "0.5"], ["B", "0", "0.25"]]


@pytest.mark.parametrize(
    "scores",
    [
        pd.DataFrame({"fold": [0, 1], "A": [0.5, 0.25]}),
        pd.DataFrame({"A": [0.5, 0.25]}, index=pd.Index([0, 1], name="fold")),
        {"fold": [0, 1], "A": [0.5, 0.25]},
        [{"fold": 0, "A": 0.5}, {"fold": 1, "A": 0.25}],
        np.array([(0, 0.5), (1, 0.25)], dtype=[("fold", int), ("A", float)]),
    ],
    ids=["frame", "index", "columns", "rows", "structured array"],
)
def test_a_table_in_memory_is_what_a_data_frame_accepts(scores):
    table = read_table(scores)
    assert (table.names, list(map(list, table.rows))) == (("fold", "A"), [[0, 0.5], [1, 0.25]])
    assert (table.source, table.sha256, table.written_at, table.is_text) == (IN_MEMORY, None, None, False)


def test_a_frame_of_another_library_is_converted():
    class Frame:
        def to_pandas(self):
            return pd.DataFrame({"fold": [0], "A": [0.5]})

    assert read_table(Frame()).names == ("fold", "A")


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [
        ({}, "no rows of scores"),
        (pd.DataFrame({"fold": []}), "no rows of scores"),
        (pd.DataFrame([[1, 2]], columns=["A", "A"]), "same name"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("A", "score")])), "several levels"),
        (3, "neither a path nor a table"),
        ({"fold": [0, 1], "A": [1]}, "neither a path nor a table"),
    ],
)
def test_another_object_is_refused(scores, wrong):
    with pytest.raises(InputError, match=wrong):
        read_table(scores)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("", "no rows of scores"),
        ("arm,fold,score\n", "no rows of scores"),
        ("A,A\n1,2\n", "same name"),
        ("arm,fold\nA,0,0.5\n", "another number of values than the header"),
        (b"arm,fold\n\xff,1\n", "not a CSV file in UTF-8"),
        ('arm,fold\n"A,1\n', "not a CSV file in UTF-8"),
    ],
)
def test_another_file_is_refused(write, content, wrong):
    with pytest.raises(InputError, match=wrong):
        read_table(write(content))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read") as raised:
        read_table(tmp_path / "none.csv")
    assert "none.csv: No such file" in raised.value.received


def test_parquet_without_its_package_says_what_to_install(write, monkeypatch):
    load = builtins.__import__

    def refuse(name, *arguments, **options):
        if name.partition(".")[0] in ("pyarrow", "fastparquet"):
            raise ImportError(name)
        return load(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match="package that is not installed") as raised:
        read_table(write(b"PAR1", "scores.parquet"))
    assert "pip install pyarrow" in raised.value.remedy


@pytest.mark.parametrize("name", ["scores.parquet", "scores.PQ"])
def test_parquet_is_read_by_pandas(write, monkeypatch, name):
    frame = pd.DataFrame({"fold": [0, 1], "A": [0.5, 0.25]})
    monkeypatch.setattr(pd, "read_parquet", lambda file: frame if file.read() == b"PAR1" else None)

    table = read_table(write(b"PAR1", name))

    assert (table.names, list(map(list, table.rows))) == (("fold", "A"), [[0, 0.5], [1, 0.25]])
    assert (table.is_text, table.sha256) == (False, hashlib.sha256(b"PAR1").hexdigest())


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_a_parquet_file_holds_the_same_table(tmp_path):
    frame = pd.DataFrame({"fold": [0, 1], "A": [0.1, 0.2]})
    frame.to_parquet(tmp_path / "scores.parquet")
    assert list(map(list, read_table(tmp_path / "scores.parquet").rows)) == [[0, 0.1], [1, 0.2]]


def test_a_damaged_parquet_file_is_refused(write, monkeypatch):
    def fail(file):
        raise ValueError("no magic bytes")

    monkeypatch.setattr(pd, "read_parquet", fail)
    with pytest.raises(InputError, match="not a Parquet file"):
        read_table(write(b"PAR", "scores.parquet"))
