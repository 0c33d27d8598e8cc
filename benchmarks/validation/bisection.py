"""Does `negres bisect` find the planted factors, and at what cost? The table of docs/bisection.md.

    python -m benchmarks.validation.bisection [NAME ...]

Bisects the article's configuration and those in benchmarks/configurations/, each against the twin that works. Evidence
is kept in .negres/, so an interrupted run continues and a finished one trains nothing. The cost of changing one factor
at a time, which cannot find factors that act together, is computed, not measured.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tabulate import tabulate

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = ROOT / "benchmarks" / "configurations"
TEST = "benchmarks/test_face_configurations.py::test_the_autoencoder_shows_faces"
PLANTED = {
    "article": ("shown.rounded",),
    "bytes": ("images.brightest",),
    "standardized": ("images.standardized",),
    "squashed_again": ("model.squashed_again",),
    "learning_rate": ("train.learning_rate",),
    "lagging_statistics": ("model.momentum", "model.normalized"),
}
"""The cause of each failing configuration: factors that make the twin fail, and only together if there are two."""
FOLDS = 5
"""Replicates of one run of the test, without its fit."""
HEADERS = (
    "failing configuration",
    "cause found",
    "correct",
    "differing factors",
    "runs",
    "replicates",
    "replicates one at a time",
    "one at a time finds the cause",
    "time",
)


def main(arguments: list[str] | None = None) -> int:
    """Bisect the named configurations, or all; print the table; return 0 if each cause is exactly what was planted."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"configurations: {', '.join(PLANTED)} (all)")
    parser.add_argument("--evidence", default=".negres", type=Path, help="evidence folder (.negres)")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(PLANTED):
        parser.error(f"no such configuration: {', '.join(sorted(unknown))}")
    names = options.names or list(PLANTED)
    records, rows = {}, []
    for name in names:
        start = time.perf_counter()
        records[name] = bisect(name, options.evidence)
        rows.append(row_of(name, records[name], time.perf_counter() - start))
    print(tabulate(rows, headers=HEADERS, disable_numparse=True))
    return 0 if all(is_exact(name, record) for name, record in records.items()) else 1


def bisect(name: str, evidence: Path) -> dict[str, Any]:
    """Bisect one configuration in a process of its own, print what it prints, and return the record."""
    failing = f"{TEST}[article]" if name == "article" else str(CONFIGURATIONS / f"{name}.toml")
    options = ["--negres-controls", "cheap", "--negres-evidence", str(evidence.absolute())]
    command = [Path(sys.executable).with_name("negres"), "bisect", failing, f"{TEST}[twin]", *options]
    finished = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    print(finished.stdout)
    *_, path = re.findall(r"^ *record +(.+)$", finished.stdout, flags=re.MULTILINE)
    return json.loads(Path(path).read_text())


def is_exact(name: str, record: dict[str, Any]) -> bool:
    """Return whether the cause is exactly what was planted."""
    return sorted(record["cause"]) == sorted(PLANTED[name])


def row_of(name: str, record: dict[str, Any], seconds: float) -> tuple[str, ...]:
    """Return one row of the table."""
    replicates = [step["trained"] + step["reused"] for step in record["steps"]]
    # One at a time: both ends, then each factor alone. The cause costs as much as the failing end, which may train a
    # fit too, or nothing if a control stops it.
    one_at_a_time = 2 * replicates[0] + FOLDS * len(record["differing"])
    return (
        name,
        ", ".join(record["cause"]),
        "yes" if is_exact(name, record) else "NO",
        str(len(record["differing"])),
        str(len(record["steps"])),
        str(sum(replicates)),
        str(one_at_a_time),
        "yes" if len(PLANTED[name]) == 1 else "no",
        f"{seconds:.0f} s",
    )


if __name__ == "__main__":
    sys.exit(main())
