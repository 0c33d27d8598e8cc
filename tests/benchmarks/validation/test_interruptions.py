"""The validation of interruptions, with a few sessions, and what counts as wrong."""

from __future__ import annotations

import dataclasses
import os

import pytest

from benchmarks.validation.interruptions import Case, counted_writes, is_wrong, tabulate_cases
from tests.benchmarks.validation.printed import first_cells

SOUND = Case("SIGTERM", before=5, kept=6, damaged=0, table=True, status=2, same=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="sessions start from a process that has imported everything")
def test_interrupted_sessions_keep_what_is_finished_and_resume():
    rows = first_cells("benchmarks.validation.interruptions", "--times", "1", "--every", "25")
    assert rows[2:] == ["SIGKILL", "SIGTERM", "SIGINT (Ctrl-C)", "ENOSPC at each write"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, False),
        ({"kept": 4}, True),
        ({"damaged": 1}, True),
        ({"same": False}, True),
        ({"table": False}, True),
        ({"table": False, "name": "SIGKILL", "status": -9}, False),
    ],
)
def test_a_loss_a_damage_another_result_or_a_missing_table_is_wrong(change, wrong):
    assert is_wrong(dataclasses.replace(SOUND, **change)) is wrong


def test_the_table_has_a_row_for_each_thing_that_happened():
    header, _, killed, terminated = tabulate_cases(
        [dataclasses.replace(SOUND, name="SIGKILL"), SOUND, SOUND]
    ).splitlines()
    assert [cell.strip() for cell in terminated.strip("|").split("|")] == [
        *("SIGTERM", "2", "10", "12", "0", "2 of 2", "2", "the same in 2 of 2")
    ]
    assert header.split("|")[1].strip() == "what happened"
    assert killed.split("|")[1].strip() == "SIGKILL"


def test_the_disk_is_full_at_one_write_and_folders_are_not_counted(tmp_path):
    def write(name):
        with (tmp_path / name).open("wb") as file:
            os.fsync(file.fileno())

    before = os.fsync
    with counted_writes(2) as writes:
        write("a")
        folder = os.open(tmp_path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        with pytest.raises(OSError, match="No space left"):
            write("b")
        write("c")
    assert writes == [3]
    assert os.fsync is before
