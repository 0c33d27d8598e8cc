from __future__ import annotations

import pytest

from negres_core.report import summary
from negres_core.session.job_summary import MOST_BYTES, add_to_summary, fit
from tests.report.page.test_render import CONTROL_CHARACTERS, HOSTILE

TABLE = "\n".join(["| name  |", "|-------|", *[f"| row {n} |" for n in range(40)], "", "A footnote."])
REMEDY = "The log has all."


def test_tables_that_fit_are_not_changed(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    add_to_summary(path, "Hypotheses", TABLE, remedy=REMEDY)
    assert path.read_text() == f"before\n### Hypotheses\n\n{TABLE}\n\n"


def test_padding_goes_first():
    long = "x" * 900
    table = "\n".join([f"| {'name':<900} |", f"|{'-' * 902}|", f"| {long} |", *[f"| {n:<900} |" for n in range(9)]])
    lines = fit(table, 1100, remedy=REMEDY).split("\n")
    assert lines == ["| name |", "|---|", f"| {long} |", *[f"| {n} |" for n in range(9)]]


@pytest.mark.parametrize("room", range(150, 410, 13))
def test_whole_rows_are_left_out_and_counted(room):
    text = fit(TABLE, room, remedy=REMEDY)
    rows = [line for line in text.split("\n") if line.startswith("| row")]
    assert 0 <= len(rows) < 40
    assert room - 12 <= len(text) <= room
    assert rows == [f"| row {n} |" for n in range(len(rows))]
    assert text.startswith(f"**{40 - len(rows)} of 40 rows are left out**: ")
    assert REMEDY in text
    assert text.endswith("\n\nA footnote.")


def test_rows_of_the_first_table_go_before_those_of_the_second():
    second = "\n".join(["| other |", "|---|", "| one |"])
    text = fit(f"{TABLE}\n\n{second}", 390, remedy=REMEDY)
    assert "| row 0 |" in text
    assert "| row 39 |" not in text
    assert text.endswith("| one |")


def test_a_file_that_is_almost_full_gets_a_sentence_or_nothing(tmp_path):
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * (MOST_BYTES - 130))
    add_to_summary(path, "Hypotheses", TABLE, remedy=REMEDY)
    assert path.read_text().endswith(
        "### Hypotheses\n\n**The table is left out**: the summary of a step has at most 1 MiB. The log has all.\n\n"
    )
    assert path.stat().st_size <= MOST_BYTES
    size = path.stat().st_size
    add_to_summary(path, "Hypotheses", TABLE, remedy=REMEDY)
    assert path.stat().st_size == size


def test_hostile_names_by_the_thousand_stay_text_in_whole_rows(on_data, tmp_path):
    records = [on_data(text, 0.01, title=text, does_not_show=text) for text in HOSTILE] * 500
    path = tmp_path / "summary.md"
    add_to_summary(path, "Hypotheses", summary.render(records, family={}, style="markdown"), remedy=REMEDY)
    text = path.read_text(encoding="utf-8")
    assert MOST_BYTES - 5_000 < path.stat().st_size <= MOST_BYTES
    assert not CONTROL_CHARACTERS.search(text.replace("\n", " "))
    assert "<script" not in text.replace("\\<script", "")
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert {line.replace("\\\\", "").replace("\\|", "").count("|") for line in rows} == {9}
    assert f"**{8_000 - (len(rows) - 2):,} of 8,000 rows are left out**" in text
