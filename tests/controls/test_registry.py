from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

import negres_core.controls
from negres_core.controls.registry import check_small_runs, known_controls, run_controls, small_runs_of
from negres_core.discovery import modules_in
from negres_core.errors import InputError

SHIPPED = [module.__name__ for module in modules_in(negres_core.controls, having="check")]

BEFORE = ["captured data", "disjoint folds", "duplicates", "headroom", "label leak", "row alignment"]
PROBING = ["equal arms", "fresh start", "loss domain", "paired loss"]
AFTER = ["budget", "finite", "fitted scaler", "frozen weights", "inherited weights", "initial weights"]
INSPECTING = ["dead units", "evaluation", "gradients", "inference gap", "loss floor"]


@pytest.fixture
def drop_in(tmp_path, monkeypatch):
    """Write a module into the package of controls, beside the shipped ones or alone."""

    def drop_in(source, *, alone=False):
        tmp_path.joinpath("dropped_in.py").write_text(source)
        shipped = [] if alone else negres_core.controls.__path__
        monkeypatch.setattr(negres_core.controls, "__path__", [*shipped, str(tmp_path)])

    yield drop_in
    sys.modules.pop("negres_core.controls.dropped_in", None)


def test_the_known_controls_are_all_that_negres_has():
    known = dict(known_controls())
    assert len(known) == len(SHIPPED)
    assert (known["headroom"], known["A/A"], known["finite"]) == ("before", "small runs", "after")


def test_a_clean_run_passes_every_control(new_run, with_models):
    run = with_models(new_run(scores={"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "f1": 1.0, "loss": 0.15}))

    before, after = (run_controls(run, when=when) for when in ("before", "after"))

    assert sorted(finding.control for finding in before) == sorted([*BEFORE, *PROBING])
    assert sorted(finding.control for finding in after) == sorted(
        [
            *AFTER,
            *INSPECTING,
            "majority class",
            "paired cells",
            "predicted classes",
            "rows alone",
            "squashed outputs",
            "trained weights",
        ]
    )
    assert [finding for finding in before + after if not finding.passed] == []


def test_a_clean_regression_passes_every_control(new_run, with_models):
    y = np.linspace(0.1, 1, 40)
    run = with_models(new_run(y=y, metric="mse", treatment=0.01, control=0.02), loss=None)

    before, after = (run_controls(run, when=when) for when in ("before", "after"))

    assert "target range" in {finding.control for finding in before}
    assert {"mean prediction", "saturation"} <= {finding.control for finding in after}
    assert {finding.control for finding in before + after if not finding.passed} == {"evaluation"}


def test_without_models_to_inspect_the_records_alone_are_checked(new_run):
    after = {finding.control for finding in run_controls(new_run(), when="after")}

    assert after == {*AFTER, "majority class", "paired cells", "trained weights"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_control_follows_the_protocol(name):
    module = importlib.import_module(name)

    assert callable(module.check)
    assert module.NAME
    assert module.WHEN in ("before", "after", "small runs")
    assert callable(getattr(module, "small_runs", None)) == (module.WHEN == "small runs")


def test_no_two_shipped_controls_have_the_same_name():
    names = [importlib.import_module(name).NAME for name in SHIPPED]

    assert sorted(set(names)) == sorted(names)


def test_a_file_dropped_into_the_package_is_a_control(new_run, drop_in):
    drop_in(
        "from negres_core.evidence import Finding\n"
        'NAME = "dropped in"\n'
        'WHEN = "before"\n'
        "def check(run):\n"
        "    rows = len(run.data)\n"
        '    return Finding(control=NAME, passed=False, found=f"{rows} rows", threshold="", remedy="")\n',
    )

    findings = {finding.control: finding.found for finding in run_controls(new_run(), when="before")}

    assert sorted(findings) == sorted([*BEFORE, "dropped in"])
    assert findings["dropped in"] == "40 rows"
    assert "dropped in" not in {finding.control for finding in run_controls(new_run(), when="after")}


def test_a_control_that_does_not_apply_has_no_finding(new_run, drop_in):
    drop_in('NAME = "silent"\nWHEN = "after"\ndef check(run):\n    return None\n', alone=True)

    assert run_controls(new_run(), when="after") == []


def test_a_control_of_small_runs_defines_them_and_checks_them_trained(new_run, drop_in):
    drop_in(
        "from negres_core.evidence import Finding\n"
        'NAME = "small one"\n'
        'WHEN = "small runs"\n'
        "def small_runs(run):\n"
        '    return {"the same again": run}\n'
        "def check(run, trained):\n"
        '    return Finding(control=NAME, passed=True, found=trained["the same again"], threshold="", remedy="")\n',
        alone=True,
    )
    run = new_run()

    assert list(small_runs_of(run)) == ["the same again"]
    [finding] = check_small_runs(run, {"the same again": "trained"})
    assert (finding.control, finding.found) == ("small one", "trained")
    assert [*run_controls(run, when="before"), *run_controls(run, when="after")] == []


@pytest.mark.parametrize(
    ("source", "wrong", "received", "remedy"),
    [
        ('WHEN = "after"', "has no name for its findings", "NAME=None", 'Set NAME = "..."'),
        ('NAME = ""\nWHEN = "after"', "has no name for its findings", "NAME=''", 'Set NAME = "..."'),
        ('NAME = "odd"', "does not state when it runs", "WHEN=None", 'Set WHEN = "before", "after" or "small runs"'),
        ('NAME = "odd"\nWHEN = "later"', "does not state when it runs", "WHEN='later'", 'Set WHEN = "before"'),
        (
            'NAME = "odd"\nWHEN = "small runs"',
            "checks small runs, but does not define any",
            "small_runs=None",
            "Define small_runs(run)",
        ),
    ],
    ids=["no name", "empty name", "no time", "unknown time", "no small runs"],
)
def test_an_incomplete_control_is_refused(new_run, drop_in, source, wrong, received, remedy):
    drop_in(f"{source}\ndef check(run):\n    return None\n")

    with pytest.raises(InputError, match=f"The control negres_core.controls.dropped_in {wrong}") as caught:
        run_controls(new_run(), when="before")

    assert caught.value.received == received
    assert caught.value.remedy.startswith(remedy)
