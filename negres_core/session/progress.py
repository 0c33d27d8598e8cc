"""Progress on a terminal: what is being trained, how much of it is done, at what rate, and the time left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from negres_core.experiment.training import Progress as Report


def on_terminal() -> bool:
    """Return whether someone can see progress: the standard error stream is a terminal, and this is not a CI job."""
    return sys.stderr.isatty() and not os.environ.get("CI")


@contextmanager
def show_progress() -> Iterator[Report]:
    """Show progress on the standard error stream while the block runs."""
    from rich.console import Console
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
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(show(what), total=total)
            bars.update(tasks[what], completed=done)

        yield report
