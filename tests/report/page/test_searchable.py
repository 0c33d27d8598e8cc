"""What the rows of every page are filtered by."""

from negres_core.report.page.searchable import Searchable


def test_a_row_is_filtered_by_its_file_and_by_the_words_of_title_data_and_test(new_evidence):
    row = Searchable()
    row.evidence = new_evidence(title="Growth\x1b helps")

    assert row.family == "growth"
    assert row.words.endswith("benchmarks/test_growth.py::test_growth_beats_scratch[digits]")
    assert row.words.startswith("growth")
    assert "\x1b" not in row.words
