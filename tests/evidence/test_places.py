from __future__ import annotations

from pathlib import Path

import pytest

from negres_core.evidence import Store
from negres_core.evidence.places import MOST_READABLE, file_name, name_aside, place_of

FOLDER = Path("evidence")


def test_a_name_has_a_readable_part_without_the_folder_and_a_hash():
    assert file_name("tests/test_a.py::test_b[c]", exactly="x") == "test-a-py-test-b-c-2d711642"


def test_no_name_acts_as_a_path():
    for name in ("../..", "a/../../b", "/", "", ".", "a\0b", "\ud800"):
        assert "/" not in file_name(name, exactly=name)
        assert not file_name(name, exactly=name).startswith(".")


def test_a_long_name_is_cut_and_still_unique():
    names = {file_name("a" * length, exactly="a" * length) for length in (300, 301)}

    assert {len(name) for name in names} == {MOST_READABLE + len("-01234567")}
    assert len(names) == 2


@pytest.mark.parametrize(
    "path",
    [
        Store(FOLDER).replicate_path("3f" * 16),
        Store(FOLDER).evidence_path("test_a.py::test_b"),
        Store(FOLDER).evidence_folder("test_a.py::test_b") / "evidence-0123456789ab.json",
        FOLDER / "bisections" / "test-a-0123abcd.json",
    ],
    ids=str,
)
def test_the_place_of_a_record_that_was_set_aside_is_known(path):
    assert place_of(FOLDER / "set-aside" / name_aside(path, "0123abcd"), FOLDER) == path
