from __future__ import annotations

import re
from pathlib import Path

from negres_core.report.paper.document import DOCUMENT
from negres_core.report.paper.write import make_files
from tests.report.page.suites import write_hypothesis


def test_it_inputs_every_file_once(store, study_of):
    files = make_files(study_of(write_hypothesis(store)))
    inputs = re.findall(r"\\(?:input|bibliography)\{(\w+)\}", DOCUMENT)
    names = {name.partition(".")[0] for name in files if name.endswith((".tex", ".bib"))}
    assert sorted(inputs) == sorted(names - {"main"})


def test_every_label_that_it_refers_to_exists(store, study_of):
    files = make_files(study_of(write_hypothesis(store)))
    labels = {each for content in files.values() for each in re.findall(rb"\\label\{([^}]*)\}", content)}
    assert {each.encode() for each in re.findall(r"\\ref\{([^}]*)\}", DOCUMENT)} <= labels


def test_the_documentation_has_every_file(store, study_of):
    page = (Path(__file__).parents[3] / "docs" / "paper.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+\.\w+)`", page.partition("| file | contains |")[2].partition("## ")[0]))
    assert named == {*make_files(study_of(write_hypothesis(store))), "ranks.pdf"}
