from __future__ import annotations

import io

import pytest

from negres_core.session.board import Row
from negres_core.session.progress import on_terminal, show_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "ci", "visible"),
    [(Terminal, "", True), (Terminal, "true", False), (io.StringIO, "", False)],
    ids=["terminal", "ci", "file"],
)
def test_progress_is_visible_on_a_terminal_outside_ci(monkeypatch, stream, ci, visible):
    monkeypatch.setattr("sys.stderr", stream())
    monkeypatch.setenv("CI", ci)
    assert on_terminal() is visible


def test_progress_shows_what_is_trained_and_how_much_is_done(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with show_progress() as report:
        report("base (10 epochs)", 0, 25)
        report("grown (10 epochs)", 3, 7)
        report("base (10 epochs)", 24, 25)
    *_, first, second = (line for line in terminal.getvalue().splitlines() if "epochs" in line)
    assert "base (10 epochs)" in first
    assert "24/25 replicates" in first
    assert "grown (10 epochs)" in second
    assert "3/7" in second


def test_progress_leaves_standard_output_alone(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr", Terminal())
    with show_progress() as report:
        report("base (10 epochs)", 1, 2)
    assert capsys.readouterr().out == ""


def test_the_board_of_a_session_is_above_and_its_text_stays_text(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    board = [
        Row("[red]a width[/red] helps", "supported (better)", "+0.05 [+0.01, +0.09]"),
        Row("depth helps", "running"),
    ]

    with show_progress(board) as report:
        report("base (10 epochs)", 3, 25)

    *_, first, second, bar = (line for line in terminal.getvalue().splitlines() if "helps" in line or "epochs" in line)
    assert "[red]a width[/red] helps" in first
    assert "+0.05 [+0.01, +0.09]" in first
    assert "running" in second
    assert "3/25 replicates" in bar
