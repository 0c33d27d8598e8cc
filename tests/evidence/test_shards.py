from __future__ import annotations

import json

import jsonschema
import pytest

from negres_core.evidence import ShardRecord, read_shards, read_shards_of, remove_shards, schema_of, write_shard
from negres_core.evidence.sweep import sweep


def test_a_shard_is_read_as_it_was_written_and_follows_the_schema(store, new_shard):
    record = new_shard(3, 8)
    write_shard(store, record)
    assert list(read_shards(store)) == [record]
    assert str(record.shard) == "3/8"
    path = store.folder / record.path
    assert path.name == "3-of-8.json"
    jsonschema.validate(json.loads(path.read_text()), json.loads(schema_of("shard")))


def test_a_shard_of_an_earlier_run_of_the_hypothesis_is_removed_when_one_of_this_run_is_written(
    store, new_shard, new_commitment
):
    write_shard(store, new_shard(1, 2))
    write_shard(store, new_shard(2, 2))
    another = new_shard(1, 2, commitment=new_commitment(hypothesis="another"))
    write_shard(store, another)
    changed = new_shard(2, 2, commitment=new_commitment(margin=0.5))
    write_shard(store, changed)
    assert sorted(read_shards(store), key=str) == sorted([changed, another], key=str)


def test_shards_of_a_hypothesis_that_was_judged_are_removed(store, new_shard, new_commitment):
    another = new_shard(1, 2, commitment=new_commitment(hypothesis="another"))
    for record in (new_shard(1, 2), new_shard(2, 2), another):
        write_shard(store, record)
    remove_shards(store, new_shard(1, 2).commitment.hypothesis)
    assert list(read_shards(store)) == [another]
    assert len(list((store.folder / "shards").iterdir())) == 1
    remove_shards(store, "a hypothesis without shards")
    assert list(read_shards_of(store, "another")) == [another]


def test_a_damaged_shard_is_set_aside_and_its_place_is_known(store, new_shard, notes):
    write_shard(store, new_shard(1, 2))
    path = store.folder / new_shard(1, 2).path
    path.write_text(path.read_text().replace('"number": 1', '"number": 2'))
    store.check_everything()
    assert store.damaged == 1
    assert "was edited" in notes[0]
    assert len(store.lost()) == 1
    write_shard(store, new_shard(1, 2))
    assert not store.lost()


def test_a_shard_in_the_place_of_another_does_not_count(store, new_shard):
    write_shard(store, new_shard(1, 2))
    path = store.folder / new_shard(1, 2).path
    path.rename(path.with_name("2-of-2.json"))
    assert list(read_shards(store)) == []


def test_what_two_trainings_of_a_shard_share_has_no_times_and_places(new_shard):
    later = new_shard(1, 2, timings={"started_at": "2031-01-01T00:00:00+00:00", "wall_s": 1.0})
    assert later.substance() == new_shard(1, 2).substance()
    assert new_shard(2, 2).substance() != new_shard(1, 2).substance()


def test_what_a_killed_session_left_among_shards_is_swept(store, new_shard):
    write_shard(store, new_shard(1, 2))
    folder = (store.folder / new_shard(1, 2).path).parent
    (folder / f".1-of-2.json.{'0' * 16}").write_text("{")
    assert sweep(store.folder, now=1e12) == 1
    assert len(list(read_shards(store))) == 1


@pytest.mark.parametrize("number", [0, -1])
def test_a_shard_has_a_number_from_1(new_shard, number):
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        new_shard(number, 2)


def test_the_record_has_a_version():
    assert ShardRecord.newest_version() == 1
