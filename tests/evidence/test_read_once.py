"""What has been read and has not changed is not read again."""

from __future__ import annotations

from negres_core.evidence import Store
from negres_core.files import read_regular


def test_unchanged_evidence_is_not_read_again(store, new_evidence, monkeypatch):
    """A session needs all evidence before each hypothesis, so its cost would grow with the square of their number."""
    for hypothesis in ("first", "second", "third"):
        store.write_evidence(new_evidence(hypothesis=hypothesis, verdict="refuted"))
    before, names = store.all_evidence(), []
    monkeypatch.setattr(
        "negres_core.evidence.store.read_regular",
        lambda path, **options: names.append(path.parent.name[:5]) or read_regular(path, **options),
    )

    assert store.all_evidence() == before
    assert names == []

    Store(store.folder).write_evidence(before[1].updated(explanation="Another session recorded it."))
    names.clear()
    assert {each.explanation for each in store.all_evidence()} == {"It was worse.", "Another session recorded it."}
    assert set(names) == {before[1].hypothesis[:5]}


def test_the_evidence_of_each_hypothesis_is_read_once_until_it_changes(store, new_evidence, monkeypatch):
    store.write_evidence(new_evidence())
    store.write_evidence(new_evidence(hypothesis="another"))
    reader, seen = Store(store.folder, read_only=True), []
    read = Store.read_evidence
    monkeypatch.setattr(Store, "read_evidence", lambda store, path: seen.append(path) or read(store, path))

    assert reader.current_evidence() == reader.current_evidence()
    assert seen == store.evidence_paths()

    store.write_evidence(new_evidence(verdict="supported"))
    assert [each.verdict for each in reader.current_evidence()] == ["refuted", "supported"]
    assert len(reader.all_evidence()) == 3  # with the superseded one
    assert len(seen) == 4


def test_checking_everything_reads_what_is_known_to_be_sound_no_second_time(store, new_replicate, monkeypatch):
    ids = [store.record(new_replicate(seed=seed), b"a model").id for seed in range(3)]
    ids.append(store.record(new_replicate(seed=3, model=None)).id)
    checker, seen = Store(store.folder, read_only=True), []
    read = Store.read_replicate
    monkeypatch.setattr(Store, "read_replicate", lambda store, id: seen.append(id) or read(store, id))
    assert None not in [checker.find(id) for id in ids[2:]]
    del seen[:]

    checker.check_everything()

    assert sorted(seen) == sorted(ids[:2])
    assert checker.damaged == 0


def test_checking_everything_finds_a_changed_model_of_a_record_that_was_only_read(store, new_replicate, notes):
    replicate = store.record(new_replicate(), b"a model")
    store.model_path(replicate).write_bytes(b"another one")
    checker = Store(store.folder, read_only=True, note=notes.append)
    assert checker.read_replicate(replicate.id) == replicate

    checker.check_everything()

    assert checker.damaged == 2  # the record and the model
