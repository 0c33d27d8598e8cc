"""Targets of several outputs: checked one by one, and seen as those of the one output that a claim is about."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.errors import InputError

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
AGE = np.linspace(20, 70, 6)
SEX = ["f", "m", "f", "m", "m", "f"]
FACES = Dataset(x=X, y={"sex": SEX, "age": AGE}, name="faces", groups=[0, 0, 1, 1, 2, 2])


def test_each_output_has_the_task_that_its_targets_decide():
    assert [(name, FACES.about(name).task, FACES.about(name).outputs) for name in FACES.y] == [
        ("age", "regression", 1),
        ("sex", "classification", 2),
    ]
    assert (len(FACES), repr(FACES)) == (6, "Dataset('faces', 6 rows of (3,), age: regression, sex: classification)")


def test_a_claim_about_one_output_sees_a_data_set_of_that_output():
    seen, alone = FACES.about("sex"), Dataset(x=X, y=SEX, name="faces")
    np.testing.assert_array_equal(seen.y, alone.y)
    assert (seen.task, seen.classes, seen.span, repr(seen)) == (alone.task, alone.classes, alone.span, repr(alone))
    np.testing.assert_array_equal(seen.shuffle_rows(3), alone.shuffle_rows(3))
    assert (seen.output, seen.about("sex")) == ("sex", seen)
    assert not seen.without_other_outputs().named_targets
    assert seen.seen_as("age").output == "age"


def test_a_build_function_is_given_the_outputs_by_name_and_a_model_is_trained_on_those_that_it_has():
    seen = FACES.about("sex")
    assert seen.outputs_to_build == {"age": 1, "sex": 2}
    assert Dataset(x=X, y=SEX, name="one").outputs_to_build == 2
    assert list(seen.targets_of(["age", "sex"])) == ["age", "sex"]
    assert seen.targets_of([]) is seen.y


def test_rows_are_taken_of_all_outputs_and_other_targets_are_those_of_the_claimed_one():
    seen = FACES.about("sex")
    taken = seen.take(np.array([4, 0]))
    np.testing.assert_array_equal(taken.named_targets["age"], FACES.y["age"][[4, 0]])
    np.testing.assert_array_equal(taken.y, FACES.y["sex"][[4, 0]])
    np.testing.assert_array_equal(FACES.take(np.array([4, 0])).y["age"], FACES.y["age"][[4, 0]])
    permuted = seen.with_targets(seen.y[::-1])
    np.testing.assert_array_equal(permuted.named_targets["sex"], FACES.y["sex"][::-1])
    np.testing.assert_array_equal(permuted.named_targets["age"], FACES.y["age"])
    assert not seen.with_rows(X[:2], seen.y[:2]).named_targets


def test_the_digest_is_that_of_all_targets_whichever_output_a_claim_is_about():
    assert FACES.digest == FACES.about("sex").digest == FACES.about("age").digest
    changed = Dataset(x=X, y={"sex": SEX, "age": AGE + 1}, name="faces", groups=FACES.groups)
    renamed = Dataset(x=X, y={"sex": SEX, "years": AGE}, name="faces", groups=FACES.groups)
    alone = Dataset(x=X, y=SEX, name="faces", groups=FACES.groups)
    assert len({each.digest for each in (FACES, changed, renamed, alone)}) == 4
    # Recorded by an earlier version: targets in one array have the digest that they had.
    recorded = Dataset(x=[[1.0], [2.0]], y=[0, 1], name="toy").digest
    assert recorded == "d59002d3b8c0a654c26364352d1bd99a152d8867bffa129844702ef60ce7e993"


@pytest.mark.parametrize(
    ("y", "parts"),
    [
        ({"age": AGE[:4], "sex": SEX}, ["`x` and `y['age']`", "differ in length"]),
        ({}, ["need a name"]),
        ({1: AGE}, ["need a name"]),
        ({"age": AGE, "rank": [1, 2, 3, 1, 2, 3]}, ["in y['rank']", "y=y - 1"]),
        ({"age": AGE, "when": np.array(["2020-01-01"] * 6, "datetime64[D]")}, ["`y['when']`"]),
        ({"age": [1.0, 2.0, np.nan, 1.0, 2.0, 3.0]}, ["`y['age']`"]),
        ({"age": {"years": AGE}}, ["`y['age']`", "has to be one array", "Give y as a dictionary of arrays"]),
        ([AGE, np.zeros((6, 2))], ["Give several outputs by the names", 'y={"age": ages, "sex": labels}']),
    ],
)
def test_the_targets_of_an_output_are_refused_by_its_name(y, parts):
    with pytest.raises(InputError) as caught:
        Dataset(x=X, y=y, name="faces")
    assert all(part in str(caught.value) for part in parts), caught.value


def test_ignore_class_is_for_targets_in_one_array():
    with pytest.raises(InputError, match="is for targets in one array"):
        Dataset(x=X, y={"age": AGE, "steps": np.ones((6, 4), int)}, name="faces", ignore_class=0)


@pytest.mark.parametrize(
    ("data", "output", "part"),
    [
        (FACES, None, 'beats("loss", output='),
        (FACES, "height", "output='height'"),
        (Dataset(x=X, y=AGE, name="ages"), "age", "Leave `output` out"),
    ],
)
def test_a_claim_names_an_output_where_there_are_several(data, output, part):
    with pytest.raises(InputError) as caught:
        data.about(output)
    assert part in str(caught.value)


@pytest.mark.parametrize("ask", [lambda data: data.task, lambda data: data.outputs, lambda data: data.classes])
def test_a_question_with_an_answer_for_each_output_is_refused(ask):
    with pytest.raises(InputError, match=r"data\.about"):
        ask(FACES)
