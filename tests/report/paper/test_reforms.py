from __future__ import annotations

from negres_core.controls import majority_class
from negres_core.controls.registry import known_controls
from negres_core.report.paper import reforms
from negres_core.report.paper.reforms import answer_reforms
from tests.report.page.suites import FINDING, write_hypothesis

SIZES = {"1": "abc", "2": "abcde", "3": "abcdefg", "4": "abc", "5": "abcdef", "6": "abc", "7": "abc", "8": "ab"}
KEYS = [f"{module}{letter}" for module, letters in SIZES.items() for letter in letters]


def test_all_items_are_there_in_their_order(store, study_of):
    checklist = answer_reforms(study_of(write_hypothesis(store)))
    assert [item.key for item in checklist.items] == KEYS
    assert len(KEYS) == 32
    assert all(item.answer or item.open for item in checklist.items)


def test_what_no_record_can_know_is_for_the_author(store, study_of):
    items = {item.key: item for item in answer_reforms(study_of(write_hypothesis(store))).items}
    alone = [key for key, item in items.items() if item.state == "For the author"]
    assert alone == ["1b", "1c", "2d", "3b", "3c", "3f", "3g", "4a", "4b", "5b", "5f", "6a", "6b", "6c", "8a"]
    assert [key for key, item in items.items() if item.state == "From the records"] == [
        "2c",
        "2e",
        "3e",
        "5c",
        "7b",
        "7c",
    ]


def test_controls_answer_what_they_checked(store, study_of):
    names = ("disjoint folds", "label leak", "captured data")
    controls = [{"control": name, "passed": True, **FINDING} for name in names]
    items = {item.key: item for item in answer_reforms(study_of(write_hypothesis(store, controls=controls))).items}
    for key, name in (("6a", "captured data"), ("6b", "disjoint folds"), ("6c", "label leak")):
        assert items[key].answer == [f"Control \u201c{name}\u201d: ran for 1 of 1 hypotheses, passed each time"]
        assert items[key].state == "In part from the records"


def test_the_controls_that_are_named_exist():
    known = {name for name, _ in known_controls()} | {majority_class.NAME_FOR_VALUES}
    assert {*reforms.FITTED, *reforms.COPIES, *reforms.LEAKS, *reforms.BASELINES} <= known


def test_results_that_are_left_out_are_not_hidden(store, study_of):
    one, two = write_hypothesis(store, "one"), write_hypothesis(store, "two")

    def selection(study):
        return next(item.answer for item in answer_reforms(study).items if item.key == "5d")

    assert selection(study_of(one, two)) == ["All results in the evidence folder are reported"]
    assert selection(study_of(one)) == [
        "The deviations name 1 hypothesis with results in the evidence folder that the table leaves out"
    ]
