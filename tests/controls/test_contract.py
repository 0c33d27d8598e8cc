from __future__ import annotations

import importlib
import pkgutil

import pytest

import negres_core.controls
from negres_core.controls.contract import run_controls

SHIPPED = sorted(
    info.name for info in pkgutil.iter_modules(negres_core.controls.__path__) if info.name not in {"contract", "trial"}
)


def test_a_clean_run_passes_every_control(new_run):
    run = new_run()

    before, after = (run_controls(run, when=when) for when in ("before", "after"))

    assert [finding.control for finding in before] == ["disjoint folds"]
    assert [finding.control for finding in after] == [
        "finite",
        "fitted scaler",
        "frozen weights",
        "inherited weights",
        "majority class",
    ]
    assert [finding for finding in before + after if not finding.passed] == []


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

    assert [(finding.control, finding.found) for finding in findings] == [
        ("disjoint folds", findings[0].found),
        ("dropped in", "40 rows"),
    ]
    assert "dropped in" not in {finding.control for finding in run_controls(new_run(), when="after")}


def test_a_control_that_does_not_apply_says_nothing(new_run, tmp_path, monkeypatch):
    tmp_path.joinpath("silent_one.py").write_text('WHEN = "after"\ndef check(run):\n    return None\n')
    monkeypatch.setattr(negres_core.controls, "__path__", [str(tmp_path)])

    assert run_controls(new_run(), when="after") == []
