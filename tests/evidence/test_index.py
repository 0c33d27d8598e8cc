"""The index answers what the records say, is rebuilt whenever it cannot be used, and never hides a change."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest

from negres_core.errors import EvidenceError
from negres_core.evidence import Store, Summaries, index

WEIGHT = {
    "path": "dense/kernel",
    "shape": (3, 2),
    "trainable": True,
    "frozen": False,
    "start": "a",
    "end": "b",
    "inherited_from": None,
}
FIELDS = [
    {"status": "not finite", "metrics": {"accuracy": None, "loss": None}, "curve": [0.7, None]},
    {"validation": [0.1, 0.2], "monitored": [0.3, None], "best_epoch": 1, "model": None},
    {"predictions": {"mean": None, "sd": 0.5, "low": -1e-30}, "cost": {"train_s": 1e300, "memory_bytes": None}},
    {"metrics": {"accuracy": 0.1 + 0.2, 'a "metric"\u2028 of\nlines': 5e-324}},
    {"provenance": {"backend": "jax", "device": "cpu: \u202eother"}},
]
"""Fields of replicates that differ from those of others."""


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Make the index worth its while for two records, and let a file settle at once."""
    monkeypatch.setattr(index, "WORTHWHILE", 2)
    monkeypatch.setattr(index, "SETTLED_NS", -(10**12))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "evidence"


@pytest.fixture
def ids(folder, new_replicate):
    """The ids of replicates of which each has other fields."""
    provenance = new_replicate().provenance.model_dump()
    return [
        Store(folder)
        .record(
            new_replicate(
                seed=seed,
                weights=[WEIGHT],
                **fields | ({"provenance": provenance | fields["provenance"]} if "provenance" in fields else {}),
            )
        )
        .id
        for seed, fields in enumerate([{}, *FIELDS])
    ]


@pytest.fixture
def read(folder, monkeypatch):
    """Return a function that reads summaries, and how many records it read for them."""
    read_replicate, seen = Store.read_replicate, []
    monkeypatch.setattr(Store, "read_replicate", lambda store, id: seen.append(id) or read_replicate(store, id))

    def run(ids, **options):
        del seen[:]
        with Summaries(Store(folder, read_only=True, **options)) as summaries:
            return summaries.read(ids), len(seen)

    return run


def expected(folder, ids):
    store = Store(folder, read_only=True)
    return {id: store.read_replicate(id).updated(weights=[]) for id in ids}


def texts(replicates):
    return [each.model_dump_json() for each in replicates]


def test_the_index_says_exactly_what_the_records_say(folder, ids, read):
    known = expected(folder, ids)

    first, second = read(ids), read(ids)

    assert first == (known, len(ids))
    assert second == (known, 0)
    assert [texts(each.values()) for each in (first[0], second[0])] == [texts(known.values())] * 2
    assert list(second[0]) == ids
    assert all(second[0][id].key.id == id for id in ids)


def test_a_few_records_are_read_and_make_no_index(folder, ids, read, monkeypatch):
    monkeypatch.setattr(index, "WORTHWHILE", len(ids) + 1)

    assert read(ids)[1] == read(ids)[1] == len(ids)
    assert not (folder / index.FILE).exists()


def test_new_records_are_added_to_those_that_are_known(ids, read):
    read(ids[:3])

    assert read(ids)[1] == len(ids) - 3
    assert read(ids)[1] == 0
    assert read(reversed(ids))[1] == 0


def edit(path):
    """Change a digit in a file, in place, and give it its earlier time."""
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"epochs": 2', b'"epochs": 3'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_a_record_that_was_edited_is_found_even_if_its_size_and_time_are_as_before(folder, ids, read):
    read(ids)
    notes = []
    edit(Store(folder).replicate_path(ids[0]))

    found, count = read(ids, note=notes.append)

    assert (found[ids[0]], count) == (None, 1)
    assert [note for note in notes if ids[0] in note and "it was edited" in note] == notes != []


def test_a_record_that_was_recorded_anew_is_read_again(folder, ids, read, new_replicate):
    read(ids)
    Store(folder).record(new_replicate(metrics={"accuracy": 0.25}))

    found, count = read(ids)

    assert (found[ids[0]].metrics, count) == ({"accuracy": 0.25}, 1)


def test_a_record_that_was_removed_is_missing(folder, ids, read):
    read(ids)
    Store(folder).replicate_path(ids[0]).unlink()

    assert read(ids)[0][ids[0]] is None


def test_a_file_that_has_just_been_written_is_not_in_the_index(ids, read, monkeypatch):
    monkeypatch.setattr(index, "SETTLED_NS", 10**15)
    read(ids)

    assert read(ids)[1] == len(ids)


