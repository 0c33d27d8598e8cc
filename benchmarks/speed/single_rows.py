"""Cost of judging single test rows: time of the judgement, and size and time of the file of row scores.

    python -m benchmarks.speed.single_rows

Prints a table of ten seeds of two arms on 200 to a million test rows. Nothing is trained.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from tabulate import tabulate

from negres_core.design import FixedSplit, Rows
from negres_core.evidence.row_scores import pack_scores, unpack_scores
from negres_core.experiment.row_judgement import judge_rows

SEEDS = 10
ROWS = (200, 10_000, 100_000, 1_000_000)
Result = TypeVar("Result")


def timed(function: Callable[[], Result]) -> tuple[Result, float]:
    """Return a result and the least of three times, seconds."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - began)
    return result, min(times)


def measure(rows: int, *, binary: bool) -> list[str]:
    """Return a row of the table."""
    rng = np.random.default_rng(0)
    scores = rng.random((2, SEEDS, rows))
    scores = (scores < 0.9).astype(float) if binary else scores
    split = FixedSplit(train=Rows(1, "train"), test=Rows(rows, "test"), seeds=SEEDS)
    _, judged_s = timed(lambda: judge_rows(scores[0] - scores[1], split, is_counted=binary))
    (record, content), packed_s = timed(lambda: pack_scores(scores, "rows"))
    _, read_s = timed(lambda: unpack_scores(record, content))
    kind = "right or wrong" if binary else "values"
    return [f"{rows:,}", kind, f"{judged_s:.3f}", f"{len(content) / 1e6:.3f}", f"{packed_s:.3f}", f"{read_s:.3f}"]


def main() -> None:
    """Print the table."""
    headers = ["test rows", "scores", "judged, s", "file, MB", "packed, s", "read, s"]
    table = [measure(rows, binary=binary) for rows in ROWS for binary in (True, False)]
    print(tabulate(table, headers, disable_numparse=True))


if __name__ == "__main__":
    main()
