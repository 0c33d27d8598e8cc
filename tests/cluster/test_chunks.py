"""A task takes about a minute, and workers end at about the same time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.cluster.chunks import Pace


def pace_after(*seconds, kind="cpu", at_once=1):
    pace = Pace(kind)
    for each in seconds:
        pace.learn(SimpleNamespace(cost={"train_s": each, "compile_s": 100.0}), at_once=at_once)
    return pace


@pytest.mark.parametrize(
    ("pace", "waiting", "workers", "chunk"),
    [
        (pace_after(), 100, 4, 1),
        (pace_after(20.0), 100, 4, 3),
        (pace_after(20.0, at_once=8), 1000, 4, 24),
        (pace_after(600.0), 100, 4, 1),
        (pace_after(600.0, at_once=8), 100, 4, 8),
        (pace_after(0.0), 100, 4, 13),
        (pace_after(0.0), 3, 4, 1),
        (pace_after(kind="gpu"), 100, 4, 25),
        (pace_after(20.0, kind="gpu"), 7, 2, 4),
    ],
)
def test_a_chunk(pace, waiting, workers, chunk):
    assert pace.chunk(waiting, workers) == chunk
