"""`negres merge`: the records of several evidence folders in one, such as those of the shards of a suite."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from negres_core.commands.reading import Reader
from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.evidence import Store
from negres_core.evidence.completeness import Place, Waiting, waiting_in
from negres_core.evidence.merging import Source, carry_out, plan_merge
from negres_core.report.layout import plural

TEXT = "join evidence folders, refuse contradictions, and list the cells that no shard has trained"
MOST_CELLS = 10
"""Most missing cells of a hypothesis that are named."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    command.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="an evidence folder or archive")
    text = "folder to join them in, which may have evidence (default: pytest's evidence folder)"
    command.add_argument("--into", type=Path, metavar="FOLDER", help=text)


def run(options: argparse.Namespace, reader: Reader, into: Path, *, note: Callable[[str], None]) -> int:
    """Merge the folders; return the exit status, 1 if a shard is missing.

    Args:
        options: the arguments.
        reader: reads the folders.
        into: the folder to join them in.
        note: called with a sentence that is not the result.

    Raises:
        EvidenceError: records contradict each other, and nothing was written; or a folder cannot be read or written.
    """
    store = reader.remember(Store(into, note=note))
    target = Source(str(into), store)
    is_target = [folder.exists() and into.exists() and folder.samefile(into) for folder in options.folders]
    sources = [
        target if same else Source(str(folder), reader.open(folder))
        for folder, same in zip(options.folders, is_target, strict=True)
    ]
    plan = plan_merge(sources, target)
    carry_out(plan, store)
    if plan.outdated:
        shards = plural(len(plan.outdated), "shard")
        note(f"{shards} of earlier runs, which were not judged, were removed from {into}; replicates stay")
    waiting = list(waiting_in(store))
    folders, replicates = plural(len(options.folders), "folder"), plural(plan.replicates, "replicate")
    print(f"{show(into)}: {folders} merged; {replicates} copied, {plan.known} there already")
    for each in waiting:
        print(*_lines_of(each), sep="\n")
    return 1 if any(each.missing for each in waiting) else 0


def _lines_of(waiting: Waiting) -> list[str]:
    commitment = waiting.commitment
    name = f"{show(commitment.title)}, on {show(commitment.data.name)}"
    if waiting.failed:
        failed = "; ".join(f"{control}: {found}" for control, found in waiting.failed.items())
        return [f"INVALID   {name}: a control failed before training, {show(failed, most=MOST_IN_A_LINE)}"]
    planned = len(waiting.trained) + len(waiting.missing)
    if not waiting.missing:
        return [f"trained   {name}: all {planned} cells"]
    shards = f", of shard {', '.join(waiting.shards)}" if waiting.shards else ""
    lines = [f"MISSING   {name}: {len(waiting.missing)} of {planned} cells{shards}; pytest would train them"]
    lines += [f"          - {_cell(place)}" for place in waiting.missing[:MOST_CELLS]]
    more = len(waiting.missing) - MOST_CELLS
    return [*lines, f"          - and {more} more"] if more > 0 else lines


def _cell(place: Place) -> str:
    repeat, fold = place
    return f"repeat {repeat + 1}, fold {fold + 1}"
