"""Progress on a terminal: the hypotheses of the session, and how much of the training is done, with the time left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from negres_core.experiment.training import Progress as Report
    from negres_core.session.board import Row


def on_terminal() -> bool:
    """Return whether someone can see progress: the standard error stream is a terminal, and this is not a CI job."""
    return sys.stderr.isatty() and not os.environ.get("CI")


@contextmanager
def show_progress(board: Sequence[Row] = ()) -> Iterator[Report]:
    """Show progress on the standard error stream while the block runs.

    Args:
        board: the hypotheses of the session.
    """
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    from negres_core.errors import show

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{1 / task.speed:.1f} s each" if task.speed else "")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("replicates"),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    bars = Progress(*columns, console=console)
    shown = Group(_table_of(board), bars) if len(board) > 1 else bars
    with Live(shown, console=console, transient=True):
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(show(what), total=total)
            bars.update(tasks[what], completed=done)

        yield report


def _table_of(board: Sequence[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("hypothesis", "state", "effect [95% interval]", box=None, pad_edge=False, header_style="bold")
    for row in board:
        style = {"running": "bold", "waiting": "dim"}.get(row.state, "")
        # Text, because a title may contain what rich would read as markup.
        table.add_row(*(Text(part, overflow="ellipsis", no_wrap=True) for part in row), style=style)
    return table
