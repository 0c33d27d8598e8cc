"""The zoo's table: every planted bug and what caught it, and what the controls say of clean pipelines.

    python tests/zoo [--seeds 10] [--only NAME] [--jobs 2]

Exits with 1 where a bug is missed, or a run voided in which there is none to be found.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from multiprocessing import get_context
from operator import methodcaller
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.zoo.cases import cases


def main():
    """Run the cases that are asked for, print the tables, and tell whether all is as it should be."""
    parser = argparse.ArgumentParser(prog="python tests/zoo", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="draws of each clean pipeline; bugs are run once")
    parser.add_argument("--only", default="", help="cases whose kind or name contains this")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    chosen = [case for case in cases(seeds=given.seeds) if given.only in f"{case.kind} {case.name}"]
    outcomes = []
    # Keras' state is global: threads would share it.
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        for outcome in pool.map(methodcaller("run"), chosen):
            outcomes.append(outcome)
            print(f"[{len(outcomes)}/{len(chosen)}, {outcome.seconds:.0f} s] {outcome}", file=sys.stderr, flush=True)
    wrong = sum(outcome.is_wrong for outcome in outcomes)
    print(_table_of_bugs([outcome for outcome in outcomes if outcome.case.kind != "clean"]))
    print(_table_of_clean([outcome for outcome in outcomes if outcome.case.kind == "clean"]))
    print(f"{wrong} of {len(outcomes)} runs missed a bug, or were voided without one.")
    return int(wrong > 0)


def _table_of_bugs(outcomes):
    rows = []
    for outcome in outcomes:
        meant = " or ".join(outcome.case.meant) or "none can"
        wrong = ["WRONG:"] if outcome.is_wrong else []
        caught = " ".join([*wrong, ", ".join(outcome.failed) or "none"])
        rows.append([outcome.case.name, meant, caught, outcome.verdict, f"{outcome.seconds:.0f}"])
    return tabulate(rows, ["planted bug", "meant", "caught by", "verdict", "s"], tablefmt="github") + "\n"


def _table_of_clean(outcomes):
    rows = []
    for name, group in groupby(outcomes, key=lambda outcome: outcome.case.name):
        runs = list(group)
        alarms = "; ".join(str(outcome) for outcome in runs if outcome.is_wrong)
        rows.append([name, len(runs), alarms or "none"])
    return tabulate(rows, ["clean pipeline", "runs", "false alarms"], tablefmt="github") + "\n"


if __name__ == "__main__":
    sys.exit(main())
