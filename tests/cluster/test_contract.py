"""Replicates are named as people count them."""

from __future__ import annotations

import numpy as np

from negres_core.cluster.contract import Replica


def test_a_replicate_is_named_by_its_place():
    rows = np.arange(2)
    assert str(Replica(0, 2, 1, rows, rows, None, None, None)) == "repeat 1, fold 3, seed 2"
