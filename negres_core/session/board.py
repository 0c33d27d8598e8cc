"""The board of a session: its hypotheses in order, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.layout import show_effect
from negres_core.session.keys import EVIDENCE_KEY, is_hypothesis
from negres_core.session.titles import title_of

MOST_ENDED, MOST_WAITING = 6, 3
"""Most hypotheses that are shown before and after the one that is under way."""


class Row(NamedTuple):
    """One line of the board, or several hypotheses that it leaves out.

    Attributes:
        hypothesis: its title in words.
        state: its verdict, or how far it is.
        effect: the effect with its 95% interval; empty until the claim is decided, so that nobody looks before it is.
    """

    hypothesis: str
    state: str
    effect: str = ""


def board_of(item: pytest.Item) -> list[Row]:
    """Return the lines of the board while a test is under way.

    Args:
        item: the test.
    """
    items = [each for each in item.session.items if is_hypothesis(each)]
    place = items.index(item)
    ended, waiting = items[:place], items[place + 1 :]
    rows = [_ended(each) for each in ended[-MOST_ENDED:]]
    rows.append(Row(_title(item), "running"))
    rows += [Row(_title(each), "waiting") for each in waiting[:MOST_WAITING]]
    before, after = ended[:-MOST_ENDED], waiting[MOST_WAITING:]
    return [*_left_out(before, "ended before"), *rows, *_left_out(after, "waiting")]


def _ended(item: pytest.Item) -> Row:
    evidence: Evidence | None = item.stash.get(EVIDENCE_KEY, None)
    if evidence is None:
        return Row(_title(item), "not run")
    state = evidence.judgement or "not judged"
    if evidence.outcome == "surprise":
        state += ", SURPRISE"
    if evidence.estimate is None:
        return Row(_title(item), state)
    return Row(_title(item), state, show_effect(evidence.estimate.effect, evidence.estimate.interval_95))


def _title(item: pytest.Item) -> str:
    return show(title_of(item))


def _left_out(items: Sequence[pytest.Item], how: str) -> list[Row]:
    return [Row(f"and {len(items)} more", how)] if items else []
