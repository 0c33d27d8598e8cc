from __future__ import annotations

import pytest

from negres_core.report.history import render, rows_of


def started(day):
    return {"started_at": f"2025-01-{day:02d}T10:30:00+00:00", "wall_s": 1.0}


@pytest.fixture
def runs(on_data):
    return {
        "late": [on_data("a", -0.02, timings=started(9), outcome="surprise")],
        "early": [on_data("a", 0.05, timings=started(1), verdict="supported", finding="better"), on_data("b", 0.1)],
    }


def test_runs_are_in_the_order_of_their_start(runs):
    first, second = render(runs).split("growth beats scratch, b")
    lines = first.splitlines()
    assert lines[0] == "growth beats scratch, a"
    assert lines[4].startswith("2025-01-01 10:30  early")
    assert "supported (better)" in lines[4]
    assert "+0.0500 [-1.0000, +1.0000]" in lines[4]
    assert lines[5].startswith("2025-01-09 10:30  late")
    assert lines[5].rstrip().endswith("FLIP")
    assert "SURPRISE" in lines[6]
    assert "early" in second


def test_other_claims_data_and_designs_are_said(on_data):
    before = on_data("a", 0.05, timings=started(1))
    changed = {"claim": {"threshold": 0.25}, "data": {"name": "a", "digest": "another"}}
    after = on_data(
        "a", 0.05, timings=started(2), design={"folds": 3, "repeats": 1, "seeds": 1, "looks": True}, **changed
    )
    [row] = [line for line in render({"x": [before], "y": [after]}, style="markdown").splitlines() if "| y" in line]
    assert row.strip("|").split("|")[-1].strip() == "claim, data, design"


def test_a_run_without_a_verdict_says_so(on_data):
    interrupted = on_data("a", 0.05, status="started", verdict=None, finding=None)
    assert "none: interrupted" in render({"x": [interrupted]})
    assert "not judged (smoke)" in render({"x": [on_data("a", 0.1, smoke=True, verdict=None, finding=None)]})


def test_a_flip_is_seen_across_an_interrupted_run(on_data):
    runs = [
        on_data("a", 0.05, timings=started(1), verdict="supported"),
        on_data("a", 0.05, timings=started(2), status="started", verdict=None, finding=None),
        on_data("a", 0.05, timings=started(3)),
    ]
    rows = rows_of([(f"run {place}", each) for place, each in enumerate(runs)])
    assert [row.changed for row in rows] == [[], [], ["FLIP"]]
