from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

import numpy as np
import pytest

import negres_core.controls
from negres_core.controls.registry import run_controls

SHIPPED = sorted(
    info.name for info in pkgutil.iter_modules(negres_core.controls.__path__) if info.name not in {"contract", "trial"}
)


BEFORE = ["disjoint folds", "duplicates", "headroom", "label leak"]
AFTER = ["budget", "finite", "fitted scaler", "frozen weights", "inherited weights", "initial weights"]
LOOKED = ["dead units", "evaluation", "gradients", "inference gap", "loss floor"]


def test_a_clean_run_passes_every_control(new_run, look):
    run = look(new_run(scores={"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "f1": 1.0, "loss": 0.15}))

    before, after = (run_controls(run, when=when) for when in ("before", "after"))

    assert [finding.control for finding in before] == BEFORE
    assert sorted(finding.control for finding in after) == sorted(
        [
            *AFTER,
            *LOOKED,
            "majority class",
            "paired cells",
            "predicted classes",
            "squashed outputs",
            "trained weights",
        ]
    )
    assert [finding for finding in before + after if not finding.passed] == []


def test_a_clean_regression_passes_every_control(new_run, look):
    y = np.linspace(0.1, 1, 40)
    run = look(new_run(y=y, metric="mse", treatment=0.01, control=0.02), loss=None)

    before, after = (run_controls(run, when=when) for when in ("before", "after"))

    assert "target range" in {finding.control for finding in before}
    assert {"mean prediction", "saturation"} <= {finding.control for finding in after}
    assert {finding.control for finding in before + after if not finding.passed} == {"evaluation"}


def test_without_a_second_look_the_records_alone_are_judged(new_run):
    after = {finding.control for finding in run_controls(new_run(), when="after")}

    assert after == {*AFTER, "majority class", "paired cells", "trained weights"}


def test_the_second_look_is_at_the_first_replicate_of_an_arm_that_is_finite(new_run, plant, look):
    run = plant(look(new_run()), arm=1, position=0, status="not finite")

    seen = [(arm.role, replicate.key.seed) for arm, replicate, _ in run.inspections()]

    assert seen == [("treatment", 0), ("control", 1)]
    assert list(replace(run, models=None).inspections()) == []


def test_the_cell_of_a_replicate_is_the_one_it_was_trained_on(new_run):
    run = new_run()

    for replicate in run.arms[0].replicates:
        cell = run.cell_of(replicate)
        assert (cell.repeat, cell.fold) == (replicate.key.repeat, replicate.key.fold)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_module_is_a_control_that_runs_at_some_time(name):
    module = importlib.import_module(f"negres_core.controls.{name}")

    assert callable(module.check)
    assert module.WHEN in ("before", "after", "trials")
    assert callable(getattr(module, "trials", None)) == (module.WHEN == "trials")


def test_a_file_dropped_into_the_package_is_a_control(new_run, tmp_path, monkeypatch):
    tmp_path.joinpath("dropped_in.py").write_text(
        "from negres_core.evidence import Finding\n"
        'WHEN = "before"\n'
        "def check(run):\n"
        "    rows = len(run.data)\n"
        '    return Finding(control="dropped in", passed=False, found=f"{rows} rows", threshold="", remedy="")\n'
    )
    monkeypatch.setattr(negres_core.controls, "__path__", [*negres_core.controls.__path__, str(tmp_path)])

    findings = run_controls(new_run(), when="before")

    found = {finding.control: finding.found for finding in findings}
    assert sorted(found) == sorted([*BEFORE, "dropped in"])
    assert found["dropped in"] == "40 rows"
    assert "dropped in" not in {finding.control for finding in run_controls(new_run(), when="after")}


def test_a_control_that_does_not_apply_says_nothing(new_run, tmp_path, monkeypatch):
    tmp_path.joinpath("silent_one.py").write_text('WHEN = "after"\ndef check(run):\n    return None\n')
    monkeypatch.setattr(negres_core.controls, "__path__", [str(tmp_path)])

    assert run_controls(new_run(), when="after") == []
