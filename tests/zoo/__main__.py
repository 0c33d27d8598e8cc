"""The tables of the zoo: what caught each planted bug, and false alarms on clean pipelines.

    python -m tests.zoo [--seeds 10] [--only NAME] [--jobs 2]

The exit status is 1 if a bug was missed, or a run without a detectable bug was found invalid.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from multiprocessing import get_context
from operator import methodcaller
from pathlib import Path
from tempfile import TemporaryDirectory

from tabulate import tabulate

from tests.zoo.cases import cases


def main():
    """Run the selected cases, print the tables, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="samples of each clean pipeline; each bug is run once")
    parser.add_argument("--only", default="", help="run cases whose kind or name contains this")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes")
    options = parser.parse_args()
    selected = [case for case in cases(seeds=options.seeds) if options.only in f"{case.kind} {case.name}"]
    outcomes = []
    # Keras' state is global, and threads would share it.
    with (
        TemporaryDirectory() as replicates,
        ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool,
    ):
        for outcome in pool.map(methodcaller("run", Path(replicates)), selected):
            outcomes.append(outcome)
            progress = f"[{len(outcomes)}/{len(selected)}, {outcome.duration_s:.0f} s]"
            print(f"{progress} {outcome}", file=sys.stderr, flush=True)
    wrong = sum(outcome.is_wrong for outcome in outcomes)
    print(_table_of_bugs([outcome for outcome in outcomes if outcome.case.kind != "clean"]))
    print(_table_of_clean([outcome for outcome in outcomes if outcome.case.kind == "clean"]))
    print(f"{wrong} of {len(outcomes)} runs missed a bug, or were invalid without one.")
    return int(wrong > 0)


def _table_of_bugs(outcomes):
    rows = []
    for outcome in outcomes:
        intended = " or ".join(outcome.case.intended) or "none can"
        failed = ", ".join(outcome.failed) or "none"
        caught_by = f"WRONG: {failed}" if outcome.is_wrong else failed
        rows.append([outcome.case.name, intended, caught_by, outcome.verdict, f"{outcome.duration_s:.0f}"])
    columns = ["planted bug", "intended control", "caught by", "verdict", "s"]
    return tabulate(rows, columns, tablefmt="github") + "\n"


def _table_of_clean(outcomes):
    rows = []
    for name, group in groupby(outcomes, key=lambda outcome: outcome.case.name):
        runs = list(group)
        alarms = "; ".join(str(outcome) for outcome in runs if outcome.is_wrong)
        rows.append([name, len(runs), alarms or "none"])
    return tabulate(rows, ["clean pipeline", "runs", "false alarms"], tablefmt="github") + "\n"


if __name__ == "__main__":
    sys.exit(main())
