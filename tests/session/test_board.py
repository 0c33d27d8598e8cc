"""The board: which hypotheses it shows while one of them is under way, and what it says of each."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.session.board import Row, board_of
from negres_core.session.keys import EVIDENCE_KEY


@pytest.fixture
def new_session():
    """Return a function that makes the items of a session, from the evidence of each test or None."""

    def make(evidence):
        items = []
        for place, each in enumerate(evidence):
            stash = pytest.Stash()
            if each is not None:
                stash[EVIDENCE_KEY] = each
            config = SimpleNamespace(getoption=lambda name, default: default)
            items.append(
                SimpleNamespace(name=f"test_claim_{place}", fixturenames=["experiment"], stash=stash, config=config)
            )
        for item in items:
            item.session = SimpleNamespace(items=items)
        return items

    return make


def test_decided_hypotheses_have_verdict_and_effect_and_the_one_under_way_has_none(new_session, new_evidence, on_data):
    decided = on_data("digits", 0.05)
    items = new_session([decided, None, new_evidence(outcome="surprise"), None, None])

    assert board_of(items[3]) == [
        Row("claim 0", decided.judgement, "+0.0500 [-1.0000, +1.0000]"),
        Row("claim 1", "not run"),
        Row("claim 2", f"{items[2].stash[EVIDENCE_KEY].judgement}, SURPRISE"),
        Row("claim 3", "running"),
        Row("claim 4", "waiting"),
    ]


def test_only_the_hypotheses_around_the_one_under_way_are_named(new_session):
    items = new_session([None] * 30)

    rows = board_of(items[15])

    assert rows[0] == Row("and 9 more", "ended before")
    assert [row.hypothesis for row in rows[1:-1]] == [f"claim {place}" for place in range(9, 19)]
    assert rows[-1] == Row("and 11 more", "waiting")


def test_other_tests_are_not_on_the_board(new_session):
    items = new_session([None, None])
    items[0].fixturenames = []

    assert board_of(items[1]) == [Row("claim 1", "running")]


def test_a_title_is_shown_on_one_line_without_control_characters(new_session):
    [item] = new_session([None])
    item.originalname = "test_\x1b[31mred\nline"

    [row] = board_of(item)

    assert "\x1b" not in row.hypothesis
    assert "\n" not in row.hypothesis
