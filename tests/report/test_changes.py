from __future__ import annotations

import pytest

from negres_core.report.change import Change, EffectChange
from negres_core.report.changes import differences_of_environments, render


@pytest.fixture
def flip(on_data):
    before, after = on_data("a", 0.01, verdict="supported"), on_data("a", -0.02, outcome="surprise")
    effect = EffectChange(change=-0.03, interval_95=(-0.05, -0.01), paired=True)
    return Change(before=before, after=after, moved=("treatment",), effect=effect, times={"treatment": 1.304})


def test_a_flip_stands_out(flip):
    text = render([flip])
    assert text.startswith(
        "1 hypothesis in both folders: 1 verdict flipped, 1 effect clearly changed, 1 new surprise.\n"
    )
    assert "FLIP: supported ->" in text
    assert "SURPRISE" in text
    assert "-0.0300" in text
    assert "[-0.0500, -0.0100]" in text
    assert "x1.30" in text
    assert "Changed parts:\n- growth beats scratch, a: treatment" in text


def test_a_page_has_one_line_for_each_hypothesis(flip):
    [row] = [line for line in render([flip], style="markdown").splitlines() if line.startswith("| growth")]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "growth beats scratch",
        "a",
        "FLIP: supported -> refuted SURPRISE",
        "+0.0100 -> -0.0200 accuracy",
        "-0.0300 [-0.0500, -0.0100]",
        "treatment x1.30",
    ]


def test_what_cannot_be_compared_and_what_is_missing_is_said(on_data):
    one, other = on_data("a", 0.01), on_data("b", 0.01)
    change = Change(before=one, after=one, moved=("data",), incomparable="another data")
    text = render([change], missing=([other], []), names=("old", "new"))
    assert "Not comparable:\n- growth beats scratch, a: another data" in text
    assert "Only in old:\n- growth beats scratch, b" in text
    assert "Only in new" not in text
    assert "corrected resampled t-test" not in text


def test_independent_runs_are_marked_and_explained(flip):
    independent = EffectChange(change=-0.03, interval_95=(-0.05, -0.01), paired=False)
    text = render([Change(before=flip.before, after=flip.after, effect=independent)])
    assert "-0.0100] *" in text
    assert "* The runs count as independent" in text


def test_folders_without_a_common_hypothesis():
    assert render([]) == "No hypothesis is in both folders."


def test_environments_differ_by_name(new_evidence):
    one = new_evidence()
    content = one.provenance.model_dump()
    other = new_evidence(provenance=content | {"packages": content["packages"] | {"keras": "99"}, "python": "3.99"})
    found = dict(differences_of_environments([one], [one, other]))
    assert found["python"].endswith(", 3.99") or found["python"].endswith("3.99")
    assert "-> " in found["keras"]
    assert found.keys() == {"python", "keras"}
    assert differences_of_environments([one], [one]) == []


@pytest.mark.parametrize("style", ["terminal", "markdown"])
def test_hostile_names_stay_text(on_data, style):
    hostile = "\x1b[31m|<script>\u202e"
    one = on_data("a", 0.01, title=hostile)
    text = render(
        [Change(before=one, after=one, moved=("data",))], missing=([one], []), names=(hostile, "b"), style=style
    )
    assert "\x1b" not in text
    assert "\u202e" not in text
    if style == "markdown":
        assert "<script>" not in text.replace("\\<script\\>", "").replace("\\<", "")
