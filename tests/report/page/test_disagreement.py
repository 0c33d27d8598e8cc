from __future__ import annotations

import numpy as np
import pytest

from negres_core.evidence.row_scores import pack_scores
from negres_core.report.page.disagreement import parts_in_words, parts_of, predicted_classes, rows_apart
from tests.report.page.suites import write_hypothesis

PART = {"part": "all rows", "rows": 1797, "effect": 0.1, "interval_95": (0.05, 0.15), "better": 100, "worse": 2}


@pytest.fixture
def evidence(store):
    return write_hypothesis(store)


def with_scores(evidence, scores):
    return evidence.updated(row_scores=pack_scores(scores, "rows")[0])


def test_single_rows_are_named_for_each_arm(evidence):
    """The treatment arm is better on rows 1 and 4 under both seeds, and on row 2 under one of them."""
    treatment = np.array([[0, 1, 1, 0, 1], [0, 1, 0, 0, 1]])
    control = np.array([[0, 0, 0, 1, 0], [0, 0, 0, 1, 0]])
    scores = np.stack([treatment, control]).astype(float)
    assert rows_apart(with_scores(evidence, scores), scores) == [
        "The treatment arm is better under every seed on 2 of 5 rows. "
        "Counted from 0 in the order of the test rows: 1, 4.",
        "The control arm is better under every seed on 1 of 5 rows. Counted from 0 in the order of the test rows: 3.",
    ]


def test_blocks_of_rows_are_counted_and_not_named(evidence):
    """They are drawn at random, so that the number of a block says nothing to a reader."""
    scores = np.zeros((2, 1, 4))
    scores[0, 0, [1, 3]] = 1.0
    blocks = evidence.updated(row_scores=pack_scores(scores, "blocks of rows")[0])
    assert rows_apart(blocks, scores) == [
        "The treatment arm is better under every seed on 2 of 4 blocks of rows.",
        "The control arm is better under every seed on none of the 4 blocks of rows.",
        "The metric is not a mean over rows, so it is judged by random blocks of rows: no single row can be named.",
    ]


def test_groups_are_counted_in_their_sorted_order(evidence):
    scores = np.array([[[0.0, 1.0]], [[0.0, 0.0]]])
    groups = evidence.updated(row_scores=pack_scores(scores, "groups")[0])
    assert rows_apart(groups, scores)[0].endswith("1 of 2 groups. Counted from 0 in the sorted order of the groups: 1.")


def test_less_is_better_for_an_error(evidence):
    scores = np.array([[[0.1, 0.9]], [[0.5, 0.5]]])
    lower = with_scores(evidence, scores).updated(claim=evidence.claim.updated(higher_is_better=False))
    treatment, control = rows_apart(lower, scores)
    assert treatment.endswith("test rows: 0.")
    assert control.endswith("test rows: 1.")


def test_of_many_rows_those_that_differ_most_are_named(evidence):
    scores = np.zeros((2, 1, 100))
    scores[0, 0] = np.arange(100) / 100
    treatment, control = rows_apart(with_scores(evidence, scores), scores)
    assert "on 99 of 100 rows" in treatment
    assert treatment.endswith(
        "80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, and 79 more."
    )
    assert control == "The control arm is better under every seed on none of the 100 rows."


@pytest.mark.parametrize("scores", [None, np.zeros((1, 2, 3))])
def test_without_scores_of_two_arms_no_row_is_named(evidence, scores):
    assert rows_apart(evidence, scores) == []


def test_parts_are_texts(evidence):
    parts = parts_of(evidence.updated(parts=[PART]))
    assert parts == [("all rows", "1,797", "+0.1000", "[+0.0500, +0.1500]", "100", "2")]
    assert parts_in_words(evidence.updated(parts=[PART])).startswith(
        "Of 1,797 test rows, the treatment arm is better on 100 under every seed, and worse on 2."
    )
    assert parts_in_words(evidence) == ""


def test_predicted_classes_are_summed_over_replicates(evidence, store):
    known = {id: store.read_replicate(id) for arm in evidence.arms for id in arm.own_replicates}
    assert predicted_classes(evidence, known) == [("0", [300, 300]), ("1", [100, 100])]


def test_predicted_classes_have_the_users_names(evidence, store):
    known = {id: store.read_replicate(id) for arm in evidence.arms for id in arm.own_replicates}
    named = evidence.updated(data=evidence.data.updated(labels=("ham", "spam")))
    assert [each.label for each in predicted_classes(named, known)] == ["ham", "spam"]
    fewer = evidence.updated(data=evidence.data.updated(labels=("ham",)))
    assert [each.label for each in predicted_classes(fewer, known)] == ["ham", "1"]


def test_classes_are_left_out_where_they_are_not_recorded_alike(evidence, store):
    known = {id: store.read_replicate(id) for arm in evidence.arms for id in arm.own_replicates}
    assert predicted_classes(evidence, {}) == []
    first = next(iter(known))
    odd = known[first].updated(predictions={"counts": [1, 2, 3]})
    assert predicted_classes(evidence, known | {first: odd}) == []
