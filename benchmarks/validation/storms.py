"""What survives when everything goes wrong? The table of docs/scaling.md.

    python -m benchmarks.validation.storms [--kills N] [--times N] [--networks]

Sessions with two hypotheses run in processes and folders of their own, and faults are injected. On a cluster of two
workers the session and its workers are killed at random while they train, and the session gets SIGTERM and Ctrl-C. In
one process the disk is full, the quota is used up or the folder becomes read-only at a write, the folder is removed,
two sessions share one folder, the clock goes backward, and records of another folder are damaged. Afterwards the same
command runs again, and has to come to the result of a session that nothing happened to.

Ends with status 1 if a recorded replicate was lost, if anything damaged was trusted, or if a result differs. Needs
`os.fork`.
"""

from __future__ import annotations

import argparse
import datetime
import errno
import importlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from tabulate import tabulate

from benchmarks.validation.interruptions import MAX_S, TEST, Folder, import_beforehand

FITS = """
import time
import numpy as np, pytest
from negres_core import Dataset, Fit, Recipe, beats, reaches

y = np.arange(60) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(60, 4)) + 2 * y[:, None], y=y, name="mine")

def one_column(train, test):
    time.sleep(0.1)
    return (test.x[:, 0] > train.x[:, 0].mean()).astype(int)

def all_columns(train, test):
    time.sleep(0.1)
    return (test.x.mean(axis=1) > train.x.mean()).astype(int)

ONE, ALL = Recipe(Fit(one_column)), Recipe(Fit(all_columns))
DESIGN = {"on": DATA, "folds": 3, "repeats": 4, "looks": False}

@pytest.mark.parametrize("expected", ["supported"])
def test_all_columns_are_better(experiment, expected):
    experiment.compare(ALL, against=ONE, claim=beats("accuracy"), **DESIGN)

@pytest.mark.parametrize("expected", ["supported"])
def test_all_columns_are_enough(experiment, expected):
    experiment.measure(ALL, claim=reaches("accuracy", bar=0.6), **DESIGN)
"""
"""Two hypotheses whose arms need no framework, so that a session starts at once."""
CLUSTER = ("--negres-cluster", "local:2")
HEADERS = ("fault", "injected", "survived", "replicates lost", "trusted wrongly")
MOST_LEFT_S = 20.0
"""Seconds after which no process of a killed session may run any more."""
WRITE_ERRORS = {"disk full": errno.ENOSPC, "quota used up": errno.EDQUOT, "folder becomes read-only": errno.EROFS}


@dataclass(frozen=True)
class Outcome:
    """What one fault did.

    Attributes:
        fault: its name.
        survived: whether the same command, run again, came to the result of a session that nothing happened to.
        lost: replicates that were recorded before and cannot be found afterwards, though nothing damaged them.
        wrong: damaged records that are trusted, and results that differ from what they should be.
    """

    fault: str
    survived: bool
    lost: int
    wrong: int


@dataclass(frozen=True)
class Expected:
    """What a session that nothing happened to has.

    Attributes:
        result: the verdict and the differences of each hypothesis.
        writes: the number of its writes.
    """

    result: list[tuple[Any, ...]]
    writes: int


def settle(fault: str, folder: Folder, expected: Expected, *, before: set[str]) -> Outcome:
    """Look what a fault left, and run the session again.

    Args:
        fault: the fault.
        folder: where it happened.
        expected: what the session has to come to.
        before: ids of the replicates that must not be lost.
    """
    lost = len(before - folder.trusted())
    ended_well = folder.end(folder.start()) == 0
    result = folder.result()
    differs = any(each[1] is not None and each not in expected.result for each in result)
    return Outcome(fault, ended_well and result == expected.result, lost, int(differs))


def wait_for(folder: Folder, replicates: int) -> None:
    """Wait until a session has recorded some replicates."""
    until = time.monotonic() + MAX_S
    while len(folder.records()) < replicates and time.monotonic() < until:
        time.sleep(0.005)


def recorded_until_the_end(folder: Folder, process: int) -> set[str]:
    """Wait until a session ends, and return the ids of the replicates that it was seen to have recorded."""
    seen = set[str]()
    while runs(process):
        seen |= {path.stem for path in folder.records()}
        time.sleep(0.02)
    folder.end(process)
    return seen


def workers_of(process: int) -> list[psutil.Process]:
    """Return the processes that a session has started to train."""
    try:
        found = psutil.Process(process).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [each for each in found if "resource_tracker" not in _command(each)]


