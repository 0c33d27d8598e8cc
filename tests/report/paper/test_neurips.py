from __future__ import annotations

from negres_core.report.paper.neurips import answer_neurips
from tests.report.page.suites import write_hypothesis


def test_all_items_are_there_in_their_order(store, study_of):
    checklist = answer_neurips(study_of(write_hypothesis(store)))
    assert [item.key for item in checklist.items] == [f"{number}" for number in range(1, 17)]
    assert all(item.answer or item.open for item in checklist.items)


def test_what_no_record_can_know_is_for_the_author(store, study_of):
    items = answer_neurips(study_of(write_hypothesis(store))).items
    alone = [item.key for item in items if item.state == "For the author"]
    assert alone == ["3", "9", "10", "11", "12", "13", "14", "15", "16"]
    assert [item.key for item in items if item.state == "From the records"] == ["7"]


def test_the_answers_are_those_of_the_records(store, study_of):
    items = {item.key: item for item in answer_neurips(study_of(write_hypothesis(store, effect=0.2))).items}
    assert items["1"].answer == ["1 claim: 1 supported; 0 verdicts not as expected"]
    assert any("corrected resampled t-test" in text for text in items["7"].answer)
    assert any("cpu: some processor" in text for text in items["8"].answer)
