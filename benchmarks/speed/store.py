"""Cost of an evidence folder: how long sessions and commands take, and how much they read, as replicates accumulate.

    python -m benchmarks.speed.store --replicates 10000 100000

Fills one temporary folder per number with 200 hypotheses, whose replicates are divided among them, and runs each
command in a process of its own. An engine that trains nothing writes the records, so they are complete, sealed and
verifiable, and their models are a few bytes. Files are in the cache of the operating system. Needs Linux for the
megabytes.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

HYPOTHESES = 200
ARMS, FOLDS, REPEATS = 2, 5, 5
DATA_SETS = 20
"""Hypotheses share data sets, as those of a suite do."""
ROWS = 400
EPOCHS = 10
WIDTHS = (8, 8, 2)
"""Widths of the layers whose weights a record names."""
TESTS = f"""
import pytest

@pytest.mark.parametrize("number", range({HYPOTHESES}))
def test_longer_is_better(experiment, number):
    from benchmarks.speed import store

    assert store.decide(experiment, number, seeds=SEEDS).verdict == "supported"
"""
CONFTEST = """
def pytest_runtest_setup(item):
    from benchmarks.speed import store

    store.replace_engine()
"""
SESSION = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--negres-controls=cheap"]
FILLING = ["-c", "import os, pytest; os.fsync = lambda file: None; raise SystemExit(pytest.main())", *SESSION[2:]]
"""Writes records that need not survive a power failure, which is several times faster."""
NEGRES = ["-c", "from negres_core.cli import main; raise SystemExit(main())"]
COMMANDS: Mapping[str, Sequence[str]] = {
    "pytest --collect-only": [*SESSION, "--collect-only"],
    "a session that reuses one hypothesis": [*SESSION, "test_store.py::test_longer_is_better[7]"],
    "negres table": [*NEGRES, "table"],
    "negres table -k, one hypothesis": [*NEGRES, "table", "-k", "[7]"],
    "negres history": [*NEGRES, "history", ".negres"],
    "negres compare": [*NEGRES, "compare", ".negres", ".negres"],
    "negres compare -k, one hypothesis": [*NEGRES, "compare", ".negres", ".negres", "-k", "[7]"],
    "negres report, which makes the index": [*NEGRES, "report"],
    "negres report": [*NEGRES, "report"],
    "negres report -k, one hypothesis": [*NEGRES, "report", "-k", "[7]"],
    "negres export": [*NEGRES, "export"],
    "negres verify": [*NEGRES, "verify"],
}


@dataclass(frozen=True)
class Cost:
    """What a process took, its own processes included.

    Attributes:
        wall_s: seconds until it ended.
        cpu_s: seconds of processor time.
        read_mb: megabytes that it read from files, also from the cache of the operating system; NaN where this is not
            known.
        memory_mib: its peak memory, MiB.
    """

    wall_s: float
    cpu_s: float
    read_mb: float
    memory_mib: float


class Engine:
    """Trains nothing: returns complete results, in which more epochs are better."""

    def train(self, recipe: Any, data: Any, jobs: Sequence[Any], *, device: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the result of each job; see `negres_core.engine.contract.Train`."""
        from negres_core.engine.contract import Result

        epochs, batch = recipe.last.epochs, recipe.last.batch_size
        for job in jobs:
            rng = np.random.default_rng([epochs, batch, job.cell.repeat, job.cell.fold, job.seed])
            steps = epochs * math.ceil(len(job.cell.train) / batch)
            accuracy = float(0.6 + 0.02 * epochs + rng.normal(0, 0.02))
            yield (
                job,
                Result(
                    metrics={"accuracy": accuracy, "loss": 1 - accuracy},
                    finite=True,
                    curve=np.linspace(1, 1 - accuracy, epochs).tolist(),
                    predictions={"counts": [len(job.cell.test), 0]},
                    weights=_weights(rng),
                    inputs_digest="",
                    budget={
                        "epochs": epochs,
                        "steps": steps,
                        "trainable_weights": 114,
                        "weights": 114,
                        "step_flops": 1000,
                    },
                    cost={"compile_s": 1.0, "train_s": float(rng.uniform(1, 2)), "steady_epoch_s": 0.1},
                    model=rng.bytes(64),
                ),
            )


def _weights(rng: np.random.Generator) -> list[Any]:
    from negres_core.evidence import TrainedWeight

    def digest() -> str:
        return rng.bytes(32).hex()

    flags = {"trainable": True, "frozen": False, "inherited_from": None}
    return [
        TrainedWeight(path=f"dense_{place}/{name}", shape=shape, start=digest(), end=digest(), **flags)
        for place, width in enumerate(WIDTHS)
        for name, shape in (("kernel", (8, width)), ("bias", (width,)))
    ]


