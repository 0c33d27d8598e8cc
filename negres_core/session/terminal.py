"""The terminal that pytest runs in: who sees it, and what is said there in the middle of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from negres_core.experiment.training import Progress


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this is a process of pytest-xdist's, whose reports another one gathers."""
    return hasattr(config, "workerinput")


@contextmanager
def progress_of(config: pytest.Config) -> Iterator[Progress]:
    """Show progress where there is a terminal to see it."""
    from negres_core.session.progress import on_terminal, show_progress

    with uncaptured(config):
        # Workers share one terminal, where the bars of each would overwrite the others'.
        seen = on_terminal() and not is_worker(config)
    if not seen:
        yield lambda what, done, total: None
        return
    with uncaptured(config), show_progress() as progress:
        yield progress


def announce(config: pytest.Config, line: str) -> None:
    """Say something in the middle of a test, where pytest is not as quiet as with -qq."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None and not is_worker(config) and config.get_verbosity() > -2:
        with uncaptured(config):
            terminal.ensure_newline()
            terminal.write_line(f"negres: {line}")


def uncaptured(config: pytest.Config) -> AbstractContextManager[None]:
    """Let through what is written: pytest captures the streams that would lead to a terminal."""
    capture = config.pluginmanager.getplugin("capturemanager")
    manager: AbstractContextManager[None] = capture.global_and_fixture_disabled() if capture else nullcontext()
    return manager
