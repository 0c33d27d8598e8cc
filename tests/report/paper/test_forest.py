from __future__ import annotations

import re
import warnings

from negres_core.report.paper.forest import MOST_ROWS, make_figures
from tests.report.page.suites import write_hypothesis
from tests.report.paper.typeset import check


def pages(pdf):
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_each_plot_is_a_page_and_each_family_a_figure(store, study_of):
    one = write_hypothesis(store, "one")
    bar = write_hypothesis(store, "bar").updated(claim=one.claim.updated(kind="reaches", threshold=0.9))
    other = write_hypothesis(store, "other", hypothesis="tests/test_depth.py::test_other")
    figures = make_figures(study_of(one, bar, other))
    check(f"% Made by negres\n{figures.tex}")
    assert pages(figures.pdf) == 3
    first, second = figures.tex.split(r"\begin{figure*}")[1:]
    assert re.findall(r"page=(\d)", first) == ["1", "2"]
    assert re.findall(r"page=(\d)", second) == ["3"]
    assert "Effects of the hypotheses of growth, on one scale for each metric" in first
    assert "The thick line is the 90" in first
    assert "The thick line" not in second


def test_many_hypotheses_are_split_over_pages_and_figures(store, study_of):
    evidence = write_hypothesis(store)
    figures = make_figures(study_of(*[evidence.updated(title=f"claim {n}") for n in range(2 * MOST_ROWS + 1)]))
    assert pages(figures.pdf) == 3
    assert "part 1 of 2" in figures.tex
    assert re.findall(r"page=(\d)", figures.tex) == ["1", "2", "3"]


def test_the_same_evidence_gives_the_same_file(store, study_of):
    study = study_of(write_hypothesis(store))
    assert make_figures(study) == make_figures(study)


def test_without_an_estimate_there_is_nothing_to_draw(new_evidence, study_of):
    figures = make_figures(study_of(new_evidence()))
    assert figures.pdf is None
    check(f"% Made by negres\n{figures.tex}")


def test_fonts_are_embedded_as_outlines_and_no_glyph_is_missing(store, study_of):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = make_figures(study_of(write_hypothesis(store, "$x_1$ \u4e2d \U0001f600", data="\u4e2d")))
    assert b"/FontFile2" in figures.pdf
    assert b"/Type3" not in figures.pdf
