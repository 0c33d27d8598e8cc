from __future__ import annotations

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.controls.stage_finding import describe_stage, stage_finding
from negres_core.run.arm import Arm

TEXTS = {"threshold": "expected more", "remedy": "Mend it."}


def test_stages_at_fault_fail_and_only_they_are_described():
    finding = stage_finding("a control", ["one is wrong", "two is"], ["three is right"], **TEXTS)

    assert (finding.control, finding.passed, finding.found) == ("a control", False, "one is wrong; two is")


def test_sound_stages_pass():
    finding = stage_finding("a control", [], ["three is right"], **TEXTS)

    assert (finding.passed, finding.found) == (True, "three is right")


def test_without_a_stage_that_was_judged_there_is_no_finding():
    assert stage_finding("a control", [], [], **TEXTS) is None


def test_a_stage_is_described_by_its_build_function_and_its_arm():
    assert describe_stage(Arm("control", Recipe(Stage(len))), Recipe(Stage(len))) == "len of the control arm"
