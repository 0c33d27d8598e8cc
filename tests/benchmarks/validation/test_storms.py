"""The storms, with a few faults of each kind, and what counts as wrong."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest

from benchmarks.validation.storms import (
    DAMAGES,
    HEADERS,
    Outcome,
    is_wrong,
    tabulate_outcomes,
)
from tests.benchmarks.validation.printed import first_cells

SOUND = Outcome("SIGKILL of a worker", survived=True, lost=0, wrong=0)
RECORD = b'{"id": "' + b"a" * 32 + b'", "metrics": {"accuracy": 0.5}}'


@pytest.mark.skipif(not hasattr(os, "fork"), reason="sessions start from a process that has imported everything")
def test_a_small_storm_is_survived():
    """One kill on a cluster; the command as a whole takes minutes."""
    rows = first_cells("benchmarks.validation.storms", "--kills", "1", "--times", "0")
    assert any("SIGKILL" in row for row in rows)
    assert "the same command after all of them" in rows
    assert rows[-1] == "all"


@pytest.mark.parametrize(
    ("change", "wrong"), [({}, False), ({"survived": False}, True), ({"lost": 1}, True), ({"wrong": 1}, True)]
)
def test_a_loss_or_a_wrong_trust_is_wrong(change, wrong):
    assert is_wrong(dataclasses.replace(SOUND, **change)) is wrong


def test_the_table_has_a_row_for_each_fault_and_one_for_all():
    outcomes = [SOUND, SOUND, Outcome("folder removed", survived=False, lost=2, wrong=1)]
    header, _, *rows = tabulate_outcomes(outcomes).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (header, *rows)]
    assert cells == [
        list(HEADERS),
        ["SIGKILL of a worker", "2", "2", "0", "0"],
        ["folder removed", "1", "0", "2", "1"],
        ["all", "3", "2", "2", "1"],
    ]


@pytest.mark.parametrize("fault", DAMAGES)
def test_a_damage_changes_a_record(fault):
    rng = np.random.default_rng(1)
    assert all(DAMAGES[fault](RECORD, rng) != RECORD for _ in range(20))
