"""Interrupted sessions: SIGTERM ends one as Ctrl-C does, and its hypothesis under way is remembered for the summary."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from negres_core.session.keys import HYPOTHESIS, store_of

if TYPE_CHECKING:
    from negres_core.evidence import Evidence

_BEGAN_KEY: pytest.StashKey[str] = pytest.StashKey()
"""When the session began, as evidence states times."""
_CUT_OFF_KEY: pytest.StashKey[dict[str, str]] = pytest.StashKey()
"""Title of the hypothesis that was interrupted in this process, by the test's id."""
RESUME = "interrupted; run the same command again, and it resumes: finished replicates are stored"
"""How to go on."""


def begin(config: pytest.Config) -> None:
    """Remember when a session begins, and let SIGTERM interrupt it, unless something else handles it."""
    config.stash[_BEGAN_KEY] = datetime.now(UTC).isoformat(timespec="seconds")
    config.stash[_CUT_OFF_KEY] = {}
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _interrupt)
        config.add_cleanup(_end)


def _end() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def watch(item: pytest.Item) -> Generator[None, object, object]:
    """Remember the hypothesis if it is interrupted while the wrapped hook runs."""
    try:
        return (yield)
    except (KeyboardInterrupt, pytest.exit.Exception):
        if _CUT_OFF_KEY in item.config.stash:
            title = dict(item.user_properties).get(HYPOTHESIS, item.name)
            item.config.stash[_CUT_OFF_KEY][item.nodeid] = str(title)
        raise


def cut_off(config: pytest.Config, *, ended: set[str]) -> tuple[list[Evidence], dict[str, str]]:
    """Return what was under way when a session ended: evidence that it began, and other hypotheses, by test id.

    Args:
        config: the session.
        ended: identities of the hypotheses whose tests have ended. Without a verdict, they had an error.
    """
    if _BEGAN_KEY not in config.stash:
        return [], {}
    store = store_of(config)
    # Also those of other processes, whose tests sent no report.
    records = [store.read_evidence(path) for path in store.evidence_paths()]
    begun = [
        each
        for each in records
        if each is not None
        and each.status == "started"
        and each.timings.started_at >= config.stash[_BEGAN_KEY]
        and each.hypothesis not in ended
    ]
    titles = {each.title for each in begun}
    others = {id: title for id, title in config.stash[_CUT_OFF_KEY].items() if title not in titles}
    return begun, others
