"""Completeness of shards: which cells of hypotheses that wait to be judged no shard has trained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from negres_core.evidence.commitment import Commitment
from negres_core.evidence.shards import ShardRecord, read_shards
from negres_core.evidence.store import Store

Place = tuple[int, int]
"""A cell, by its repeat and its fold, from 0."""


class Waiting(NamedTuple):
    """A hypothesis that shards trained, and no session has judged yet.

    Attributes:
        commitment: what it commits itself to.
        trained: its cells of which all replicates are in the store.
        missing: its other cells, in the order of the design.
        shards: the shards that the missing cells belong to, such as "3/8"; empty if shards of several divisions are
            there, so that a cell belongs to several.
        failed: controls that failed before training, with what they found. Then no cell is missing, since the verdict
            will be invalid.
    """

    commitment: Commitment
    trained: list[Place]
    missing: list[Place]
    shards: list[str]
    failed: dict[str, str]


def waiting_in(store: Store) -> Iterator[Waiting]:
    """Yield the hypotheses that shards of a store trained, in the order of their names."""
    by_hypothesis: dict[str, list[ShardRecord]] = defaultdict(list)
    for record in read_shards(store):
        by_hypothesis[record.commitment.hypothesis].append(record)
    for _, records in sorted(by_hypothesis.items()):
        yield _waiting(records, store)


def _waiting(records: list[ShardRecord], store: Store) -> Waiting:
    commitment = records[0].commitment
    trained = {
        (cell.repeat, cell.fold)
        for record in records
        for cell in record.cells
        if all(store.replicate_path(id).is_file() for id in cell.replicates)
    }
    failed = {name: found for record in records for name, found in record.failed.items()}
    design = commitment.design
    planned = [(repeat, fold) for repeat in range(design.repeats) for fold in range(design.folds)]
    missing = [] if failed else [place for place in planned if place not in trained]
    divisions = {record.of for record in records}
    shards = _shards_of(missing, records[0]) if len(divisions) == 1 else []
    return Waiting(commitment, sorted(trained), missing, shards, failed)


def _shards_of(places: list[Place], like: ShardRecord) -> list[str]:
    """Return the shards that cells belong to, in order."""
    folds, data = like.commitment.design.folds, like.commitment.data.digest
    return [
        str(shard)
        for shard in like.shard.siblings
        if any(shard.takes(repeat, fold, folds=folds, data=data) for repeat, fold in places)
    ]