def runs(process: int) -> bool:
    """Return whether a session has not ended."""
    return psutil.Process(process).status() != psutil.STATUS_ZOMBIE


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def kill_at_random(folder: Folder, kills: int, rng: np.random.Generator, expected: Expected) -> Iterator[Outcome]:
    """Kill a session on a cluster, or one of its workers, again and again while it trains.

    They were survived if the same command comes to what it should after all of them.
    """
    done, found = 0, list[Outcome]()
    while done < kills:
        process, left = folder.start(), list[psutil.Process]()
        while done < kills and runs(process):
            time.sleep(rng.uniform(0.2, 3.0))
            if not (now := workers_of(process)):
                continue  # it has not come to its training yet, or it has ended
            before, left = folder.trusted(), now
            victim = process if rng.uniform() < 0.2 else int(rng.choice([each.pid for each in left]))
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
            done += 1
            fault = "SIGKILL of the session" if victim == process else "SIGKILL of a worker"
            found.append(Outcome(fault, survived=True, lost=len(before - folder.trusted()), wrong=0))
        folder.end(process)
        _, alive = psutil.wait_procs(left, timeout=MOST_LEFT_S)
        if alive:
            found.append(Outcome("process left by a session", survived=False, lost=0, wrong=0))
            for each in alive:
                each.kill()
        if folder.result() == expected.result:
            # All is trained: begin once more, so that there is something to kill.
            shutil.rmtree(folder.path / ".negres")
    # Each kill counts its own losses.
    last = settle("the same command after all of them", folder, expected, before=set())
    for each in found:
        yield replace(each, survived=each.survived and last.survived)
    yield last


def interrupt(folder: Folder, name: str, rng: np.random.Generator, expected: Expected) -> Outcome:
    """Send SIGTERM or SIGINT to a session on a cluster."""
    process = folder.start()
    wait_for(folder, int(rng.integers(1, 6)))
    before = folder.trusted()
    os.kill(process, signal.Signals[name])
    status = folder.end(process)
    outcome = settle(f"{'Ctrl-C' if name == 'SIGINT' else name} on a cluster", folder, expected, before=before)
    return outcome if status in (0, 2) else Outcome(outcome.fault, survived=False, lost=outcome.lost, wrong=0)


def fail_at(folder: Folder, fault: str, at: int, expected: Expected) -> Outcome:
    """Let one write of a session fail."""
    before = recorded_until_the_end(folder, folder.start(full_at=at, error=WRITE_ERRORS[fault]))
    return settle(fault, folder, expected, before=before)


def remove(folder: Folder, rng: np.random.Generator, expected: Expected) -> Outcome:
    """Remove the evidence folder while a session runs."""
    process = folder.start()
    wait_for(folder, int(rng.integers(1, 6)))
    shutil.rmtree(folder.path / ".negres", ignore_errors=True)
    folder.end(process)
    # What was recorded was removed, and so may be a part of what is recorded meanwhile.
    return settle("folder removed", folder, expected, before=set())


def share(folder: Folder, rng: np.random.Generator, expected: Expected) -> Outcome:
    """Let two sessions use one folder, and kill one of them."""
    processes = [folder.start(), folder.start()]
    wait_for(folder, int(rng.integers(1, 6)))
    before = folder.trusted()
    os.kill(processes[0], signal.SIGKILL)
    for process in processes:
        folder.end(process)
    return settle("two sessions in one folder, one killed", folder, expected, before=before)


def turn_back(folder: Folder, expected: Expected) -> Outcome:
    """Let the clock of a session go backward an hour each time that it is read."""
    before = recorded_until_the_end(folder, folder.start(prepare=let_clock_go_backward))
    return settle("clock goes backward", folder, expected, before=before)


