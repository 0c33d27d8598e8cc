import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negres_core.design import FixedSplit, Holdout, KFolds, TimeSeries
from negres_core.errors import InputError
from negres_core.scores import Score, pair

ARMS = ["A", "B"]


def scores_of(repeats=2, folds=3, seeds=1, arms=ARMS, **names):
    """Return scores that are all different, with labels that count from 0."""
    return [
        Score(arm, f"{repeat}", f"{fold}", f"{seed}", 1000.0 * place + 100 * repeat + 10 * fold + seed, 0)
        for place, arm in enumerate(arms)
        for repeat in range(repeats)
        for fold in range(folds)
        for seed in range(seeds)
    ]


def design_of(repeats=2, folds=3, seeds=1, looks=False):
    return KFolds(repeats=repeats, folds=folds, seeds=seeds, looks=looks)


SIZES = st.fixed_dictionaries({"repeats": st.integers(1, 12), "folds": st.integers(2, 12), "seeds": st.integers(1, 3)})


@given(sizes=SIZES, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(sizes, order):
    rows = scores_of(**sizes)
    shuffled = random.Random(order.random()).sample(rows, len(rows))

    cells = pair(shuffled, arms=ARMS, design=design_of(**sizes))

    r, f, s = np.indices((sizes["repeats"], sizes["folds"], sizes["seeds"]))
    for place, values in enumerate(cells.values):
        np.testing.assert_array_equal(values, 1000.0 * place + 100 * r + 10 * f + s)
    assert list(cells.scores) == rows


@given(sizes=SIZES, prefix=st.sampled_from(["", "fold ", "cv-"]), first=st.sampled_from([0, 1, 95]))
def test_labels_count_from_any_number_and_may_be_text(sizes, prefix, first):
    def rename(label):
        return f"{prefix}{int(label) + first}"

    rows = scores_of(**sizes)
    renamed = [each._replace(fold=rename(each.fold), repeat=rename(each.repeat)) for each in rows]

    cells = pair(renamed, arms=ARMS, design=design_of(**sizes))

    for values, expected in zip(cells.values, pair(rows, arms=ARMS, design=design_of(**sizes)).values, strict=True):
        np.testing.assert_array_equal(values, expected)


@given(sizes=SIZES, data=st.data())
def test_any_one_score_that_is_missing_is_refused(sizes, data):
    rows = scores_of(**sizes)
    rows.pop(data.draw(st.integers(0, len(rows) - 1)))
    with pytest.raises(InputError):
        pair(rows, arms=ARMS, design=design_of(**sizes))


@given(sizes=SIZES, data=st.data())
def test_any_one_score_that_occurs_twice_is_refused(sizes, data):
    rows = scores_of(**sizes)
    again = rows[data.draw(st.integers(0, len(rows) - 1))]._replace(score=-1.0)
    with pytest.raises(InputError, match="occurs more than once"):
        pair([*rows, again], arms=ARMS, design=design_of(**sizes))


def test_folds_may_have_other_labels_in_each_repeat():
    rows = [each._replace(fold=str(3 * int(each.repeat) + int(each.fold))) for each in scores_of()]
    assert pair(rows, arms=ARMS, design=design_of()).values[0].shape == (2, 3, 1)


def test_seeds_are_averaged_so_the_arms_may_have_different_ones():
    rows = [each._replace(seed=str(int(each.seed) + 5 * (each.arm == "B"))) for each in scores_of(seeds=2)]
    assert pair(rows, arms=ARMS, design=design_of(seeds=2)).values[1].shape == (2, 3, 2)


def test_one_arm_is_enough_for_a_claim_about_one():
    assert len(pair(scores_of(arms=["A"]), arms=["A"], design=design_of()).values) == 1


def test_with_looks_later_repeats_may_be_missing():
    assert pair(scores_of(), arms=ARMS, design=design_of(repeats=5, looks=True)).repeats == 2


def test_scores_that_are_not_finite_are_kept():
    rows = scores_of()
    rows[1] = rows[1]._replace(score=float("nan"))
    values = pair(rows, arms=ARMS, design=design_of()).values[0]
    assert np.argwhere(np.isnan(values)).tolist() == [[0, 1, 0]]


def without(*labels):
    """Return the scores without those of some cells: (arm, repeat, fold)."""
    return [each for each in scores_of() if each[:3] not in labels]


def shift(arm):
    return [each._replace(fold=str(int(each.fold) + 1)) if each.arm == arm else each for each in scores_of()]


def splits_of(count):
    return [Score(arm, "0", f"split {split}", "0", split, 0) for arm in ARMS for split in range(count)]


@pytest.mark.parametrize("count", [4, 12])
def test_random_splits_are_judged_round_by_round_in_their_natural_order(count):
    cells = pair(splits_of(count), arms=ARMS, design=Holdout(0.25, splits=12))
    assert cells.values[0].ravel().tolist() == list(range(count))
    assert cells.values[0].shape == (count // 4, 4, 1)
    again = pair(cells.scores, arms=ARMS, design=Holdout(0.25, splits=12))
    assert again.scores == cells.scores


@pytest.mark.parametrize(("count", "looks"), [(13, True), (10, True), (8, False)])
def test_other_numbers_of_random_splits_are_refused(count, looks):
    with pytest.raises(InputError, match="random splits of the table are not those of the design") as raised:
        pair(splits_of(count), arms=ARMS, design=Holdout(0.25, splits=12, looks=looks))
    assert f"which are {count}; planned are 12" in raised.value.received


WRONG = {
    "no such arm": (scores_of(arms=["A"]), design_of(), "no scores of 'B'", "scores of A", "as the table does"),
    "missing in one arm": (
        without(("B", "1", "2")),
        design_of(),
        "A cell is missing in one arm",
        "B lacks fold 2 of repeat 1",
        "would bias the mean",
    ),
    "numbered differently": (
        shift("B"),
        design_of(),
        "The folds of the arms do not pair",
        "A lacks fold 3 of repeat 0, fold 3 of repeat 1; B lacks fold 0 of repeat 0, fold 0 of repeat 1",
        "number them alike",
    ),
    "missing in both": (
        without(("A", "1", "2"), ("B", "1", "2")),
        design_of(),
        "folds of the table are not those",
        "folds 0, 1 in repeat 1, which are 2; planned are 3",
        "Add the missing folds",
    ),
    "other folds": (scores_of(), design_of(folds=5), "folds of the table", "which are 3; planned are 5", "3 folds"),
    "no repeats": (
        [each._replace(repeat="0", fold=f"{each.repeat}{each.fold}") for each in scores_of()],
        design_of(),
        "folds of the table",
        "which are 6; planned are 3",
        "Add a column of repeats",
    ),
    "too few repeats": (
        scores_of(),
        design_of(repeats=5),
        "repeats of the table",
        "which are 2; planned are 5",
        "repeats=2",
    ),
    "too many repeats": (
        scores_of(repeats=7),
        design_of(repeats=5, looks=True),
        "repeats of the table",
        "repeats 0, 1, 2, 3, 4 and 2 more, which are 7; planned are 5",
        "repeats=7",
    ),
    "other seeds": (
        scores_of(seeds=2),
        design_of(),
        "seeds of the table",
        "2 in A, fold 0 of repeat 0; planned are 1",
        "seeds=2",
    ),
    "unequal seeds": (
        scores_of(seeds=2)[:-1],
        design_of(seeds=2),
        "unequal numbers of seeds",
        "1 in B, fold 2 of repeat 1",
        "the missing seeds",
    ),
}


@pytest.mark.parametrize(("rows", "design", "wrong", "received", "remedy"), WRONG.values(), ids=WRONG)
def test_what_does_not_pair_is_refused_with_what_was_received_and_what_to_do(rows, design, wrong, received, remedy):
    with pytest.raises(InputError, match=re.escape(wrong)) as raised:
        pair(rows, arms=ARMS, design=design)
    assert received in raised.value.received
    assert remedy in raised.value.remedy


def rows_of(rows=40, seeds=2):
    return [
        Score(arm, "0", f"row {row}", f"{seed}", 1000.0 * place + 10 * row + seed, 0)
        for seed in range(seeds)
        for place, arm in enumerate(ARMS)
        for row in range(rows)
    ]


SPLIT = FixedSplit(train=range(60), test=range(60, 100), seeds=2)


@pytest.mark.parametrize("design", [SPLIT, TimeSeries(4, seeds=2)], ids=["fixed split", "time series"])
def test_single_rows_have_a_score_under_each_seed_in_the_natural_order(design):
    for values, offset in zip(pair(rows_of(), arms=ARMS, design=design).values, (0, 1000), strict=True):
        row, seed = np.indices((40, 2))
        np.testing.assert_array_equal(values, (offset + 10.0 * row + seed)[None])


@pytest.mark.parametrize(
    ("rows", "wrong", "received"),
    [
        (rows_of()[:-1], "A score of a row is missing", "B lacks row row 39, seed 1"),
        ([*rows_of(), rows_of()[3]], "occurs more than once", "A in row row 3, seed 0, in the rows"),
        (rows_of(seeds=3), "The seeds of the table", "3 in A, row row 0, seed 0; planned are 2"),
        (
            [each._replace(seed=f"{each.arm}{each.seed}") for each in rows_of(seeds=1)],
            "rows of the arms do not pair",
            "A lacks row row 0, seed B0",
        ),
    ],
)
def test_single_rows_that_do_not_pair_are_refused(rows, wrong, received):
    with pytest.raises(InputError, match=re.escape(wrong)) as raised:
        pair(rows, arms=ARMS, design=SPLIT)
    assert received in raised.value.received
