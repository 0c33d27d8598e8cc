from __future__ import annotations

import pytest

from negres_core.report.layout import lay_out, plural, repeats_trained, show_p, why_not_judged


def test_markdown_has_one_line_per_row_and_escapes_pipes():
    page = lay_out([("a|b", "1\n2"), ("1e3", "")], headers=("x\ny", "z"), widths=(1, 1), style="markdown")

    header, _, first, second = page.splitlines()
    assert [cell.strip() for cell in header.split("|")[1:-1]] == ["x y", "z"]
    assert [cell.strip() for cell in first.replace("\\|", "\0").split("|")[1:-1]] == ["a\0b", "1 2"]
    assert [cell.strip() for cell in second.split("|")[1:-1]] == ["1e3", ""]


def test_a_terminal_wraps_at_the_width_and_breaks_no_word():
    lines = lay_out(
        [("one two three", "unbreakable at-a-hyphen")], headers=("x", "y"), widths=(7, 4), style="terminal"
    ).splitlines()

    assert [line.split() for line in lines[2:]] == [["one", "two", "unbreakable"], ["three", "at-a-hyphen"]]


def test_a_terminal_keeps_line_breaks_and_numbers_as_they_are_written():
    lines = lay_out([("1e3\n2", ""), ("3", "4")], headers=("x\ny", "z"), widths=(9, 9), style="terminal").splitlines()

    assert [line.split() for line in lines[:2]] == [["x", "z"], ["y"]]
    assert [line.split() for line in lines[3:]] == [["1e3"], ["2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.04996, "0.05"), (1.0, "1")]
)
def test_a_p_value_is_never_zero(p, text):
    assert show_p(p) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 repeats"), (1, "1 repeat"), (1234, "1,234 repeats")])
def test_a_noun_agrees_with_its_count(count, text):
    assert plural(count, "repeat") == text


def test_a_plural_can_be_given():
    assert [plural(count, "hypothesis", "hypotheses") for count in (1, 2)] == ["1 hypothesis", "2 hypotheses"]


@pytest.mark.parametrize("style", ["terminal", "markdown"])
def test_a_cell_cannot_leave_its_row_or_control_the_terminal(style):
    cell = "a\r| forged | row |\x1b[2J\u202e\u2028end"
    page = lay_out([(cell, "b")], headers=("x", "y"), widths=(200, 9), style=style)

    assert len(page.splitlines()) == 3
    assert all(character.isprintable() or character == "\n" for character in page)


@pytest.mark.parametrize(
    ("fields", "repeats"),
    [
        ({"differences": [[0.1, 0.2]] * 2}, 2),
        ({"verdict": "invalid", "finding": "near copies"}, 0),
        ({"status": "started", "verdict": None}, None),
    ],
    ids=["finished", "ended by a control", "interrupted"],
)
def test_trained_repeats_are_those_that_the_evidence_has_differences_of(new_evidence, fields, repeats):
    assert repeats_trained(new_evidence(**fields)) == repeats


def test_a_run_without_a_verdict_says_why(new_evidence):
    assert why_not_judged(new_evidence(smoke=True, verdict=None)) == "not judged (smoke)"
    assert why_not_judged(new_evidence(status="started", verdict=None)) == "none: interrupted"
