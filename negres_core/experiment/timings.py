"""When a run began, how long it took, and how many replicates it trained."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from negres_core.evidence import Timings


class Trained(Protocol):
    """Something that trains replicates or finds them in the store, and counts both."""

    @property
    def trained(self) -> int:
        """Number of replicates that it trained."""

    @property
    def reused(self) -> int:
        """Number of replicates that it found."""


def begin_timings() -> Timings:
    """Return the timings of a run that begins now."""
    return Timings(started_at=datetime.now(UTC).isoformat(timespec="seconds"))


def finish_timings(timings: Timings, began: float, *trainers: Trained) -> Timings:
    """Return the timings of a run that ends now.

    Args:
        timings: those of its beginning.
        began: `time.perf_counter()` at its beginning.
        trainers: all that trained for it.
    """
    return timings.updated(
        wall_s=time.perf_counter() - began,
        trained=sum(trainer.trained for trainer in trainers),
        reused=sum(trainer.reused for trainer in trainers),
    )
