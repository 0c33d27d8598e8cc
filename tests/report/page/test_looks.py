from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.colours import INK, LINE
from negres_core.report.page.looks import draw_looks, saved_in_words
from tests.report.page.suites import write_hypothesis


def draw(evidence):
    with drawing():
        figure = draw_looks(evidence, id="f")
    return None if figure is None else ElementTree.fromstring(figure)


def cells(figure, colour):
    """Count the boxes of a colour: each is closed once."""
    return sum(each.get("d").count("z") for each in figure.iter("path") if each.get("fill") == colour)


def test_saved_cells_are_grey(store):
    figure = draw(write_hypothesis(store, repeats=2, planned=5))
    assert (cells(figure, INK), cells(figure, LINE)) == (10, 15)
    texts = [each.text for each in figure.iter("text")]
    assert "saved by the decision" in texts
    assert {"1", "2", "3", "4", "5"} <= set(texts)


def test_nothing_is_saved_by_a_run_to_its_end(store):
    evidence = write_hypothesis(store, repeats=3, planned=3)
    figure = draw(evidence)
    assert (cells(figure, INK), cells(figure, LINE)) == (15, 0)
    assert saved_in_words(evidence) == "All 3 repeats were needed."


def test_each_look_is_described(store):
    evidence = write_hypothesis(store, repeats=2, planned=5)
    description = draw(evidence).findtext("desc")
    assert description.startswith("After 1 repeat, ")
    assert f"{evidence.looks[1].effect:+.4f} [" in description
    assert description.endswith("The look after 2 repeats of 5 decided, which saved 15 cells.")


@pytest.mark.parametrize("folds", [1, 12, 40])
def test_any_number_of_cells_can_be_drawn(store, folds):
    evidence = write_hypothesis(store)
    assert draw(evidence.updated(design=evidence.design.updated(folds=max(folds, 2)))) is not None


def test_a_design_of_one_look_has_no_figure(store):
    assert draw(write_hypothesis(store, repeats=1, planned=1)) is None
