"""What is kept when a session is interrupted, killed, or meets a full disk? The table of docs/evidence.md.

    python -m benchmarks.validation.interruptions [--times N] [--every N]

Each case starts a session with two hypotheses that train real networks, in a process and a folder of its own: 40 times
it is killed at a random moment, 20 times each it gets SIGTERM or Ctrl-C, and once for each write the disk is full at
that write. A second session then has to come to the result of one that nothing happened to, without training again what
was kept. Ends with status 1 if a recorded replicate was lost or damaged, or a result differs. Needs `os.fork`.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from negres_core.evidence import Store

TEST = """
import keras, numpy as np, pytest
from negres_core import Dataset, Recipe, Stage, beats, reaches

y = np.arange(60) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(60, 4)) + 2 * y[:, None], y=y, name="mine")

def small(input_shape, outputs):
    last = keras.layers.Dense(outputs, activation="softmax", kernel_initializer="zeros")
    return keras.Sequential([keras.layers.Input(input_shape), last])

LONG, SHORT = (Recipe(Stage(small, epochs=epochs, batch_size=4, optimizer="sgd")) for epochs in (60, 20))
DESIGN = {"on": DATA, "folds": 3, "repeats": 2, "looks": False}

@pytest.mark.parametrize("expected", ["supported"])
def test_longer_training_is_better(experiment, expected):
    experiment.compare(LONG, against=SHORT, claim=beats("loss"), **DESIGN)

@pytest.mark.parametrize("expected", ["supported"])
def test_longer_training_is_enough(experiment, expected):
    experiment.measure(LONG, claim=reaches("accuracy", bar=0.6), **DESIGN)
