from __future__ import annotations

import pytest

from negres_core.report.arm_settings import settings_apart
from tests.fakes import BUDGET, DESCRIPTION

MONITOR = {"share": 0.2, "metric": "loss", "higher_is_better": False, "patience": 5, "restores_best": True}
SCALER = {"transformer": "StandardScaler", "source": "StandardScaler", "code": "1"}
ADAM = {"module": "keras.optimizers", "class_name": "Adam", "config": {"name": "Adam#0", "learning_rate": 0.001}}


def arm(role, *, recipe="network (10 epochs)", stages=1, preprocess=None, **changed):
    usual = DESCRIPTION["stages"][0]
    description = {"preprocess": preprocess, "stages": [*[usual] * (stages - 1), usual | changed]}
    fields = {"description": description, "budget": BUDGET, "metrics": {}, "values": [], "replicates": []}
    return {"role": role, "recipe": recipe} | fields


@pytest.fixture
def apart(new_evidence):
    """Return a function that compares two arms, given how each differs from the stage of the fakes."""

    def compare(treatment, control):
        return settings_apart(new_evidence(arms=[arm("treatment", **treatment), arm("control", **control)]))

    return compare


@pytest.mark.parametrize(
    ("treatment", "control", "text"),
    [
        ({"class_weight": "balanced"}, {}, "class weights balanced in the treatment arm, none in the control arm"),
        (
            {},
            {"class_weight": {0: 1.0, 1: 9.0}},
            "class weights none in the treatment arm, 0: 1, 1: 9 in the control arm",
        ),
        ({"batch_size": 32}, {"batch_size": 64}, "batch size 32 in the treatment arm, 64 in the control arm"),
        ({"preprocess": SCALER}, {}, "preprocess StandardScaler in the treatment arm, none in the control arm"),
        (
            {"optimizer": ADAM, "code": "1"},
            {"optimizer": ADAM | {"config": {"name": "Adam#1", "learning_rate": 0.01}}, "code": "2"},
            "optimizer learning rate 0.001 in the treatment arm, 0.01 in the control arm",
        ),
        (
            {"monitor": MONITOR | {"patience": 10}},
            {"monitor": MONITOR},
            "monitor patience 10 in the treatment arm, 5 in the control arm",
        ),
        (
            {"stages": 2, "batch_size": 32},
            {"stages": 2, "batch_size": 64},
            "stage 2: batch size 32 in the treatment arm, 64 in the control arm",
        ),
        ({"callbacks": "def falling(): ...", "code": "1"}, {}, "callbacks"),
        ({"model": "1", "code": "1"}, {"model": "2", "code": "2"}, "layers"),
        ({"code": "1", "start": ["1"]}, {"code": "2", "start": ["2"]}, "code; initial weights"),
        ({"recipe": "one", "batch_size": 32}, {"recipe": "another", "batch_size": 64}, ""),
    ],
)
def test_what_differs_is_named_if_the_names_do_not_tell(apart, treatment, control, text):
    assert apart(treatment, control) == text


def test_arms_without_a_description_and_single_arms_have_nothing_to_tell_apart(new_evidence):
    assert settings_apart(new_evidence(arms=[])) == ""
    assert settings_apart(new_evidence(arms=[arm("treatment")])) == ""
