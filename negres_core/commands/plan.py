"""`negres plan`: what designs can decide, given the spread in earlier evidence or an assumed one."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from negres_core.design import FixedSplit, KFolds
from negres_core.errors import EvidenceError
from negres_core.evidence import Evidence, PowerRecord
from negres_core.experiment.decision import ALPHA, most_dof
from negres_core.experiment.forecast import record_power, spread_in
from negres_core.power import analyze_power, analyze_row_power
from negres_core.report import power
from negres_core.report.layout import plural
from negres_core.statistics.crossed_effects import LEAST_SEEDS
from negres_core.statistics.row_estimate import RowEstimate

TEXT = "print what designs can decide, given the spread in earlier evidence or --sd"

Line = tuple[str, str, str, PowerRecord]
"""A hypothesis, the unit of its metric, a design, and what it can decide."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser, beside those of each reader."""
    command.add_argument("--sd", type=float, help="assumed standard deviation of the cell differences")
    command.add_argument("--folds", type=int, default=5, help="folds per repeat (default: 5)")
    text = "repeats, or the seeds of a fixed split, 4 or more (default: 1 2 5 10 20)"
    command.add_argument("--repeats", type=int, nargs="+", default=[1, 2, 5, 10, 20], metavar="N", help=text)
    command.add_argument("--no-looks", dest="looks", action="store_false", help="test once, after the last repeat")
    command.add_argument("--alpha", type=float, default=ALPHA, help=f"significance level (default: {ALPHA:g})")


def run(options: argparse.Namespace, read: Callable[[], tuple[Path, Sequence[Evidence]]]) -> int:
    """Print the table; return the exit status.

    Args:
        options: the arguments of the command.
        read: reads the evidence, and returns its folder too; it is not called if `--sd` is given.

    Raises:
        EvidenceError: no hypothesis can be planned.
    """
    if options.sd is not None:
        print(power.render(list(_folds("as given", "", options.sd, None, options))))
        return 0
    folder, records = read()
    folds = [line for each in records for line in _of_folds(each, options)]
    seeds = [line for each in records for line in _of_seeds(each, options)]
    if not folds and not seeds:
        raise EvidenceError(
            "No hypothesis here has an estimate of the spread of its differences.",
            received=str(folder),
            remedy="Run pytest first, or give --sd. Time series and fixed splits with fewer than "
            f"{LEAST_SEEDS} seeds are not planned.",
        )
    tables = [power.render(folds)] if folds else []
    print("\n\n".join([*tables, power.render(seeds, of_seeds=True)] if seeds else tables))
    return 0


def _of_folds(evidence: Evidence, options: argparse.Namespace) -> Iterator[Line]:
    """Yield what k folds can decide about a hypothesis that was judged by cells."""
    if (spread := spread_in(evidence)) is not None:
        limit = most_dof(evidence.claim, options.folds, evidence.data)
        yield from _folds(_named(evidence), evidence.claim.unit, spread.sd, limit, options)


def _folds(name: str, unit: str, sd: float, limit: int | None, options: argparse.Namespace) -> Iterator[Line]:
    for repeats in options.repeats:
        design = KFolds(folds=options.folds, repeats=repeats, looks=options.looks)
        text = f"{options.folds} x {repeats}{', looks' if options.looks and repeats > 1 else ''}"
        known = analyze_power(design, sd=sd, alpha=options.alpha, most_dof=limit)
        yield name, unit, text, record_power(known, known_from=name)


def _of_seeds(evidence: Evidence, options: argparse.Namespace) -> Iterator[Line]:
    """Yield what more seeds can decide about a hypothesis with a fixed split, on the same test rows."""
    estimate = None if evidence.estimate is None else evidence.estimate.as_estimate()
    if not isinstance(estimate, RowEstimate) or estimate.components is None:
        return
    design = evidence.design.as_design()
    assert isinstance(design, FixedSplit)
    for seeds in options.repeats:
        if seeds >= LEAST_SEEDS:
            known = analyze_row_power(dataclasses.replace(design, seeds=seeds), estimate, alpha=options.alpha)
            record = record_power(known, known_from=_named(evidence))
            yield _named(evidence), evidence.claim.unit, plural(seeds, "seed"), record


def _named(evidence: Evidence) -> str:
    return f"{evidence.title}, on {evidence.data.name}"
