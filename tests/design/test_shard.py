from __future__ import annotations

import hashlib

import numpy as np
import pytest

from negres_core.design import Cell, Shard
from negres_core.errors import InputError

DATA = hashlib.sha256(b"a data set").hexdigest()
NO_ROWS = np.arange(0)


def cells_of(*, folds=5, repeats=5):
    return [Cell(repeat, fold, NO_ROWS, NO_ROWS) for repeat in range(repeats) for fold in range(folds)]


@pytest.mark.parametrize("of", [1, 2, 7, 8, 25, 40])
def test_every_cell_is_in_one_shard_and_shards_differ_by_one_cell_at_most(of):
    shares = [shard.share(cells_of(), folds=5, data=DATA) for shard in Shard(1, of).siblings]
    assert sorted((each.repeat, each.fold) for share in shares for each in share) == [
        (cell.repeat, cell.fold) for cell in cells_of()
    ]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_more_repeats_move_no_cell():
    shard = Shard(3, 4)
    few = shard.share(cells_of(repeats=2), folds=5, data=DATA)
    assert shard.share(cells_of(repeats=9), folds=5, data=DATA)[: len(few)] == few


def test_data_sets_begin_with_different_shards():
    first = {
        next(shard.number for shard in Shard(1, 8).siblings if shard.takes(0, 0, folds=5, data=digest))
        for digest in (hashlib.sha256(bytes([number])).hexdigest() for number in range(40))
    }
    assert len(first) > 4


def test_a_shard_is_written_as_it_is_read():
    assert Shard.read("3/8") == Shard(3, 8)
    assert str(Shard.read("12/12")) == "12/12"


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "3/0", "-1/8", "3/8/2", "a/b", " 3/8", "03/8", "1/99999999"])
def test_what_names_no_shard_is_refused(text):
    with pytest.raises(InputError, match="given as its number, from 1, and the number of all") as caught:
        Shard.read(text)
    assert f"Received: {text}" in str(caught.value) or not text.strip()
