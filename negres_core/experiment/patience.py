"""Patience: small runs that only the slow engine can train are given up if they would take hours."""

from __future__ import annotations

import time
from collections.abc import Callable

from negres_core.experiment.training import Progress

MAX_SMALL_RUN_S = 900.0
"""Most seconds that one small run may take on the slow engine, by the time of its first replicates."""


class SlowSmallRunError(Exception):
    """A small run would take too long; the message says how long."""


def patient(progress: Progress, *, limit_s: float, clock: Callable[[], float] = time.perf_counter) -> Progress:
    """Return a progress report that gives up a small run which would take longer than a limit.

    Args:
        progress: called with the same arguments.
        limit_s: most seconds for all replicates of one stage of a small run.
        clock: returns the time in seconds.

    Raises:
        SlowSmallRunError: raised by the returned function, after a replicate was recorded.
    """
    begun: dict[str, tuple[float, int]] = {}

    def report(what: str, done: int, total: int) -> None:
        progress(what, done, total)
        began, found = begun.setdefault(what, (clock(), done))
        if done == found:
            return
        seconds = (clock() - began) / (done - found) * (total - found)
        if seconds > limit_s and done < total:
            minutes, most = f"{seconds / 60:.0f} minutes", f"{limit_s / 60:g}"
            raise SlowSmallRunError(f"{what}, would take about {minutes}; at most {most} are spent on it")

    return report
