"""What killed sessions left behind is removed once it is old; what a record names never is."""

from __future__ import annotations

import time

import pytest

from negres_core.evidence import Store
from negres_core.evidence.sweep import MIN_AGE_S, sweep

OLD = time.time() + 2 * MIN_AGE_S
"""A time at which everything that a test writes is old."""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_an_old_temporary_file_is_removed_and_a_young_one_is_not(store, new_replicate, new_evidence):
    store.record(new_replicate(), b"a trained model")
    path = store.write_evidence(new_evidence())
    before = files_in(store.folder)
    for folder in (path.parent, path.parent / "pictures", next(store.folder.glob("replicates/*"))):
        folder.mkdir(exist_ok=True)
        (folder / ".evidence.json.0123456789abcdef").write_bytes(b"hal")
    (store.folder / ".index.sqlite.0123456789abcdef").write_bytes(b"hal")
    assert sweep(store.folder) == 0
    assert sweep(store.folder, now=OLD) == 4
    assert files_in(store.folder) == before


def test_a_model_without_a_record_is_removed(store, new_replicate):
    kept = store.record(new_replicate(fold=0), b"a trained model")
    lost = store.record(new_replicate(fold=1), b"another model")
    store.model_path(lost).with_name(f"{lost.id}.json").unlink()
    assert sweep(store.folder, now=OLD) == 1
    assert not store.model_path(lost).exists()
    assert store.find(kept.id) == kept


def test_of_two_models_the_one_that_the_record_does_not_name_is_removed(store, new_replicate):
    kept = store.record(new_replicate(), b"a trained model")
    other = store.model_path(kept).with_name(f"{kept.id}.00000000.keras")
    other.write_bytes(b"of a process that was killed before it recorded it")
    assert sweep(store.folder, now=OLD) == 1
    assert not other.exists()
    assert store.find(kept.id) == kept


def test_the_model_of_a_record_that_was_set_aside_is_kept(store, new_replicate):
    first = store.record(new_replicate(), b"a trained model")
    second = Store(store.folder, fresh=True).record(new_replicate(), b"retrained elsewhere")
    assert len(list(store.folder.glob("set-aside/*.json"))) == 1
    assert sweep(store.folder, now=OLD) == 0
    assert {store.model_path(each).read_bytes() for each in (first, second)} == {
        b"a trained model",
        b"retrained elsewhere",
    }


def test_files_that_negres_does_not_write_are_left_alone(store, new_replicate):
    store.record(new_replicate(), b"a trained model")
    inner = next(store.folder.glob("replicates/*"))
    for name in ("notes.txt", ".hidden", "model.keras", "README.md"):
        (inner / name).write_text("mine")
    (store.folder / ".gitignore").write_text("*")
    before = files_in(store.folder)
    assert sweep(store.folder, now=OLD) == 0
    assert files_in(store.folder) == before


def test_a_link_is_not_followed(store, new_replicate, tmp_path):
    store.record(new_replicate(), b"a trained model")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (next(store.folder.glob("replicates/*")) / ".a.0123456789abcdef").symlink_to(elsewhere)
    sweep(store.folder, now=OLD)
    assert elsewhere.read_text() == "precious"


def test_a_folder_that_does_not_exist_needs_no_sweep(tmp_path):
    assert sweep(tmp_path / "nothing") == 0