def test_a_copy_of_a_folder_is_read_again(folder, ids, read):
    read(ids)
    shutil.copytree(folder, folder.with_name("copy"))
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("copy"), folder, copy_function=shutil.copy)
    known = expected(folder, ids)

    assert read(ids) == (known, len(ids))
    assert read(ids) == (known, 0)


def sql(folder, *statements):
    connection = sqlite3.connect(folder / index.FILE)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


DAMAGE = {
    "missing": lambda folder: (folder / index.FILE).unlink(),
    "empty": lambda folder: (folder / index.FILE).write_bytes(b""),
    "no database": lambda folder: (folder / index.FILE).write_bytes(b"x" * 10_000),
    "cut off": lambda folder: os.truncate(folder / index.FILE, 4096),
    "overwritten": lambda folder: (folder / index.FILE).write_bytes(
        (folder / index.FILE).read_bytes()[:4096] + b"\xff" * 20_000
    ),
    "another version": lambda folder: sql(folder, "PRAGMA user_version = 1"),
    "another table": lambda folder: sql(folder, "CREATE TABLE more (id TEXT)"),
    "a view": lambda folder: sql(
        folder, "ALTER TABLE replicates RENAME TO others", "CREATE VIEW replicates AS SELECT * FROM others"
    ),
    "no provenance": lambda folder: sql(folder, "DELETE FROM provenances"),
    "changed content": lambda folder: sql(folder, "UPDATE replicates SET content = replace(content, 'seed', 'fold')"),
    "changed provenance": lambda folder: sql(folder, "UPDATE provenances SET content = replace(content, 'cpu', 'gpu')"),
    "numbers": lambda folder: sql(folder, "UPDATE replicates SET content = 1"),
    "nulls": lambda folder: sql(folder, "UPDATE replicates SET provenance = NULL"),
    "a folder": lambda folder: [(folder / index.FILE).unlink(), (folder / index.FILE).mkdir()],
    "a link": lambda folder: [
        (folder / index.FILE).rename(folder.with_name("elsewhere")),
        (folder / index.FILE).symlink_to(folder.with_name("elsewhere")),
    ],
    "a pipe": lambda folder: [(folder / index.FILE).unlink(), os.mkfifo(folder / index.FILE)],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_index_that_cannot_be_used_is_not_and_is_rebuilt(folder, ids, read, damage):
    known = expected(folder, ids)
    read(ids)
    DAMAGE[damage](folder)

    assert read(ids) == (known, len(ids))
    assert read(ids) == (known, len(ids) if damage == "a folder" else 0)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser can write everywhere")
def test_a_folder_that_cannot_be_written_has_no_index(folder, ids, read):
    folder.chmod(0o555)
    try:
        assert read(ids) == read(ids) == (expected(folder, ids), len(ids))
    finally:
        folder.chmod(0o755)


def test_without_sqlite_the_records_are_read(folder, ids):
    script = f"""
import sys

sys.modules["sqlite3"] = None  # as if Python had been built without it
from pathlib import Path
from negres_core.evidence import Store, Summaries, index

index.WORTHWHILE = 1
with Summaries(Store(Path({str(folder)!r}))) as summaries:
    assert None not in summaries.read({ids!r}).values()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert not (folder / index.FILE).exists()


def test_a_full_disk_costs_only_the_index(folder, ids, read, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "_write", fail)

    assert read(ids) == (expected(folder, ids), len(ids))
    assert sorted(path.name for path in folder.iterdir()) == ["replicates"]


def test_an_id_that_is_none_is_refused(folder):
    with pytest.raises(EvidenceError, match="32 hexadecimal digits"):
        Summaries(Store(folder)).read(["../../secret"])


WRITER = """
import sys
from pathlib import Path
from negres_core.evidence import Store, Summaries, index

index.WORTHWHILE, index.SETTLED_NS = 1, -(10**12)
store = Store(Path(sys.argv[1]), read_only=True)
for _ in range(5):
    for number in range(2, len(sys.argv)):
        with Summaries(store) as summaries:
            assert None not in summaries.read(sys.argv[2 : number + 1]).values()
"""


def test_processes_that_write_it_at_once_get_what_the_records_say(folder, ids, read):
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(folder)]
    writers = [subprocess.Popen([*command, *some]) for some in (ids, ids[::-1], ids[2:] + ids[:2])]

    assert [writer.wait() for writer in writers] == [0, 0, 0]
    known = expected(folder, ids)
    read(ids)
    assert read(ids)[0] == known