def replace_engine() -> None:
    """Replace the engines of this process, and the inspection of models, of which there are none."""
    import negres_core.engine.inspection
    import negres_core.engine.selection

    negres_core.engine.selection.train = Engine().train  # type: ignore[assignment]
    negres_core.engine.inspection.SavedModels = lambda *arguments: None  # type: ignore[assignment, misc]


def build(input_shape: tuple[int, ...], outputs: int) -> Any:
    """Return a small network."""
    from keras import Sequential, layers

    return Sequential([layers.Input(input_shape), layers.Dense(outputs, activation="softmax")])


def decide(experiment: Any, number: int, *, seeds: int) -> Any:
    """Decide one hypothesis by an experiment, or by the fixture of that name, and return its evidence."""
    from negres_core import Dataset, Recipe, Stage, beats
    from negres_core.design import KFolds

    x = np.random.default_rng(number % DATA_SETS).normal(size=(ROWS, 3))
    data = Dataset(x=x, y=np.arange(ROWS) % 2, name=f"data set {number % DATA_SETS}")
    longer, shorter = (Recipe(Stage(build, epochs=epochs, batch_size=8 + number)) for epochs in (EPOCHS, EPOCHS // 2))
    planned = KFolds(FOLDS, repeats=REPEATS, seeds=seeds, looks=False)
    return experiment.compare(longer, against=shorter, on=data, claim=beats("accuracy"), design=planned)


def fill(folder: Path, replicates: int) -> None:
    """Fill a folder with tests and with the evidence of all of them.

    Args:
        folder: an empty folder.
        replicates: number of replicates, rounded to a multiple of 10,000, of which each hypothesis has 50.
    """
    per_hypothesis = ARMS * FOLDS * REPEATS
    seeds = max(1, round(replicates / HYPOTHESES / per_hypothesis))
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_store.py").write_text(TESTS.replace("SEEDS", str(seeds)))
    command = [sys.executable, *FILLING, "test_store.py"]
    subprocess.run(command, cwd=folder, env=_environment(), check=True, stdout=subprocess.DEVNULL)


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path, "COLUMNS": "200"}


def measure(arguments: Sequence[str], folder: Path) -> Cost:
    """Run Python with arguments in a folder, and return what that took.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile() as errors:
        read, began = _bytes_read(), time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=_environment(), stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s, read = time.perf_counter() - began, _bytes_read() - read
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{arguments} ended with {process.returncode}:\n{errors.read().decode()}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, read / 1e6, used.ru_maxrss / 1024)


def _bytes_read() -> float:
    """Return how much this process and those that it has waited for have read; NaN where Linux does not say."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/io").read_text().splitlines()
        return float(dict(line.split(": ") for line in lines)["rchar"])
    return math.nan


def table(costs: Mapping[int, Mapping[str, Cost]]) -> str:
    """Return the costs of each command by the number of replicates, with the ratio of the last to the first."""
    first, last = min(costs), max(costs)
    headers = ["", *(f"{count:,}: wall, CPU, read, memory" for count in sorted(costs)), "growth"]
    rows = []
    for name in costs[first]:
        cells = [_in_words(costs[count][name]) for count in sorted(costs)]
        small, large = costs[first][name], costs[last][name]
        rows.append([name, *cells, ", ".join(f"{ratio:.1f}" for ratio in growth(small, large))])
    return tabulate(rows, headers, disable_numparse=True, tablefmt="github")


def growth(small: Cost, large: Cost) -> tuple[float, float, float, float]:
    """Return the ratio of each cost of a large folder to that of a small one."""
    return (
        large.wall_s / small.wall_s,
        large.cpu_s / small.cpu_s,
        large.read_mb / small.read_mb,
        large.memory_mib / small.memory_mib,
    )


def _in_words(cost: Cost) -> str:
    return f"{cost.wall_s:.1f} s, {cost.cpu_s:.1f} s, {cost.read_mb:.0f} MB, {cost.memory_mib:.0f} MiB"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Time sessions and commands on large evidence folders.")
    parser.add_argument("--replicates", type=int, nargs="+", default=[10_000, 100_000], help="numbers of replicates")
    parser.add_argument("--only", metavar="WORDS", default="", help="only commands whose name contains WORDS")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the folders here, and use those that are here")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        place = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="negres-store-")))
        costs: dict[int, dict[str, Cost]] = {}
        for count in options.replicates:
            folder = place / str(count)
            if not folder.is_dir():
                folder.mkdir(parents=True)
                fill(folder, count)
            costs[count] = {}
            for name, arguments in COMMANDS.items():
                if options.only in name:
                    costs[count][name] = measure(arguments, folder)
                    print(f"{count:>9,}  {name}: {_in_words(costs[count][name])}", flush=True)
            if not options.keep:
                shutil.rmtree(folder)
        print(table(costs))


if __name__ == "__main__":
    main()
