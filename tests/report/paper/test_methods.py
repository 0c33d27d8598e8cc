from __future__ import annotations

from negres_core.report.paper.methods import PARAGRAPHS, write_methods
from negres_core.report.paper.references import cited_in, known_references
from tests.report.page.suites import write_hypothesis


def test_each_subject_has_a_paragraph_if_there_is_something_to_say(store, study_of):
    text = write_methods(study_of(write_hypothesis(store)))
    headings = [line.partition("{")[2].rstrip(".}") for line in text.splitlines() if line.startswith(r"\paragraph")]
    assert headings == [each for each in PARAGRAPHS if each not in ("Across data sets", "Ranks", "Tuning")]


def test_all_that_is_cited_is_known_and_nothing_else_is_cited(store, study_of):
    cited = cited_in([write_methods(study_of(write_hypothesis(store, repeats=1, planned=1)))])
    assert set(cited) <= set(known_references())
    assert "nadeau2003inference" in cited
    assert not {"hwang1990group", "diebold1995comparing", "knapp2003improved", "akiba2019optuna"} & set(cited)
    assert "bouckaert2004evaluating" not in cited  # the folds are not repeated
