"""Does `negres bisect` find what was planted, and what does it spend on it? The table of docs/bisection.md.

    python -m benchmarks.validation.bisection [NAME ...]

Each planted configuration of configurations/, and the article's, is bisected against the twin that works. Evidence is
kept in .negres/, so that what was cut off goes on, and what was done is not done again. Of one factor at a time, which
finds no two that act together, the table says what it would train.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from tabulate import tabulate

HERE = Path(__file__).parent
TEST = "benchmarks/test_face_configurations.py::test_the_autoencoder_shows_faces"
PLANTED = {
    "article": ("shown.rounded",),
    "bytes": ("images.brightest",),
    "standardized": ("images.standardized",),
    "squashed_again": ("model.squashed_again",),
    "learning_rate": ("train.learning_rate",),
    "lagging_statistics": ("model.momentum", "model.normalized"),
}
FOLDS = 5


def main(arguments: list[str] | None = None) -> int:
    """Bisect what is named, or all; print the table; return 0 where each cause is exactly what was planted."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PLANTED)} (all)")
    parser.add_argument("--evidence", default=".negres", type=Path, help="evidence folder (.negres)")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(PLANTED):
        parser.error(f"no such configuration: {', '.join(sorted(unknown))}")
    rows = []
    for name in given.names or PLANTED:
        began = time.perf_counter()
        found = find(name, given.evidence)
        rows.append(row_of(name, found, time.perf_counter() - began))
    print(tabulate(rows, headers=HEADERS, disable_numparse=True))
    return 0 if all(row[2] == "yes" for row in rows) else 1


HEADERS = ("failing", "found", "exactly", "factors", "runs", "replicates", "one at a time", "which finds", "time")


def find(name: str, evidence: Path) -> dict:
    """Bisect one configuration in a process of its own, whose lines are shown; return the record."""
    failing = f"{TEST}[article]" if name == "article" else str(HERE / "configurations" / f"{name}.toml")
    options = ["--negres-controls", "cheap", "--negres-evidence", str(evidence.absolute())]
    command = [Path(sys.executable).with_name("negres"), "bisect", failing, f"{TEST}[twin]", *options]
    ran = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
    print(ran.stdout)
    record = ran.stdout.rstrip().rpartition("record      ")[2]
    return json.loads(Path(record).read_text())


def row_of(name: str, found: dict, seconds: float) -> tuple[str, ...]:
    """Return one row of the table."""
    exact = sorted(found["cause"]) == sorted(PLANTED[name])
    single = len(PLANTED[name]) == 1
    spent = sum(step["trained"] + step["reused"] for step in found["steps"])
    # The two ends, and each factor by itself: the cause costs what the failing end does, which may train a fit too, or
    # nothing where a control stops it.
    failing = found["steps"][0]["trained"] + found["steps"][0]["reused"]
    one_at_a_time = 2 * failing + FOLDS * len(found["differing"])
    return (
        name,
        ", ".join(found["cause"]),
        "yes" if exact else "NO",
        str(len(found["differing"])),
        str(len(found["steps"])),
        str(spent),
        str(one_at_a_time),
        "it" if single else "nothing",
        f"{seconds:.0f} s",
    )


if __name__ == "__main__":
    sys.exit(main())
