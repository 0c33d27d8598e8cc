"""A store of its own for each test, and the notes that it takes."""

from __future__ import annotations

import pytest

from negres_core.evidence import ShardRecord, Store
from tests.fakes import PROVENANCE


@pytest.fixture
def notes():
    """The notes that `store` has taken."""
    return []


@pytest.fixture
def store(tmp_path, notes):
    """An empty store."""
    return Store(tmp_path / "evidence", note=notes.append)


@pytest.fixture
def new_shard(new_commitment, new_replicate):
    """Return a function that makes the record of a shard, and writes its replicates to a store if one is given.

    It accepts any field.
    """

    def make(number, of, *, store=None, **fields):
        commitment = fields.get("commitment", new_commitment())
        cells = []
        for repeat in range(commitment.design.repeats):
            for fold in range(commitment.design.folds):
                if (int(commitment.data.digest[:8], 16) + repeat * commitment.design.folds + fold) % of != number - 1:
                    continue
                replicates = [
                    new_replicate(recipe=f"{commitment.hypothesis} {role}", repeat=repeat, fold=fold)
                    for role in commitment.arms
                ]
                cells.append({"repeat": repeat, "fold": fold, "replicates": [each.id for each in replicates]})
                for replicate in replicates if store else ():
                    store.record(replicate, b"a trained model")
        content = {
            "number": number,
            "of": of,
            "commitment": commitment,
            "cells": cells,
            "timings": {"started_at": "2025-01-01T00:00:00+00:00", "wall_s": 75.0, "trained": 2, "reused": 0},
            "provenance": PROVENANCE,
        }
        return ShardRecord(**content | fields)

    return make
