"""Damaged records are named, set aside and can be recorded again. They are never trusted and never deleted."""

from __future__ import annotations

import hashlib
import json

import pytest

from negres_core.errors import EvidenceError

MODEL = b"a trained model"


def record_path(store, id):
    return store.folder / "replicates" / id[:2] / f"{id}.json"


def set_aside(store):
    return sorted((store.folder / "set-aside").glob("*"))


def seal(content):
    """Give edited content a matching digest, as an expert could."""
    content.pop("digest", None)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps(content | {"digest": hashlib.sha256(canonical.encode()).hexdigest()})


def truncate(path):
    path.write_bytes(path.read_bytes()[:-40])


def edit(path):
    path.write_text(path.read_text().replace('"accuracy": 0.75', '"accuracy": 0.95'))


def empty(path):
    path.write_bytes(b"")


def write_nan(path):
    path.write_text(path.read_text().replace('"accuracy": 0.75', '"accuracy": NaN'))


def write_a_number_beyond_floats(path):
    path.write_text(path.read_text().replace('"accuracy": 0.75', '"accuracy": 1e999'))


def write_a_list(path):
    path.write_text("[]")


def write_bytes_that_are_not_text(path):
    path.write_bytes(b"\xff\xfe\x00")


def remove_a_field(path):
    content = json.loads(path.read_text())
    del content["curve"]
    path.write_text(seal(content))


def name_a_file_outside_the_store(path):
    content = json.loads(path.read_text())
    content["model"]["file"] = "../../../secret.keras"
    path.write_text(seal(content))


def replace_it_by_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "not complete, strict JSON"),
        (edit, "does not match its digest"),
        (empty, "not complete, strict JSON"),
        (write_nan, "NaN is not strict JSON"),
        (write_a_number_beyond_floats, "not complete, strict JSON"),
        (write_a_list, "does not match its digest"),
        (write_bytes_that_are_not_text, "cannot be read"),
        (remove_a_field, "does not follow the schema"),
        (name_a_file_outside_the_store, "does not follow the schema"),
        (replace_it_by_a_folder, "cannot be read"),
    ],
)
def test_a_damaged_record_is_named_and_set_aside_and_can_be_recorded_again(store, notes, new_replicate, damage, reason):
    replicate = store.record(new_replicate(), MODEL)
    path = record_path(store, replicate.id)
    damage(path)
    damaged = path.read_bytes() if path.is_file() else None

    assert store.find(replicate.id) is None

    [copy] = set_aside(store)
    assert not path.exists()
    assert damaged is None or copy.read_bytes() == damaged
    [note] = notes
    assert note.startswith(f"{path} was set aside as {copy}: ")
    assert reason in note
    assert store.damaged == 1
    store.record(replicate, MODEL)
    assert store.find(replicate.id) == replicate
    assert copy.exists()


def test_a_record_damaged_twice_is_kept_twice(store, notes, new_replicate):
    for _ in range(2):
        replicate = store.record(new_replicate(), MODEL)
        truncate(record_path(store, replicate.id))
        assert store.find(replicate.id) is None

    assert len(set_aside(store)) == len(notes) == store.damaged == 2


def test_a_record_under_the_id_of_another_is_not_trusted(store, notes, new_replicate):
    one, other = (store.record(new_replicate(seed=seed), MODEL) for seed in (0, 1))
    record_path(store, other.id).write_bytes(record_path(store, one.id).read_bytes())

    assert store.find(other.id) is None
    assert "its id is not the hash of its key" in notes[0]
    assert len(set_aside(store)) == 1
    assert store.find(one.id) == one


def test_a_record_whose_key_does_not_match_its_id_is_not_trusted(store, notes, new_replicate):
    replicate = store.record(new_replicate(), MODEL)
    path = record_path(store, replicate.id)
    content = json.loads(path.read_text())
    content["key"]["seed"] = 1
    path.write_text(seal(content))

    assert store.find(replicate.id) is None
    assert "its id is not the hash of its key" in notes[0]


def test_a_record_whose_model_is_missing_is_set_aside(store, notes, new_replicate):
    replicate = store.record(new_replicate(), MODEL)
    store.model_path(replicate).unlink()

    assert store.find(replicate.id) is None
    assert notes[0].endswith(f"its model {replicate.model.file} is missing")
    assert [path.suffix for path in set_aside(store)] == [".json"]


def test_a_record_whose_model_was_edited_is_set_aside_together_with_the_model(store, notes, new_replicate):
    replicate = store.record(new_replicate(), MODEL)
    store.model_path(replicate).write_bytes(b"something else")

    assert store.find(replicate.id) is None
    assert replicate.model.file in notes[0]
    store.record(replicate, MODEL)
    record, model = set_aside(store)
    assert (record.suffix, model.suffix) == (".json", ".keras")
    assert model.read_bytes() == b"something else"
    assert store.find(replicate.id) == replicate


def test_a_record_of_a_newer_version_is_refused_and_left_alone(store, new_replicate, new_evidence):
    replicate = store.record(new_replicate(), MODEL)
    for path, read, newest in (
        (record_path(store, replicate.id), lambda path: store.find(replicate.id), 1),
        (store.write_evidence(new_evidence()), store.read_evidence, 2),
    ):
        content = json.loads(path.read_text()) | {"schema_version": 3, "a_new_field": 1}
        path.write_text(seal(content))
        before = path.read_bytes()

        with pytest.raises(EvidenceError, match="newer version") as raised:
            read(path)

        assert f"{path} with schema_version 3; this version reads up to {newest}" in str(raised.value)
        assert "Upgrade negres" in str(raised.value)
        assert path.read_bytes() == before
