from __future__ import annotations

import pytest

from negres_core.report.layout import lay_out, show_p


def test_a_page_has_one_line_a_row_and_no_loose_pipes():
    page = lay_out([("a|b", "1\n2"), ("1e3", "")], headers=("x", "y"), widths=(1, 1), style="markdown")

    _, _, first, second = page.splitlines()
    assert [cell.strip() for cell in first.replace("\\|", "\0").split("|")[1:-1]] == ["a\0b", "1 2"]
    assert [cell.strip() for cell in second.split("|")[1:-1]] == ["1e3", ""]


def test_a_terminal_wraps_words_at_the_width_and_cuts_none():
    lines = lay_out(
        [("one two three", "unbreakable")], headers=("x", "y"), widths=(7, 4), style="terminal"
    ).splitlines()

    assert [line.split() for line in lines[2:]] == [["one", "two", "unbreakable"], ["three"]]


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.04996, "0.05"), (1.0, "1")]
)
def test_a_p_value_is_never_zero(p, shown):
    assert show_p(p) == shown
