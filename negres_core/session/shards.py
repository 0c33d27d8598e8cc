"""A session that trains one shard: each hypothesis ends when its share is trained, and nothing is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from negres_core.design import Shard
from negres_core.errors import InputError, show
from negres_core.session.keys import SHARD, store_of

if TYPE_CHECKING:
    from negres_core.evidence import Evidence

NOT_JUDGED = "trained, not judged"
"""The status of a test whose share is trained."""
NOT_TRAINED = "not trained"
"""The status of a test of which a shard trains nothing."""


def shard_of(config: pytest.Config) -> Shard | None:
    """Return the shard that a session trains; None for a session that judges.

    Raises:
        InputError: the option names no shard.
    """
    text = config.getoption("negres_shard")
    return None if text is None else Shard.read(text)


def check_options(config: pytest.Config) -> None:
    """Raise pytest.UsageError if the shard cannot be read, or if another option leaves it nothing to train."""
    try:
        shard = shard_of(config)
    except InputError as error:
        raise pytest.UsageError(str(error)) from error
    if shard is None:
        return
    for option, what in (("negres_smoke", "A smoke run"), ("negres_register", "A registration")):
        if config.getoption(option):
            name = f"--{option.replace('_', '-')}"
            raise pytest.UsageError(f"{what} has no shards: omit {name} or --negres-shard.")


def end_shard(item: pytest.Item, evidence: Evidence) -> NoReturn:
    """End a test whose share was trained and recorded."""
    from negres_core.evidence import read_shards_of

    shard = shard_of(item.config)
    [record] = [each for each in read_shards_of(store_of(item.config), evidence.hypothesis) if each.shard == shard]
    if record.failed:
        failed = "; ".join(f"{show(name)}, {show(found)}" for name, found in record.failed.items())
        leave_out(item, f"a control failed, so that the verdict will be invalid: {failed}")
    design, timings = record.commitment.design, record.timings
    cells = f"{len(record.cells)} of {design.folds * design.repeats} cells"
    _end(item, f"{NOT_JUDGED}: shard {shard}, {cells}; {timings.trained} replicates trained, {timings.reused} found")


def leave_out(item: pytest.Item, why: str) -> NoReturn:
    """End a test of which a shard trains nothing, and say why."""
    _end(item, f"{NOT_TRAINED}: {why}")


def _end(item: pytest.Item, text: str) -> NoReturn:
    item.user_properties.append((SHARD, text))
    pytest.skip(text)


def status_of(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Return how the test of a shard is counted: it neither passed nor failed; None for any other test."""
    if report.when != "call" or not report.skipped:  # of a module that fails there is a report without properties
        return None
    text = dict(report.user_properties).get(SHARD)
    if text is None:
        return None
    status = NOT_JUDGED if str(text).startswith(NOT_JUDGED) else NOT_TRAINED
    return status, "t", status.upper()
