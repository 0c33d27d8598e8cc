from __future__ import annotations

from xml.etree import ElementTree

from negres_core.report.across import combine_group
from negres_core.report.page.canvas import drawing
from negres_core.report.page.families import by_family, draw_across, draw_family, family_name
from negres_core.report.page.forest import scale_key, shared_ranges
from tests.report.page.suites import write_hypothesis


def draw(function, *arguments):
    with drawing():
        figure = ElementTree.fromstring(function(*arguments, id="f"))
    return figure, [each.text for each in figure.iter("text")]


def test_a_family_is_a_file_of_tests(new_evidence):
    assert family_name(new_evidence(hypothesis="benchmarks/test_faces.py::test_a[b/test_c.py::d]")) == "faces"
    assert family_name(new_evidence(hypothesis="odd")) == "odd"


def test_hypotheses_without_an_estimate_are_left_out_and_scales_are_kept_apart(store, new_evidence):
    one = write_hypothesis(store, "one")
    two = write_hypothesis(store, "two")
    other = write_hypothesis(store, "bar").updated(claim=one.claim.updated(kind="reaches", threshold=0.9))
    assert by_family([one, two, other, new_evidence()]) == {"growth": [[one, two], [other]]}


def test_each_hypothesis_has_a_row(store):
    group = [write_hypothesis(store, "one"), write_hypothesis(store, "a name that is so long " * 6, effect=-0.1)]
    figure, texts = draw(draw_family, group, shared_ranges(group)[scale_key(group[0])])
    assert figure.findtext("title") == "Effects on accuracy"
    assert "one" in texts
    assert sum(text.startswith("a name that is so long") or text.endswith(" ...") for text in texts) == 2
    assert texts[-1] == "effect on digits, in accuracy; more is better"
    assert f"one, digits: {group[0].estimate.effect:+.4f} [" in figure.findtext("desc")


def test_data_sets_are_named_where_they_differ(store):
    group = [write_hypothesis(store, "one"), write_hypothesis(store, "one", data="covertype")]
    _, texts = draw(draw_family, group, (-0.1, 0.1))
    assert {"one, digits", "one, covertype"} <= set(texts)
    assert texts[-1] == "effect, in accuracy; more is better"


def test_effects_over_data_sets_end_in_their_mean(store):
    group = [write_hypothesis(store, "one", data=name, seed=n) for n, name in enumerate(("a", "b", "c"))]
    figure, texts = draw(draw_across, group)
    assert texts.index("a") < texts.index("c") < texts.index("mean over data sets")
    assert figure.findtext("desc").startswith(f"Mean effect {combine_group(group).effect:+.4f}, 95% interval from ")
