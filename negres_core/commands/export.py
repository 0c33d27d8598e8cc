"""`negres export`: every replicate of every hypothesis as CSV, JSON lines or Parquet, or as runs of MLflow."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from negres_core.commands import mlflow
from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Evidence, Store, Summaries, read_scores
from negres_core.report import csv, json_lines
from negres_core.report.replicates import GivenScore, tabulate
from negres_core.scores.kept import scores_of_kept

if TYPE_CHECKING:
    import pandas as pd

TEXT = "print every replicate of every hypothesis as CSV, or write it in another format"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser, beside those of each reader."""
    formats = command.add_mutually_exclusive_group()
    formats.add_argument("--csv", action="store_true", help="print CSV that is safe in a spreadsheet (default)")
    formats.add_argument("--json", action="store_true", help="print JSON lines, an object per replicate")
    formats.add_argument("--parquet", metavar="FILE", type=Path, help="write a Parquet file, which needs pyarrow")
    text = "write runs to an MLflow server or database; existing runs are not changed"
    formats.add_argument("--mlflow", metavar="URI", help=text)
    text = f"MLflow's experiment, with --mlflow (default: {mlflow.EXPERIMENT})"
    command.add_argument("--experiment", metavar="NAME", help=text)


def run(options: argparse.Namespace, store: Store, records: Sequence[Evidence], *, note: Callable[[str], None]) -> int:
    """Print or write the table, or the runs; return the exit status."""
    if options.mlflow is not None:
        experiment = mlflow.EXPERIMENT if options.experiment is None else options.experiment
        mlflow.export(store, records, uri=options.mlflow, experiment=experiment, note=note)
        return 0
    if options.experiment is not None:
        raise InputError(
            "Only MLflow has experiments.",
            received=f"--experiment {options.experiment} without --mlflow",
            remedy="Give --mlflow URI as well, or omit --experiment.",
        )
    ids = [id for evidence in records for arm in evidence.arms for id in arm.own_replicates]
    with Summaries(store) as summaries:
        replicates = {id: each for id, each in summaries.read(ids).items() if each is not None}
    scores = {each.hypothesis: _scores_of(store, each) for each in records if each.scores is not None}
    table = tabulate(records, replicates, scores)
    if options.parquet:
        _write_parquet(table, options.parquet)
    else:
        print((json_lines if options.json else csv).render(table), end="")
    return 0


def _scores_of(store: Store, evidence: Evidence) -> list[GivenScore]:
    """Return the scores that a verdict rests on; none if their table is missing or was changed."""
    content = read_scores(store, evidence)
    known = [] if content is None else scores_of_kept(content)
    return [GivenScore(each.arm, each.repeat, each.fold, each.seed, each.score) for each in known]


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    try:
        table.to_parquet(path, index=False)
    except ImportError as error:
        raise EvidenceError(
            "Parquet needs pyarrow, which is not installed.",
            received=str(path),
            remedy="pip install pyarrow, or print CSV.",
        ) from error
    except OSError as error:
        raise EvidenceError(
            "The file cannot be written.",
            received=f"{path}: {error.strerror or error}",
            remedy="Name a file in a folder that you can write to.",
        ) from error
