"""`negres plan`: what designs can decide."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence

from negres_core.design import KFolds
from negres_core.errors import EvidenceError
from negres_core.evidence import Evidence
from negres_core.experiment.decision import ALPHA, most_dof
from negres_core.experiment.forecast import record_power, spread_in
from negres_core.power import analyze_power
from negres_core.report import power

TEXT = "print what designs can decide, given the spread in earlier evidence or --sd"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser, which has a folder and `-k` already."""
    command.add_argument("--sd", type=float, help="assumed standard deviation of the cell differences")
    command.add_argument("--folds", type=int, default=5, help="folds per repeat (default: 5)")
    command.add_argument(
        "--repeats", type=int, nargs="+", default=[1, 2, 5, 10, 20], metavar="N", help="repeats (default: 1 2 5 10 20)"
    )
    command.add_argument("--no-looks", dest="looks", action="store_false", help="test once, after the last repeat")
    command.add_argument("--alpha", type=float, default=ALPHA, help=f"significance level (default: {ALPHA:g})")


def run(options: argparse.Namespace, read: Callable[[], Sequence[Evidence]]) -> int:
    """Print the table; return the exit status.

    Args:
        options: the arguments of the command.
        read: returns the selected evidence; called only if no spread is given.

    Raises:
        EvidenceError: no spread is given, and no evidence has one.
        InputError: a design or a spread is impossible.
    """
    spreads = [("as given", "", options.sd, None)] if options.sd is not None else _known_spreads(options, read())
    rows = []
    for (name, unit, sd, limit), repeats in itertools.product(spreads, options.repeats):
        design = KFolds(folds=options.folds, repeats=repeats, looks=options.looks)
        text = f"{options.folds} x {repeats}{', looks' if options.looks and repeats > 1 else ''}"
        known = analyze_power(design, sd=sd, alpha=options.alpha, most_dof=limit)
        record = record_power(known, known_from=name)
        rows.append((name, unit, text, record))
    print(power.render(rows))
    return 0


def _known_spreads(
    options: argparse.Namespace, records: Sequence[Evidence]
) -> list[tuple[str, str, float, int | None]]:
    """Return the title, the unit, the spread and the most degrees of freedom of each hypothesis with an estimate."""
    known = []
    for each in records:
        if (spread := spread_in(each)) is not None:
            limit = most_dof(each.claim, options.folds, each.data)
            known.append((f"{each.title}, on {each.data.name}", each.claim.unit, spread.sd, limit))
    if not known:
        raise EvidenceError(
            "No hypothesis here has an estimate of the spread of its differences.",
            received=str(options.folder),
            remedy="Run pytest first, or give --sd.",
        )
    return known
