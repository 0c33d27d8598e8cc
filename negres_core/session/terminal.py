"""The terminal that pytest runs in: whether there is one, and what is written to it in the middle of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from negres_core.errors import MOST_IN_A_LINE, show

if TYPE_CHECKING:
    from negres_core.experiment.training import Progress


def is_worker(config: pytest.Config) -> bool:
    """Return whether this is a worker process of pytest-xdist, whose reports the main process collects."""
    return hasattr(config, "workerinput")


def worker_of(config: pytest.Config) -> str | None:
    """Return the name of this worker process of pytest-xdist, such as "gw0"; None if it is not one."""
    return str(config.workerinput["workerid"]) if is_worker(config) else None  # type: ignore[attr-defined]


@contextmanager
def progress_of(item: pytest.Item) -> Iterator[Progress]:
    """Show the progress of a test, and of its session, on the terminal, if there is one."""
    from negres_core.experiment.training import no_progress
    from negres_core.session.board import board_of
    from negres_core.session.progress import on_terminal, show_progress

    config = item.config
    with _capture_suspended(config):
        # The workers of pytest-xdist share one terminal: their bars would overwrite each other.
        visible = on_terminal() and not is_worker(config)
    if not visible:
        yield no_progress
        return
    with _capture_suspended(config), show_progress(board_of(item)) as progress:
        yield progress


def announce(config: pytest.Config, line: str) -> None:
    """Write a line to the terminal in the middle of a test, unless pytest is as quiet as with -qq."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None and not is_worker(config) and config.get_verbosity() > -2:
        with uncaptured(config):
            terminal.write_line(f"negres: {show(line, most=MOST_IN_A_LINE)}")


@contextmanager
def uncaptured(config: pytest.Config) -> Iterator[None]:
    """Let output through to the terminal, on a line of its own.

    pytest would capture what a test or a fixture writes, and show it only after a failure.
    """
    terminal = config.pluginmanager.getplugin("terminalreporter")
    with _capture_suspended(config):
        if terminal is not None:
            terminal.ensure_newline()
        yield


def _capture_suspended(config: pytest.Config) -> AbstractContextManager[None]:
    capture = config.pluginmanager.getplugin("capturemanager")
    manager: AbstractContextManager[None] = capture.global_and_fixture_disabled() if capture else nullcontext()
    return manager
