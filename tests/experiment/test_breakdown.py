from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset
from negres_core.design import FixedSplit, TimeSeries
from negres_core.experiment.breakdown import break_down
from negres_core.run.run import Run

SITES = np.arange(200) % 2


def run_of(design, data):
    return Run(data, design, list(design.split(data)), [])


def test_the_effect_is_told_by_class_and_by_attribute():
    data = Dataset(x=np.zeros((200, 1)), y=np.arange(200) % 4, name="mine", attributes={"site": SITES})
    design = FixedSplit(train=range(100), test=range(100, 200), seeds=3)
    differences = np.where(SITES[100:] == 1, 0.5, -0.1) + np.zeros((3, 1))

    parts = {part.part: part for part in break_down(run_of(design, data), differences)}

    assert list(parts) == ["all rows", "class 0", "class 1", "class 2", "class 3", "site 0", "site 1"]
    assert parts["all rows"].effect == pytest.approx(0.2)
    assert (parts["site 1"].effect, parts["site 1"].rows) == (pytest.approx(0.5), 50)
    assert (parts["all rows"].better, parts["all rows"].worse) == (50, 50)
    assert (parts["class 1"].better, parts["class 1"].worse) == (25, 0)


def test_parts_have_the_users_names():
    names = np.array(["versicolor", "setosa"])[np.arange(200) % 2]
    sites = np.array(["Rome", "Oslo"])[SITES]
    data = Dataset(x=np.zeros((200, 1)), y=names, name="irises", attributes={"site": sites, "age": SITES + 0.5})
    design = FixedSplit(train=range(100), test=range(100, 200), seeds=1)

    parts = break_down(run_of(design, data), np.random.default_rng(0).normal(size=(1, 100)))

    named = ["class setosa", "class versicolor", "site Oslo", "site Rome", "age 0.5", "age 1.5"]
    assert [part.part for part in parts] == ["all rows", *named]


def test_several_labels_have_the_names_of_their_columns():
    table = pd.DataFrame({"even": SITES, "rare": (np.arange(200) % 5 == 0).astype(int)})
    data = Dataset(x=np.zeros((200, 1)), y=table, name="properties")
    design = FixedSplit(train=range(100), test=range(100, 200), seeds=1)

    parts = break_down(run_of(design, data), np.random.default_rng(0).normal(size=(1, 100)))

    assert [part.part for part in parts] == ["all rows", "label even", "label rare"]


def test_an_attribute_of_many_values_and_a_part_of_few_rows_are_left_out():
    attributes = {"id": np.arange(200), "rare": (np.arange(200) == 150).astype(int)}
    data = Dataset(x=np.zeros((200, 1)), y=np.linspace(0, 1, 200), name="mine", attributes=attributes)
    design = FixedSplit(train=range(100), test=range(100, 200), seeds=1)

    parts = break_down(run_of(design, data), np.random.default_rng(0).normal(size=(1, 100)))

    assert [part.part for part in parts] == ["all rows", "rare 0"]


def test_blocks_of_rows_are_not_broken_down():
    data = Dataset(x=np.zeros((200, 1)), y=np.linspace(0, 1, 200), name="mine")

    assert break_down(run_of(TimeSeries(2, test=50), data), np.zeros((1, 10))) == []
    assert len(break_down(run_of(TimeSeries(2, test=50), data), np.ones((1, 100)))) == 1


def test_the_effect_is_told_for_the_rows_that_have_each_of_several_labels():
    labels = np.stack([SITES, np.arange(200) % 5 == 0, np.ones(200)], axis=1).astype(int)
    data = Dataset(x=np.zeros((200, 1)), y=labels, name="mine")
    design = FixedSplit(train=range(100), test=range(100, 200), seeds=3)
    differences = np.where(SITES[100:] == 1, 0.5, -0.1) + np.zeros((3, 1))

    parts = {part.part: part for part in break_down(run_of(design, data), differences)}

    assert list(parts) == ["all rows", "label 0", "label 1"]
    assert (parts["label 0"].effect, parts["label 0"].rows) == (pytest.approx(0.5), 50)
    assert (parts["label 1"].effect, parts["label 1"].rows) == (pytest.approx(0.2), 20)


def test_the_effect_is_told_on_rows_that_have_a_class_of_steps():
    y = np.zeros((200, 6), dtype=int)
    y[::2, 1], y[::50, 2] = 1, 2
    data = Dataset(x=np.zeros((200, 1)), y=y, name="steps")
    design = FixedSplit(train=range(100), test=range(100, 200), seeds=2)

    parts = break_down(run_of(design, data), np.where(np.arange(100) % 2 == 0, 1.0, 0.5) + np.zeros((2, 1)))

    assert [(part.part, part.rows, part.effect) for part in parts] == [("all rows", 100, 0.75), ("class 1", 50, 1.0)]
