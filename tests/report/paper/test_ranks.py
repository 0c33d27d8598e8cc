from __future__ import annotations

import re

import pytest

from negres_core.report.paper.ranks import describe_ranks, make_ranks
from tests.report.page.suites import write_hypothesis
from tests.report.paper.typeset import check


@pytest.fixture
def records(store):
    """Three arms on three data sets."""
    records = [write_hypothesis(store, data=name, seed=n) for n, name in enumerate(("a", "b_1", "c"))]
    for number, each in enumerate(records[:3]):
        metrics = {"accuracy": each.arms[0].metrics["accuracy"].updated(mean=0.9 + number / 100)}
        arm = each.arms[0].updated(recipe="a third net", metrics=metrics)
        records.append(each.updated(hypothesis=f"{each.hypothesis}-3", arms=[arm]))
    return records


def test_three_arms_on_three_data_sets_are_ranked(study_of, records):
    study = study_of(*records)
    pdf, tex = make_ranks(study)
    check(f"% Made by negres\n{tex}")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    assert r"Mean ranks of arms by accuracy over 3 data sets (a, b\_1 and c)" in tex
    assert "Friedman p" in tex
    assert [each.cites for each in describe_ranks(study)] == [("demsar2006statistical", "iman1980approximations")]


def test_without_a_ranking_there_is_nothing_to_show(study_of, records):
    study = study_of(*records[:3])
    assert make_ranks(study) == (None, "")
    assert describe_ranks(study) == []