"""
HEADERS = (
    "what happened",
    "sessions",
    "replicates recorded before",
    "kept",
    "damaged",
    "table printed",
    "exit status",
    "result after running again",
)
SIGNALS = {"SIGKILL": 40, "SIGTERM": 20, "SIGINT": 20}
"""How often each signal is sent."""
FULL = "ENOSPC"
MAX_S = 300.0
"""Most seconds to wait for a session."""


@dataclass(frozen=True)
class Case:
    """One session that something happened to.

    Attributes:
        name: the signal, or `FULL`.
        before: replicates that were recorded before it happened.
        kept: those that can be found afterwards.
        damaged: records that cannot be trusted afterwards.
        table: whether the session printed its table.
        status: its exit status; the negative number of the signal that ended it.
        same: whether the next session has the result of one that nothing happened to, and trained no kept replicate.
    """

    name: str
    before: int
    kept: int
    damaged: int
    table: bool
    status: int
    same: bool


class Folder:
    """A folder in which sessions run, each in a process of its own.

    Args:
        path: the folder.
        test: the tests, as the text of a module.
        options: further options of pytest.
    """

    def __init__(self, path: Path, test: str = TEST, options: Sequence[str] = ()) -> None:
        self.path, self._options = path, options
        path.mkdir(parents=True, exist_ok=True)
        (path / "test_mine.py").write_text(test)

    def start(
        self,
        *,
        full_at: int | None = None,
        error: int = errno.ENOSPC,
        prepare: Callable[[], object] = lambda: None,
    ) -> int:
        """Start a session, and return the id of its process.

        Args:
            full_at: the write that fails, counted from 1; None for none.
            error: the number of the error by which it fails.
            prepare: called in the process of the session before it begins.
        """
        sys.stdout.flush()
        if (process := os.fork()) == 0:
            prepare()
            os._exit(self._run(full_at, error))
        return process

    def _run(self, full_at: int | None, error: int) -> int:
        import pytest

        # A shell lets its background jobs ignore Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(self.path)
        output = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NEGRES_DATA", "PYTEST_ADDOPTS"):
            os.environ.pop(name, None)
        options = [
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(self.path),
            "--confcutdir",
            str(self.path),
            "-c",
            os.devnull,
            "--negres-controls=cheap",
        ]
        with counted_writes(full_at, error) as writes:
            status = int(pytest.main([*options, *self._options, "test_mine.py"]))
            (self.path / "writes.txt").write_text(str(writes[0]))
        sys.stdout.flush()
        return status

    def end(self, process: int) -> int:
        """Wait for a session, and return its exit status."""
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    def output(self) -> str:
        """Return what the last session printed."""
        return (self.path / "output.txt").read_text(errors="replace")

    def records(self) -> list[Path]:
        """Return the records of replicates."""
        return sorted(self.path.glob(".negres/replicates/*/*.json"))

    def trusted(self) -> set[str]:
        """Return the ids of the replicates that can be found."""
        store = Store(self.path / ".negres")
        return {path.stem for path in self.records() if store.find(path.stem) is not None}

    def result(self) -> list[tuple[Any, ...]]:
        """Return the verdict and the differences of each hypothesis."""
        store = Store(self.path / ".negres")
        records = [store.read_evidence(path) for path in store.evidence_paths()]
        return [(each.hypothesis, each.verdict, each.outcome, each.differences) for each in records if each is not None]

    def trained(self) -> int:
        """Return how many replicates the last session trained."""
        store = Store(self.path / ".negres")
        records = [store.read_evidence(path) for path in store.evidence_paths()]
        return sum(each.timings.trained or 0 for each in records if each is not None)


@contextlib.contextmanager
def counted_writes(full_at: int | None, error: int = errno.ENOSPC) -> Iterator[list[int]]:
    """Count the files that are synced, and let the disk be full at one of them, counted from 1, or fail otherwise."""
    fsync, count = os.fsync, [0]

    def sync_or_fail(file: int) -> None:
        if stat.S_ISREG(os.fstat(file).st_mode):
            count[0] += 1
            if count[0] == full_at:
                raise OSError(error, os.strerror(error))
        fsync(file)

    os.fsync = sync_or_fail
    try:
        yield count
    finally:
        os.fsync = fsync


def send(name: str, folder: Folder, *, after: int, pause_s: float) -> tuple[int, int]:
    """Send a signal to a session once it has recorded some replicates; return its exit status and their number."""
    process = folder.start()
    until = time.monotonic() + MAX_S
    while len(folder.records()) < after and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(pause_s)
    before = len(folder.records())
    os.kill(process, signal.Signals[name])
    return folder.end(process), before


def fill(folder: Folder, *, at: int) -> tuple[int, int]:
    """Let the disk be full at one write of a session; return its exit status and the replicates recorded at the end."""
    status = folder.end(folder.start(full_at=at))
    return status, len(folder.records())


def examine(name: str, folder: Folder, status: int, before: int, expected: list[tuple[Any, ...]], total: int) -> Case:
    """Examine what a session left behind, and run it again."""
    output, kept = folder.output(), folder.trusted()
    damaged = len(folder.records()) + len(list(folder.path.glob(".negres/set-aside/*.json"))) - len(kept)
    again = folder.end(folder.start())
    same = again == 0 and folder.result() == expected and folder.trained() <= total - len(kept)
    table = "= hypotheses =" in output and "INTERNALERROR" not in output
    return Case(name, before, len(kept), damaged, table, status, same)


def tabulate_cases(cases: Sequence[Case]) -> str:
    """Tabulate cases in Markdown, one row for each thing that happened."""
    rows = []
    for name in dict.fromkeys(case.name for case in cases):
        some = [case for case in cases if case.name == name]
        statuses = sorted({case.status for case in some})
        rows.append(
            (
                {"SIGINT": "SIGINT (Ctrl-C)", FULL: "ENOSPC at each write"}.get(name, name),
                len(some),
                sum(case.before for case in some),
                sum(case.kept for case in some),
                sum(case.damaged for case in some),
                f"{sum(case.table for case in some)} of {len(some)}",
                ", ".join(map(str, statuses)),
                f"the same in {sum(case.same for case in some)} of {len(some)}",
            )
        )
    return tabulate(rows, HEADERS, tablefmt="github")


def is_wrong(case: Case) -> bool:
    """Return whether something was lost or damaged, a result differs, or a session that could print its table did not.

    A killed session can print nothing.
    """
    lost = case.kept < case.before or case.damaged > 0 or not case.same
    return lost or (case.name != "SIGKILL" and not case.table)


def import_beforehand(*, networks: bool = True) -> None:
    """Import what sessions import, so that they do not have to. To compute something would start threads."""
    import statsmodels.stats.multitest  # noqa: F401

    import negres_core.experiment.experiment
    import negres_core.report.summary

    if not networks:
        return
    import negres_core.engine.compiled
    import negres_core.engine.inspection  # noqa: F401

    # Keras seeds TensorFlow, too, wherever it is installed, whatever it runs on itself.
    with contextlib.suppress(ImportError):
        import tensorflow  # noqa: F401


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases, print the table, and return the exit status."""
    description = re.sub(r"\s+", " ", str(__doc__).partition("\n")[0])
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation.interruptions", description=description)
    parser.add_argument("--times", type=int, help="times that each signal is sent (40 SIGKILL, 20 SIGTERM, 20 SIGINT)")
    parser.add_argument("--every", type=int, default=1, help="let the disk be full at every Nth write only (1)")
    options = parser.parse_args(arguments)
    import_beforehand()
    with tempfile.TemporaryDirectory() as name:
        whole = Folder(Path(name) / "whole")
        status = whole.end(whole.start())
        if status != 0:
            parser.exit(2, whole.output())
        expected, total = whole.result(), len(whole.records())
        writes = int((whole.path / "writes.txt").read_text())
        rng, cases = np.random.default_rng(0), []
        for signal_name, times in SIGNALS.items():
            for number in range(times if options.times is None else options.times):
                folder = Folder(Path(name) / f"{signal_name} {number}")
                moment = {"after": int(rng.integers(1, total)), "pause_s": float(rng.uniform(0, 0.05))}
                cases.append(examine(signal_name, folder, *send(signal_name, folder, **moment), expected, total))
                print(cases[-1], flush=True)
        for number in range(options.every, writes + 1, options.every):
            folder = Folder(Path(name) / f"write {number}")
            cases.append(examine(FULL, folder, *fill(folder, at=number), expected, total))
            print(cases[-1], flush=True)
    print(f"\n{tabulate_cases(cases)}")
    return int(any(map(is_wrong, cases)))


if __name__ == "__main__":
    sys.exit(main())
