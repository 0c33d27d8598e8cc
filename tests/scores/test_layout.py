import pandas as pd
import pytest

from negres_core.errors import InputError
from negres_core.scores import Columns, other_arms, read_table, scores_in

LONG = pd.DataFrame(
    {"arm": ["A", "A", "B", "B"], "repeat": 0, "fold": [0, 1] * 2, "seed": 7, "accuracy": [0.5, 0.6, 0.7, 0.8]}
)
WIDE = pd.DataFrame({"repeat": 0, "fold": [0, 1], "seed": 7, "A": [0.5, 0.6], "B": [0.7, 0.8]})


def read(frame, arms=("A", "B"), **columns):
    known = scores_in(read_table(frame), Columns(**columns), arms=list(arms), metric="accuracy")
    return {each[:4]: each.score for each in known}


EXPECTED = {("A", "0", "0", "7"): 0.5, ("A", "0", "1", "7"): 0.6, ("B", "0", "0", "7"): 0.7, ("B", "0", "1", "7"): 0.8}


@pytest.mark.parametrize(
    "frame", [LONG, WIDE, LONG.rename(columns={"accuracy": "score"})], ids=["long", "wide", "score"]
)
def test_both_forms_hold_the_same_scores(frame):
    assert read(frame) == EXPECTED


@pytest.mark.parametrize(("kind", "name"), [("random splits", "split"), ("leave one group out", "group")])
def test_the_design_says_by_which_column_cells_are_told_apart(kind, name):
    table = read_table(WIDE.rename(columns={"fold": name}).drop(columns=["repeat", "seed"]).assign(repeat="an arm"))
    arms = ["A", "B"]
    known = scores_in(table, Columns(), arms=arms, metric="accuracy", kind=kind)
    assert [each[:3] for each in known] == [(arm, "0", fold) for fold in "01" for arm in arms]
    assert other_arms(table, Columns(), arms, kind=kind) == ["repeat"]
    with pytest.raises(InputError, match="layout of the table is unknown") as raised:
        scores_in(read_table(WIDE), Columns(), arms=arms, metric="accuracy", kind=kind)
    assert f"arm, {name} and accuracy" in raised.value.remedy


def test_columns_may_have_other_names():
    other = {"arm": "model", "repeat": "run", "fold": "split", "seed": "init", "accuracy": "acc"}
    names = {"arm": "model", "repeat": "run", "fold": "split", "seed": "init", "score": "acc"}
    assert read(LONG.rename(columns=other), **names) == EXPECTED
    del names["arm"], names["score"]
    assert read(WIDE.rename(columns=other), **names) == EXPECTED


def test_the_column_of_the_metric_comes_before_one_of_scores():
    assert read(LONG.assign(score=9.0)) == EXPECTED
    assert set(read(LONG.assign(score=9.0), score="score").values()) == {9.0}


def test_a_table_without_repeats_and_seeds_has_one_of_each():
    few = LONG.drop(columns=["repeat", "seed"])
    assert read(few) == {(arm, "0", fold, "0"): score for (arm, _, fold, _), score in EXPECTED.items()}


def test_other_arms_are_not_read_and_named():
    third = pd.DataFrame({"arm": ["C", 3], "repeat": 0, "fold": 0, "seed": 7, "accuracy": ["bad", None]})
    assert read(pd.concat([LONG, third])) == EXPECTED
    assert read(WIDE.assign(C="bad", note="x")) == EXPECTED
    assert other_arms(read_table(pd.concat([LONG, third])), Columns(), ["A", "B"]) == ["C", "3"]
    wide = WIDE.assign(C=1, note="x", **{"": 1})  # a column without a name is the index that pandas wrote
    assert other_arms(read_table(wide), Columns(), ["A", "B"]) == ["C", "note"]


def test_an_arm_keeps_the_name_that_is_written():
    frame = LONG.replace({"arm": {"A": "01", "B": "1"}})
    assert {arm for arm, *_ in read(frame, ["01", "1"])} == {"01", "1"}


UNKNOWN = {
    "no folds": LONG.drop(columns="fold"),
    "no scores": LONG.drop(columns="accuracy"),
    "no arm": WIDE.drop(columns="B"),
}


@pytest.mark.parametrize("frame", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_layout_is_refused_with_the_columns_seen_and_those_expected(frame):
    with pytest.raises(InputError, match="layout of the table is unknown") as raised:
        read(frame)
    assert f"with the columns {', '.join(frame.columns)}" in raised.value.received
    assert "arm, fold and accuracy" in raised.value.remedy
    assert "one column per arm" in raised.value.remedy


def test_a_column_that_is_named_has_to_exist():
    with pytest.raises(InputError, match="no column 'model', which was named as the column of the arm"):
        read(LONG, arm="model")


def test_an_arm_that_is_both_a_row_and_a_column_is_refused():
    with pytest.raises(InputError, match="both in a column of arms and as a column"):
        read(LONG.assign(B=1.0))


@pytest.mark.parametrize("column", ["arm", "repeat", "fold", "seed"])
def test_a_label_that_is_missing_is_refused(column):
    frame = LONG.astype({column: object})
    frame.loc[2, column] = None
    with pytest.raises(InputError, match=f"column {column!r} is missing") as raised:
        read(frame)
    assert "row 3" in raised.value.received


def test_a_score_that_is_missing_is_refused_and_one_that_is_nan_is_not():
    with pytest.raises(InputError, match="score of B is missing") as raised:
        read(WIDE.astype({"B": object}).replace({"B": {0.8: None}}))
    assert "column 'B', row 2" in raised.value.received
    assert "invalid" in raised.value.remedy
    assert str(read(WIDE.replace({"B": {0.8: float("nan")}}))["B", "0", "1", "7"]) == "nan"


def test_a_score_that_is_no_number_is_refused_with_its_place():
    with pytest.raises(InputError, match="not a number") as raised:
        read(LONG.astype({"accuracy": object}).replace({"accuracy": {0.7: "70%"}}))
    assert "'70%' in a table in memory, column 'accuracy', row 3" in raised.value.received
