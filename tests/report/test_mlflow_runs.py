"""Which tags, params and metrics stand for a record; tests/commands/test_mlflow.py reads them back by MLflow."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from negres_core.report.mlflow_names import LONGEST_PARAM, LONGEST_TAG
from negres_core.report.mlflow_runs import identity_of, run_of_hypothesis, run_of_replicate
from tests.fakes import BUDGET, DESCRIPTION

FINDING = {"control": "near copies", "passed": False, "found": "7 of 9", "threshold": "at most 1", "remedy": "Group."}


@pytest.fixture
def arm(new_evidence):
    """A treatment with one spread."""
    spread = {"mean": 0.5, "sd": None, "min": 0.25, "max": 0.75}
    content = {"role": "treatment", "recipe": "net", "description": DESCRIPTION, "budget": BUDGET, "replicates": []}
    return new_evidence(arms=[content | {"metrics": {"f@1": spread}, "values": [[0.5], [None]]}]).arms[0]


def last(run):
    """Return the last value of each metric."""
    return {each.name: each.value for each in run.points}


def test_a_run_that_finds_the_same_is_the_same_evidence(new_evidence):
    evidence = new_evidence()
    later = evidence.timings.updated(started_at="2026-01-01T00:00:00+00:00", wall_s=1.0)
    assert identity_of(evidence.updated(timings=later, explanation="In other words.")) == identity_of(evidence)
    assert identity_of(evidence.updated(verdict="supported")) != identity_of(evidence)
    assert identity_of(evidence.updated(differences=[[0.0]])) != identity_of(evidence)


def test_fields_that_a_later_version_adds_do_not_make_other_evidence(new_evidence, monkeypatch):
    evidence = new_evidence()
    before, substance = identity_of(evidence), evidence.substance()
    later = substance | {"added": None, "more": [], "design": substance["design"] | {"new": False}}
    monkeypatch.setattr(type(evidence), "substance", lambda self: later)
    assert identity_of(evidence) == before


def test_what_is_not_known_is_left_out(new_evidence):
    run = run_of_hypothesis(new_evidence(status="started", verdict=None, finding=None, explanation=None))
    assert run.status == "KILLED"
    assert not {"negres.verdict", "negres.outcome", "negres.waived", "negres.failed_controls"} & set(run.tags)
    assert run.tags["mlflow.note.content"] == ""
    assert "effect" not in last(run)
    assert not any(value in ("None", "null") for value in (*run.tags.values(), *run.params.values()))


def test_a_failed_control_and_a_waived_one_are_tags(new_evidence):
    waived = FINDING | {"control": "positions", "waived": "known"}
    fields = {"controls": [FINDING, waived], "waived": {"positions": "known"}, "verdict": "invalid", "finding": "leaky"}
    tags = run_of_hypothesis(new_evidence(**fields)).tags
    assert (tags["negres.failed_controls"], tags["negres.waived"]) == ("near copies", "positions")
    assert tags["negres.judgement"] == "invalid (leaky), waived: positions"


def test_an_arm_has_its_spread_its_cells_and_its_recipe(new_evidence, arm):
    run = run_of_hypothesis(new_evidence(arms=[arm]))
    metrics = last(run)
    assert (metrics["treatment/mean/f_x40_1"], metrics["treatment/max/f_x40_1"]) == (0.5, 0.75)
    assert math.isnan(metrics["treatment/sd/f_x40_1"])
    assert run.tags["negres.metric.f_x40_1"] == "f@1"
    assert [(each.step, each.value) for each in run.points if each.name == "cell/treatment"][:1] == [(0, 0.5)]
    assert (run.params["treatment.recipe"], run.params["treatment.budget.epochs"]) == ("net", "2")
    assert run.params["treatment.digest"] == arm.description.digest


def test_several_inputs_have_a_param_each(new_evidence):
    run = run_of_hypothesis(new_evidence(data={"input_shape": {"left/eye": (2, 3), "right": (4,)}}))
    assert (run.params["data.input_shape.left_x2f_eye"], run.params["data.input_shape.right"]) == ("[2, 3]", "[4]")


def test_a_replicate_begins_before_it_is_recorded_by_what_it_took(new_replicate, arm):
    cost = {"compile_s": 0.5, "train_s": 1.25, "evaluate_s": None, "memory_bytes": 3e9}
    run = run_of_replicate(arm, new_replicate(cost=cost, best_epoch=2, monitored=[0.25, 0.5]), parent="p")
    assert (run.end_ms - run.start_ms, run.end_ms) == (1750, 1735689600_000)
    assert run.tags["mlflow.parentRunId"] == "p"
    assert (last(run)["cost/memory_bytes"], last(run)["curve/best_epoch"]) == (3e9, 2)
    assert [each[1:] for each in run.points if each.name == "curve/monitored"] == [(0.25, 1), (0.5, 2)]
    assert "cost/evaluate_s" not in last(run)


def test_no_text_is_longer_than_mlflow_takes(new_evidence, arm):
    long = "\u202e|" * 10_000
    evidence = new_evidence(
        **dict.fromkeys(("title", "finding", "explanation", "does_not_show"), long),
        data={"name": long},
        arms=[arm.updated(recipe=long)],
    )
    run = run_of_hypothesis(evidence)
    assert max(map(len, run.tags.values())) <= LONGEST_TAG
    assert max(map(len, run.params.values())) <= LONGEST_PARAM
    assert max(map(len, (*run.tags, *run.params, *last(run)))) <= 250
    assert len(run.name) <= 250
    assert run.params["treatment.recipe"].startswith(r"\u202e|\u202e|")


def test_the_documentation_has_every_tag_and_metric(new_evidence, new_replicate, arm, on_data):
    fields = {"controls": [FINDING], "waived": {"positions": "known"}, "outcome": "surprise", "expected": "supported"}
    registration = {"status": "exploratory"}
    look = {"repeats": 1, "information": 1.0, "effect": 0.1, "interval_95": (0, 1), "verdict": "refuted"}
    estimate = on_data("digits", 0.1).estimate
    evidence = new_evidence(
        arms=[arm], differences=[[0.1]], estimate=estimate, looks=[look], registration=registration, **fields
    )
    parent, child = run_of_hypothesis(evidence), run_of_replicate(arm, new_replicate(best_epoch=1), parent="p")
    text = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    tags = {name for name in (*parent.tags, *child.tags) if name.startswith("negres.") and ".metric." not in name}
    assert len(tags) > 20
    groups = {name for name in (*last(parent), *last(child)) if name.startswith(("cell/", "look/", "curve/"))}
    assert [name for name in (*tags, *groups) if f"`{name}`" not in text] == []
