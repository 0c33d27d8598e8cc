from __future__ import annotations

from negres_core.report.paper.booktabs import MOST_LINES, Cell, Column, number_cell, text_cell, write_floats
from tests.report.paper.typeset import check, rows_of

COLUMNS = (Column("a & b", 0.25), Column("effect"))


def write(rows):
    tex = write_floats(COLUMNS, rows, caption="A caption.", short="A table", label="tab:it")
    check(f"% Made by negres\n{tex}")
    return tex


def test_a_table_has_headers_rows_and_rules():
    tex = write([[text_cell("x_1"), number_cell("-0.5")], [text_cell("y"), number_cell("")]])
    assert rows_of(tex) == [["a & b", "effect"], ["x_1", "\N{MINUS SIGN}0.5"], ["y", ""]]
    order = [tex.index(part) for part in (r"\caption", r"\toprule", r"\midrule", r"\addlinespace", r"\bottomrule")]
    assert order == sorted(order)
    assert r"\begin{tabular}{@{}p{0.25\textwidth}r@{}}" in tex


def test_hyphens_of_words_and_ids_stay_hyphens():
    assert number_cell("[-0.5, +1.2]") == Cell(r"{[}$-$0.5, +1.2{]}", 12)
    assert number_cell("1e-5 a-1").tex == "1e-5 a-1"


def test_marks_stand_behind_the_text():
    assert text_cell("refuted", r"\dag\S").tex == r"refuted$^{\dag\S}$"
    assert text_cell("refuted").tex == "refuted"


def test_a_table_with_more_lines_than_a_page_is_split():
    tex = write([[text_cell(f"row {number}"), number_cell("1")] for number in range(MOST_LINES + 1)])
    assert tex.count(r"\begin{table*}") == 2
    assert r"\caption{A table, continued.}" in tex
    assert r"\label{tab:it-2}" in tex
    # Five lines each, in a column of a quarter of the width.
    tex = write([[text_cell("long " * 24), number_cell("1")] for _ in range(20)])
    assert [part.count(r"\raggedright") for part in tex.split(r"\begin{table*}")[1:]] == [10, 10]
