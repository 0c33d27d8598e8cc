"""When a run began, how long it and its arms took, and how many replicates it trained."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from negres_core.evidence import Timings, median_train_s
from negres_core.run.arm import Arm


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


def finish_timings(timings: Timings, began: float, *trainers: Trained, arms: Sequence[Arm] = ()) -> Timings:
    """Return the timings of a run that ends now.

    Args:
        timings: those of its beginning.
        began: `time.perf_counter()` at its beginning.
        trainers: all that trained for it.
        arms: its arms, if they were trained.
    """
    return timings.updated(
        wall_s=time.perf_counter() - began,
        trained=sum(trainer.trained for trainer in trainers),
        reused=sum(trainer.reused for trainer in trainers),
        train_s={arm.role: median_train_s(arm.replicates) for arm in arms},
    )
