from __future__ import annotations

from negres_core.report.paper.checklist import Checklist, Item, texts_of, write_latex, write_markdown
from negres_core.report.paper.latex import Sentence
from tests.report.paper.typeset import check

ITEMS = [
    Item("1a", "What is known", ["It is 50% of a_b"]),
    Item("1b", "What is known in part", ["This is"], "Say the rest"),
    Item("2", "What is not known", [], "The records do not know"),
]
CHECKLIST = Checklist("A list", Sentence("From a journal", ("kapoor2024reforms",)), ITEMS)


def test_each_item_says_how_far_the_records_answer():
    assert [item.state for item in ITEMS] == ["From the records", "In part from the records", "For the author"]
    assert CHECKLIST.summary == "Of 3 items, the records answer 1, and 1 in part; 1 are for the author alone"


def test_latex_has_every_item():
    tex = write_latex([CHECKLIST])
    check(f"% Made by negres\n{tex}")
    assert r"From a journal~\cite{kapoor2024reforms}." in tex
    assert r"\item[{1a. What is known.}] \emph{From the records.} It is 50\% of a\_b." in tex
    assert r"\emph{In part from the records.} This is. For the author: Say the rest." in tex
    assert r"\emph{For the author.} The records do not know." in tex


def test_markdown_ticks_only_what_the_records_answer_in_whole():
    lines = [line for line in write_markdown([CHECKLIST]).splitlines() if line.startswith("- ")]
    assert lines == [
        "- [x] **1a. What is known.** *From the records.* It is 50% of a_b.",
        "- [ ] **1b. What is known in part.** *In part from the records.* This is. For the author: Say the rest.",
        "- [ ] **2. What is not known.** *For the author.* The records do not know.",
    ]


def test_text_of_records_stays_text_in_markdown():
    item = Item("1", "Odd", ["a|b <script> [x](y) \x1b"])
    text = write_markdown([CHECKLIST._replace(items=[item])])
    assert r"a\|b \<script> [x\](y) \\x1b." in text


def test_a_long_answer_is_cut():
    item = Item("1", "Long", [f"sentence {number}" for number in range(20)])
    assert "sentence 11. 8 more like these." in write_markdown([CHECKLIST._replace(items=[item])])


def test_citations_are_left_out():
    assert texts_of([Sentence("One", ("a",)), Sentence("Two")]) == ["One", "Two"]
