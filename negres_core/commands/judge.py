"""`negres judge`: judge a claim by scores that exist already, from any framework."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from negres_core.claim import THRESHOLD_NAMES, Claim, Metric
from negres_core.claim.claim import THRESHOLD_MEANINGS
from negres_core.commands.settings import add_ledger, folder_of, ledger_of, root_of, settings_of_pytest
from negres_core.design import Design, FixedSplit, Holdout, KFolds, LeaveOneGroupOut, TimeSeries
from negres_core.errors import InputError
from negres_core.evidence import Commitment, Evidence, Registration, Store
from negres_core.experiment.decision import ALPHA, most_dof
from negres_core.experiment.judge import Judge, known_before
from negres_core.experiment.registration import register
from negres_core.metrics import find_metric
from negres_core.power import analyze_power
from negres_core.report import words
from negres_core.scores import Columns

TEXT = "judge a claim by a table of scores from any framework, a CSV or Parquet file"
STATUSES = {"supported": 3, "refuted": 4, "inconclusive": 5, "invalid": 6}
"""The exit status of a verdict other than the expected one; the expected one, by default "supported", gives 0."""
EXPECTED = ("supported", "refuted")


class _RegisteredError(Exception):
    """The claim was registered, and is not judged."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    add = command.add_argument
    add(
        "scores",
        metavar="SCORES",
        type=Path,
        help="the table: one row per score, or one row per cell with a column per arm",
    )
    add("--claim", choices=tuple(THRESHOLD_NAMES), required=True, help="kind of claim")
    add("--metric", required=True, help="metric that the claim is about; also the default name of the column of scores")
    for kind, name in THRESHOLD_NAMES.items():
        add(f"--{name}", type=float, help=f"for {kind}: {THRESHOLD_MEANINGS[kind]}, in the metric's unit")
    add("--treatment", metavar="ARM", required=True, help="arm that the claim is about, as the table names it")
    add("--control", metavar="ARM", help="arm that it is compared with; not for reaches")
    add("--folds", type=int, default=5, help="folds per repeat (default: 5)")
    add("--repeats", type=int, default=5, help="planned repeats (default: 5)")
    other = command.add_mutually_exclusive_group()
    text = "planned random splits, in place of folds and repeats; the column of splits is called split"
    other.add_argument("--splits", type=int, help=text)
    text = "each cell tests one of --groups, in place of folds and repeats; the column of groups is called group"
    other.add_argument("--leave-one-group-out", action="store_true", help=text)
    add("--test-share", metavar="SHARE", type=float, default=0.2, help="share that each split tests (default: 0.2)")
    text = "test rows of a fixed split; SCORES has a row per test row and seed, the column of test rows called row"
    other.add_argument("--test-rows", metavar="N", type=int, help=text)
    add("--train-rows", metavar="N", type=int, help="training rows of a fixed split")
    text = "test folds of a time series; SCORES has a row per test row, in the order of the column row"
    other.add_argument("--time-series", metavar="FOLDS", type=int, help=text)
    add("--gap", type=int, default=0, help="rows between training and test rows of a time series (default: 0)")
    add("--seeds", type=int, default=1, help="scores of an arm in each cell, which are averaged (default: 1)")
    add("--no-looks", dest="looks", action="store_false", help="judge once, after the last repeat")
    direction = command.add_mutually_exclusive_group()
    text = "direction of a metric that negres does not know"
    direction.add_argument("--higher-is-better", dest="higher", action="store_true", default=None, help=text)
    direction.add_argument("--lower-is-better", dest="higher", action="store_false", help="the same")
    add("--unit", help="unit of a metric that negres does not know (default: its name)")
    for name, what in (
        ("arm", "arms, in a table with a row per score (default: arm)"),
        ("score", "scores, in such a table (default: the metric, or score)"),
        ("fold", "folds, splits, groups or rows (default: fold, split, group or row)"),
        ("repeat", "repeats, if there are several (default: repeat)"),
        ("seed", "seeds, if there are several (default: seed)"),
    ):
        add(f"--{name}-column", metavar="NAME", help=f"column of {what}")
    add("--data", metavar="NAME", help="name of the data set, for the table (default: that of the file)")
    add("--rows", type=int, help="number of rows of the data set, which limits what equal scores can show")
    add("--groups", type=int, help="number of groups, if folds keep groups of rows together")
    add("--title", help="the hypothesis in words (default: the claim)")
    add("--expected", choices=EXPECTED, help="verdict that is expected")
    add("--register", action="store_true", help="register the claim instead of judging it; SCORES need not exist yet")
    add("--reason", metavar="TEXT", help="reason for amending a claim that is already registered")
    add("--evidence", metavar="FOLDER", type=Path, help="evidence folder (default: that of pytest)")
    add_ledger(command)


