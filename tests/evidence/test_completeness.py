from __future__ import annotations

import pytest

from negres_core.evidence import write_shard
from negres_core.evidence.completeness import waiting_in


@pytest.fixture
def trained(store, new_shard):
    """Write all shards but those with some numbers, with their replicates."""

    def write(of, *, without=(), **fields):
        for number in range(1, of + 1):
            if number not in without:
                write_shard(store, new_shard(number, of, store=store, **fields))

    return write


def test_nothing_is_missing_if_every_shard_is_there(store, trained):
    trained(3)
    [waiting] = waiting_in(store)
    assert waiting.missing == waiting.shards == []
    assert waiting.trained == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_missing_shard_is_named_with_its_cells(store, trained, new_shard):
    trained(3, without=[2])
    [waiting] = waiting_in(store)
    expected = [(cell.repeat, cell.fold) for cell in new_shard(2, 3).cells]
    assert expected
    assert waiting.missing == expected
    assert waiting.shards == ["2/3"]


def test_a_cell_of_which_a_replicate_is_gone_is_missing(store, trained, new_shard):
    trained(2)
    cell = new_shard(1, 2).cells[0]
    store.replicate_path(cell.replicates[0]).unlink()
    [waiting] = waiting_in(store)
    assert waiting.missing == [(cell.repeat, cell.fold)]
    assert waiting.shards == ["1/2"]


def test_shards_of_two_divisions_complete_each_other_and_name_no_shard(store, trained, new_shard):
    trained(2, without=[2])
    trained(4, without=[1, 2, 3])
    [waiting] = waiting_in(store)
    there = {(cell.repeat, cell.fold) for shard in (new_shard(1, 2), new_shard(4, 4)) for cell in shard.cells}
    assert set(waiting.trained) == there
    assert len(waiting.missing) == 4 - len(there)
    assert waiting.shards == []


def test_after_a_failed_control_no_cell_is_missing(store, new_shard):
    write_shard(store, new_shard(1, 2, cells=[], failed={"near copies": "12 rows"}))
    [waiting] = waiting_in(store)
    assert waiting.missing == []
    assert waiting.failed == {"near copies": "12 rows"}


def test_hypotheses_are_told_apart(store, trained, new_commitment):
    trained(2)
    trained(2, without=[1], commitment=new_commitment(hypothesis="another"))
    whole, part = sorted(waiting_in(store), key=lambda each: len(each.missing))
    assert not whole.missing
    assert part.missing
    assert part.commitment.hypothesis == "another"
