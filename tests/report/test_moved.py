from __future__ import annotations

import pytest

from negres_core.report.moved import describe_moved, moved_fields
from tests.fakes import BUDGET, DESCRIPTION, STAGE


@pytest.fixture
def run(new_evidence):
    """Evidence with one arm of one stage, of which fields can be changed."""

    def make(stage=(), **fields):
        description = DESCRIPTION | {"stages": [STAGE | dict(stage)], "fit": None}
        arm = {"role": "treatment", "recipe": "base", "description": description, "budget": BUDGET, "metrics": {}}
        return new_evidence(arms=[arm | {"values": [], "replicates": []}], **fields)

    return make


def test_a_field_is_named_by_its_path_with_both_values(run):
    [moved] = moved_fields(run(), run({"epochs": 77}), ["treatment"])
    assert moved == ("treatment", "stages[0].epochs", str(STAGE["epochs"]), "77")
    assert (
        describe_moved(run(), run({"epochs": 77}), ["treatment"])
        == f"treatment (stages[0].epochs: {moved.before} -> 77)"
    )


def test_of_source_the_lines_that_differ_are_kept_and_digests_are_short(run):
    old = {"source": "def base():\n    rate = 0.1\n    return rate", "code": "d" * 64}
    new = {"source": "def base():\n    rate = 0.5\n    # more\n    return rate", "code": "e" * 64}
    found = moved_fields(run(old), run(new), ["treatment"])
    assert [each[1:] for each in found] == [
        ("stages[0].source", "    rate = 0.1", "    rate = 0.5\n    # more"),
        ("stages[0].code", "d" * 12, "e" * 12),
    ]
    text = describe_moved(run(old), run(new), ["treatment"])
    assert text == "treatment (stages[0].source: other lines, stages[0].code: dddddddddddd -> eeeeeeeeeeee)"


def test_long_source_is_cut(run):
    [moved] = moved_fields(run(), run({"source": "\n".join("abcdefghijklmnopqrst")}), ["treatment"])
    assert moved.after == "\n".join([*"abcdefghijkl", "... (8 more lines)"])


def test_parts_of_the_claim_are_told_apart(run):
    after = run(claim={"threshold": 0.5, "alpha": 0.01, "kind": "matches"})
    assert describe_moved(run(), after, ["kind of claim", "threshold"]) == (
        "kind of claim (kind: beats -> matches), threshold (0.01 -> 0.5)"
    )


def test_what_one_run_lacks_is_none_and_long_lists_are_cut(run, new_evidence):
    without = new_evidence()
    found = moved_fields(without, run(), ["treatment"])
    assert {each.before for each in found} == {"none"}
    assert describe_moved(without, run(), ["treatment"]).endswith(f", {len(found) - 3} more)")
    assert describe_moved(without, without, ["treatment"]) == "treatment"


def test_lists_and_single_values_move_too(run):
    after = run(waived={"finite": "a reason"}, controlled="cheap")
    assert describe_moved(run(), after, ["waived controls", "controls that ran"]) == (
        "waived controls (finite: none -> a reason), controls that ran (all -> cheap)"
    )


def test_hostile_values_stay_text(run):
    text = describe_moved(run(), run(data={"name": "\x1b[31m\u202e\n"}), ["data"])
    assert text == "data (name: digits -> \\x1b[31m\\u202e\\n)"