def let_clock_go_backward() -> None:
    """Let each moment that negres notes in this process be an hour before the last one."""
    for name in ("experiment.timings", "experiment.training", "session.interruption"):
        importlib.import_module(f"negres_core.{name}")
    hours = iter(range(10**6))

    class Backward(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return datetime.datetime.now(tz) - datetime.timedelta(hours=next(hours))

    for name, module in list(sys.modules.items()):
        if name.startswith("negres_core.") and vars(module).get("datetime") is datetime.datetime:
            module.datetime = Backward  # type: ignore[attr-defined]


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Return content with one bit that is another one."""
    place = int(rng.integers(len(content)))
    return content[:place] + bytes([content[place] ^ 1 << int(rng.integers(8))]) + content[place + 1 :]


def cut(content: bytes, rng: np.random.Generator) -> bytes:
    """Return the beginning of content."""
    return content[: int(rng.integers(len(content)))]


def embellish(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a record whose accuracy is better than it was, and whose digest is not."""
    record = json.loads(content)
    record["metrics"]["accuracy"] = float(rng.uniform(2, 3))
    return json.dumps(record).encode()


def replace_by_another(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a record under the id of another one."""
    return re.sub(rb'"id": "[0-9a-f]{32}"', b'"id": "' + rng.bytes(16).hex().encode() + b'"', content, count=1)


DAMAGES: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    "a bit of a record flipped": flip,
    "a record cut off": cut,
    "a number of a record changed": embellish,
    "a record renamed": replace_by_another,
}


def damage(folder: Folder, fault: str, rng: np.random.Generator, expected: Expected) -> Outcome:
    """Damage some records of a folder that a stranger hands over."""
    folder.end(folder.start())
    records = folder.records()
    damaged = {records[int(place)] for place in rng.choice(len(records), size=3, replace=False)}
    for path in damaged:
        content = path.read_bytes()
        changed = DAMAGES[fault](content, rng)
        path.write_bytes(changed if changed != content else b"")
    trusted = folder.trusted()
    undamaged = {path.stem for path in records if path not in damaged}
    shutil.rmtree(folder.path / ".negres" / "hypotheses")
    outcome = settle(fault, folder, expected, before=undamaged)
    wrongly = len({path.stem for path in damaged} & trusted)
    return Outcome(fault, outcome.survived, outcome.lost, outcome.wrong + wrongly)


def tabulate_outcomes(outcomes: Sequence[Outcome]) -> str:
    """Tabulate outcomes in Markdown, one row for each fault, and a last one for all."""
    rows = []
    for fault in dict.fromkeys(each.fault for each in outcomes):
        rows.append(_row(fault, [each for each in outcomes if each.fault == fault]))
    return tabulate([*rows, _row("all", outcomes)], HEADERS, tablefmt="github")


def _row(name: str, some: Sequence[Outcome]) -> tuple[str | int, ...]:
    return (
        name,
        len(some),
        sum(each.survived for each in some),
        sum(each.lost for each in some),
        sum(each.wrong for each in some),
    )


def is_wrong(outcome: Outcome) -> bool:
    """Return whether a fault was not survived as it should be."""
    return not outcome.survived or outcome.lost > 0 or outcome.wrong > 0


def outcomes_in(path: Path, test: str, *, kills: int, times: int) -> Iterator[Outcome]:
    """Yield what each fault did.

    Args:
        path: where folders are made.
        test: the tests, as the text of a module.
        kills: SIGKILLs on a cluster.
        times: how often each other fault is injected.

    Raises:
        RuntimeError: a session that nothing happens to fails.
    """
    rng, whole = np.random.default_rng(0), Folder(path / "whole", test)
    if whole.end(whole.start()) != 0:
        raise RuntimeError(whole.output())
    expected = Expected(whole.result(), int((whole.path / "writes.txt").read_text()))
    if kills:
        yield from kill_at_random(Folder(path / "killed", test, CLUSTER), kills, rng, expected)
    for number in range(times):
        for name in ("SIGTERM", "SIGINT"):
            yield interrupt(Folder(path / f"{name} {number}", test, CLUSTER), name, rng, expected)
        for fault in WRITE_ERRORS:
            at = int(rng.integers(1, expected.writes + 1))
            yield fail_at(Folder(path / f"{fault} {number}", test), fault, at, expected)
        yield remove(Folder(path / f"removed {number}", test), rng, expected)
        yield share(Folder(path / f"shared {number}", test), rng, expected)
        yield turn_back(Folder(path / f"clock {number}", test), expected)
        for fault in DAMAGES:
            yield damage(Folder(path / f"{fault} {number}", test), fault, rng, expected)


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject the faults, print the table, and return the exit status."""
    description = re.sub(r"\s+", " ", str(__doc__).partition("\n")[0])
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation.storms", description=description)
    parser.add_argument("--kills", type=int, default=60, help="SIGKILLs of a session on a cluster and its workers (60)")
    parser.add_argument("--times", type=int, default=5, help="times that each other fault is injected (5)")
    parser.add_argument("--networks", action="store_true", help="train networks, and not functions that take no time")
    options = parser.parse_args(arguments)
    import_beforehand(networks=options.networks)
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        test = TEST if options.networks else FITS
        for outcome in outcomes_in(Path(name), test, kills=options.kills, times=options.times):
            outcomes.append(outcome)
            print(outcome, flush=True)
    print(f"\n{tabulate_outcomes(outcomes)}")
    return int(any(map(is_wrong, outcomes)))


if __name__ == "__main__":
    sys.exit(main())
