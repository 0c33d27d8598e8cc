"""Records of earlier versions are rewritten whole or not at all, and no file is lost."""

from __future__ import annotations

import json

import pytest

from negres_core.errors import EvidenceError
from negres_core.evidence import Store
from negres_core.evidence.record import digest_of
from negres_core.evidence.rewriting import KINDS, find_older, rewrite
from tests.fakes import as_version_1

EVIDENCE = KINDS[0]


@pytest.fixture
def older(store, new_evidence):
    """The older record of a folder that has evidence of schema version 1."""
    store.write_evidence(new_evidence(expected="refuted", outcome="as expected"))
    [path] = store.evidence_paths()
    content = as_version_1(json.loads(path.read_text()))
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    [[found], current] = find_older(store, EVIDENCE)
    assert (found.path, found.version, current) == (path, 1, 0)
    return found


def test_the_file_says_what_was_read_from_the_older_one(store, older):
    before = store.read_evidence(older.path)

    assert rewrite(older, store.folder)

    assert json.loads(older.path.read_text())["schema_version"] == 2
    assert Store(store.folder).read_evidence(older.path) == before
    assert find_older(store, EVIDENCE) == ([], 1)


def test_the_old_file_is_kept_and_not_missed(store, older):
    rewrite(older, store.folder)

    [aside] = store.folder.glob("set-aside/*")
    assert aside.read_bytes() == older.content
    assert store.lost() == []
    assert len(store.all_evidence()) == 1


def test_superseded_evidence_is_rewritten_too(store, older):
    superseded = older.path.with_name("evidence-0123456789ab.json")
    superseded.write_bytes(older.content)

    records, current = find_older(store, EVIDENCE)

    assert ([each.path for each in records], current) == ([superseded, older.path], 0)
    assert all(rewrite(each, store.folder) for each in records)
    assert find_older(store, EVIDENCE) == ([], 2)
    assert len(list(store.folder.glob("set-aside/*"))) == 2
    assert store.lost() == []


def test_a_file_that_changed_meanwhile_is_left(store, older, new_evidence):
    store.write_evidence(new_evidence(verdict="supported"))

    assert not rewrite(older, store.folder)
    assert store.read_evidence(older.path).verdict == "supported"


def test_killed_between_two_writes_nothing_is_lost_and_it_can_be_repeated(store, older, monkeypatch):
    from negres_core.evidence import rewriting

    write = rewriting.write_atomically

    def die_at_the_record(path, content):
        if path == older.path:
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(rewriting, "write_atomically", die_at_the_record)
    with pytest.raises(KeyboardInterrupt):
        rewrite(older, store.folder)
    assert older.path.read_bytes() == older.content
    monkeypatch.undo()

    assert rewrite(older, store.folder)
    assert len(list(store.folder.glob("set-aside/*"))) == 1


def test_a_full_disk_is_an_error_that_says_what_to_do(store, older, monkeypatch):
    def fail(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("negres_core.evidence.rewriting.write_atomically", fail)

    with pytest.raises(EvidenceError, match=r"(?s)cannot be rewritten.*No space left.*Make room"):
        rewrite(older, store.folder)
    assert older.path.read_bytes() == older.content


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_current_records_of_each_kind_are_recognized(kind, store, new_evidence, new_replicate):
    store.write_evidence(new_evidence())
    store.record(new_replicate(), b"a trained model")

    assert find_older(store, kind) == ([], 0 if kind.name == "bisections" else 1)