def run(options: argparse.Namespace, *, note: Callable[[str], None]) -> int:
    """Judge, print the evidence in words, and return the exit status.

    Args:
        options: the arguments.
        note: called with a sentence about each damaged record.
    """
    config = settings_of_pytest(options)
    root = root_of(config)
    claim, metric = _claim_of(options), _metric_of(options)
    store = options.reader.remember(Store(options.evidence or root / folder_of(config), note=note))
    text = _sentence(claim, options.treatment, options.control)
    path = Path(os.path.relpath(options.scores, root)) if options.scores.absolute().is_relative_to(root) else None
    judge = Judge(
        hypothesis=f"{(path or options.scores).as_posix()}::{text}",
        title=options.title or text,
        store=store,
        folder=root,
        expected=options.expected,
        register_or_compare=_registering(options, store) if options.register else ledger_of(options).compare,
    )
    try:
        evidence = judge.judge(
            options.scores,
            treatment=options.treatment,
            control=options.control,
            claim=claim,
            design=_design_of(options),
            metric=metric,
            columns=Columns(
                arm=options.arm_column,
                score=options.score_column,
                repeat=options.repeat_column,
                fold=options.fold_column,
                seed=options.seed_column,
            ),
            data=options.data,
            rows=options.rows,
            groups=options.groups,
        )
    except _RegisteredError as registered:
        print(registered)
        return 0
    print(words.render(evidence, store.evidence_folder(evidence.hypothesis)))
    print("\n".join(_next_time(evidence)), end="")
    assert evidence.verdict is not None
    return 0 if evidence.verdict == (options.expected or "supported") else STATUSES[evidence.verdict]


def _design_of(options: argparse.Namespace) -> Design:
    if options.leave_one_group_out:
        return LeaveOneGroupOut(seeds=options.seeds, groups=options.groups)
    train, test = options.train_rows, options.test_rows
    if train is not None or test is not None:
        if train is None or test is None:
            raise InputError(
                "A fixed split has training rows and test rows.",
                received=f"--train-rows {train}" if test is None else f"--test-rows {test}",
                remedy="Give both, --train-rows N and --test-rows N.",
            )
        return FixedSplit(train=range(train), test=range(train, train + test), seeds=options.seeds)
    if options.time_series is not None:
        return TimeSeries(options.time_series, gap=options.gap, seeds=options.seeds)
    if options.splits is not None:
        return Holdout(options.test_share, splits=options.splits, seeds=options.seeds, looks=options.looks)
    return KFolds(options.folds, repeats=options.repeats, seeds=options.seeds, looks=options.looks)


def _claim_of(options: argparse.Namespace) -> Claim:
    name = THRESHOLD_NAMES[options.claim]
    others = [each for each in THRESHOLD_NAMES.values() if each != name and getattr(options, each) is not None]
    value = getattr(options, name)
    if others or (value is None and options.claim != "beats"):
        raise InputError(
            f"The threshold of {options.claim} has to be given as --{name}, and only that.",
            received=", ".join(f"--{each}" for each in others) or "none",
            remedy=f"Give {THRESHOLD_MEANINGS[options.claim]}: --{name} NUMBER.",
        )
    return Claim(options.claim, options.metric, 0.0 if value is None else value)


def _metric_of(options: argparse.Namespace) -> Metric | None:
    """Return the metric that the options declare, or None for one that negres knows."""
    known = find_metric(options.metric)
    if options.higher is None and (options.unit is None or known is None):
        return None
    higher = known.higher_is_better if options.higher is None and known else bool(options.higher)
    unit = options.unit or (known.unit if known else options.metric)
    if known and (higher, unit) == (known.higher_is_better, known.unit):
        return known
    return Metric(options.metric, higher_is_better=higher, unit=unit)


def _sentence(claim: Claim, treatment: str, control: str | None) -> str:
    """Return a claim in words.

    >>> _sentence(Claim("beats", "accuracy", 0.01), "wide", "narrow")
    'wide beats narrow on accuracy by 0.01'
    """
    name, threshold = THRESHOLD_NAMES[claim.kind], f"{claim.threshold:g}"
    if claim.kind == "reaches":
        return f"{treatment} reaches {claim.metric} {threshold}"
    margin = f" {name} {threshold}" if claim.threshold else ""
    return f"{treatment} {claim.kind} {control} on {claim.metric}{margin}"


def _registering(options: argparse.Namespace, store: Store) -> Callable[[Commitment], Registration]:
    def end(commitment: Commitment) -> Registration:
        ledger, seen = ledger_of(options), known_before(options.scores)
        status = register(commitment, ledger=ledger, store=store, reason=options.reason, seen=seen)
        raise _RegisteredError(f"{status:<10}  {commitment.hypothesis}")

    return end


def _next_time(evidence: Evidence) -> list[str]:
    """Return what this design can decide with the spread of these scores, in a line."""
    if (estimate := evidence.estimate) is None or estimate.sd is None:
        return []
    design = evidence.design.as_design()
    limit = most_dof(evidence.claim, design.parts, evidence.data)
    return [f"  next time   {analyze_power(design, sd=estimate.sd, alpha=ALPHA, most_dof=limit)}", ""]
