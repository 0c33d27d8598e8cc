from __future__ import annotations

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.hypothesis import (
    Sources,
    anchor_of,
    count_in_words,
    make_view,
    replicate_ids,
    summarize,
)
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def view_of(store):
    def make(evidence):
        replicates = {id: store.read_replicate(id) for id in replicate_ids(evidence)}
        family = {evidence.hypothesis: 0.04}
        known = Sources(replicates, None, family, [("A/A", "small runs")], {}, ".negres")
        with drawing():
            return make_view(evidence, known, siblings=[], scale=(-0.1, 0.1), scores=None, images=[])

    return make


def test_a_view_has_what_the_table_sorts_by(store, view_of):
    evidence = write_hypothesis(store, effect=0.06)
    view = view_of(evidence)
    assert (view.kind, view.is_surprise, view.family) == ("supported", False, "growth")
    assert view.order == {"effect": evidence.estimate.effect, "cells": 10.0, "p": 0.04, "time": 75.0}
    assert "growth beats scratch digits tests/test_growth.py" in view.words


def test_losses_that_cannot_be_compared_have_figures_of_their_own(store, view_of):
    evidence = write_hypothesis(store)
    assert len(view_of(evidence).curves) == 1
    control = evidence.arms[1]
    stage = control.description.stages[0].updated(loss="mse")
    arms = [evidence.arms[0], control.updated(description=control.description.updated(stages=[stage]))]
    assert len(view_of(evidence.updated(arms=arms)).curves) == 2


def test_a_stage_that_arms_share_belongs_to_neither_in_the_timeline(store, view_of):
    evidence = write_hypothesis(store)
    first = evidence.arms[0].replicates[0]
    arms = [arm.updated(replicates=[first, arm.replicates[0]]) for arm in evidence.arms]
    assert "shared stages and small runs" not in view_of(evidence).timeline
    assert "shared stages and small runs" in view_of(evidence.updated(arms=arms)).timeline


def test_replicates_of_small_runs_are_part_of_the_timeline(store, view_of):
    evidence = write_hypothesis(store)
    other = write_hypothesis(store, "other")
    small = evidence.updated(small_runs={"A/A": [other.arms[0].replicates[0]]})
    assert len(replicate_ids(small)) == 30
    assert "30 replicates trained in this run" in view_of(small).timeline_text


def test_an_anchor_is_the_same_on_every_page_and_safe_whatever_the_name():
    assert anchor_of("a") == anchor_of("a") == "h-ca978112ca1b"
    assert anchor_of('"><script>\ud800').removeprefix("h-").isalnum()


def test_counts_have_every_verdict_and_the_surprises(store, view_of):
    views = [view_of(write_hypothesis(store, f"{n}", effect=effect)) for n, effect in enumerate((0.06, -0.06, 0.06))]
    assert summarize(views) == [("supported", 2), ("refuted", 1), ("inconclusive", 0), ("invalid", 0)]
    assert count_in_words(views) == "3 hypotheses, 1 surprise"
    assert count_in_words(views[:1]) == "1 hypothesis, no surprise"
