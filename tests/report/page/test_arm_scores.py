from __future__ import annotations

from xml.etree import ElementTree

from negres_core.evidence import Spread
from negres_core.report.page.arm_scores import draw_scores, scores_of
from negres_core.report.page.canvas import drawing
from tests.report.page.suites import write_hypothesis


def spread(mean, sd=0.01):
    return Spread(mean=mean, sd=sd, min=mean, max=mean)


def with_scores(evidence, *scores):
    """Return evidence whose arms have other scores, and recipes of their own, unless these are given, too."""
    arms = [
        arm.updated(metrics={name: spread(value) for name, value in known.items()}, recipe=known_as)
        for arm, (known_as, known) in zip(evidence.arms, scores, strict=True)
    ]
    return evidence.updated(arms=arms)


BOTH = {"accuracy": 0.9, "precision": 0.8, "recall": 0.7, "f1": 0.75, "loss": 0.3}


def test_each_arm_of_a_family_counts_once_on_each_data_set(store):
    one = with_scores(write_hypothesis(store, "one"), ("grown", BOTH), ("base", BOTH))
    two = with_scores(write_hypothesis(store, "two"), ("grown", BOTH), ("from scratch", BOTH))
    far = with_scores(write_hypothesis(store, "far", data="covertype"), ("grown", BOTH), ("base", BOTH))
    found = scores_of([one, two, far])
    assert [(each.data, list(each.arms)) for each in found] == [
        ("digits", ["grown", "base", "from scratch"]),
        ("covertype", ["grown", "base"]),
    ]
    assert list(found[0].metrics) == ["accuracy", "precision", "recall", "f1", "loss"]


def test_metrics_that_an_arm_lacks_and_arms_without_any_are_left_out(store):
    one = with_scores(write_hypothesis(store, "one"), ("grown", BOTH), ("forest", {"accuracy": 0.8, "f1": 0.8}))
    two = with_scores(write_hypothesis(store, "two"), ("grown", BOTH), ("probe", {"told": 0.2}))
    [found] = scores_of([one, two])
    assert list(found.arms) == ["grown", "forest"]
    assert list(found.metrics) == ["accuracy", "f1"]


def test_images_have_metrics_of_their_own_and_smoke_runs_do_not_count(store):
    image = {"psnr": 20.0, "skill": 0.8, "loss": 0.6}
    one = with_scores(write_hypothesis(store, "one"), ("cae", image), ("pca", image))
    [found] = scores_of([one])
    assert list(found.metrics) == ["psnr", "skill", "loss"]
    assert scores_of([one.updated(smoke=True)]) == []


def test_arms_of_one_name_with_other_settings_are_numbered(store):
    one = with_scores(write_hypothesis(store, "one"), ("wide", BOTH), ("wide", BOTH))
    treatment, control = one.arms
    assert treatment.description is not None
    assert control.description is not None
    longer = control.description.stages[0].updated(epochs=99)
    arms = [treatment, control.updated(description=control.description.updated(stages=[longer]))]
    [found] = scores_of([one.updated(arms=arms)])
    assert list(found.arms) == ["wide (1)", "wide (2)"]


def test_each_arm_has_a_row_and_each_metric_a_panel(store):
    one = with_scores(write_hypothesis(store, "one"), ("grown", BOTH), ("base", BOTH | {"accuracy": 0.5}))
    with drawing():
        figure = ElementTree.fromstring(draw_scores(scores_of([one])[0], id="f"))
    texts = [each.text for each in figure.iter("text")]
    assert {"grown", "base", "accuracy", "precision", "recall", "F1", "loss"} <= set(texts)
    assert figure.findtext("title") == "Scores of the arms on digits"
    assert "base: accuracy 0.5000, precision 0.8000" in figure.findtext("desc")
