"""The summary of a GitHub job: tables in Markdown, cut to whole rows where the file would exceed GitHub's limit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

MOST_BYTES = 2**20
"""Most bytes of the summary of a step. GitHub shows nothing of a larger one."""
_RULE = re.compile(r"\|[-: |]+\|")


def add_to_summary(path: Path, heading: str, tables: str, *, remedy: str) -> None:
    """Add tables to the summary of a job; what earlier commands of the step wrote counts for the limit, too.

    Args:
        path: the file of the summary.
        heading: the heading of the tables.
        tables: tables and paragraphs in Markdown.
        remedy: a sentence on where all rows are, for tables that are cut.

    Raises:
        OSError: the file cannot be written.
    """
    beginning, end = f"### {heading}\n\n", "\n\n"
    with path.open("ab") as file:
        room = MOST_BYTES - file.tell() - _size(beginning + end)
        if text := fit(tables, room, remedy=remedy):
            file.write(f"{beginning}{text}{end}".encode())


def fit(tables: str, room: int, *, remedy: str) -> str:
    """Return tables in Markdown with as many rows as fit, from the top, and a sentence that counts the others.

    Rows of the first table are left out first, since it is the longest one.

    Args:
        tables: tables and paragraphs in Markdown, each row in a line.
        room: most bytes; where not even the sentence fits, nothing is returned.
        remedy: a sentence on where all rows are.
    """
    if _size(tables) <= room:
        return tables
    # One long name pads all other cells of its column, which a page does not show.
    lines = [_without_padding(line) if line.startswith("|") else line for line in tables.split("\n")]
    if _size("\n".join(lines)) <= room:
        return "\n".join(lines)
    rows = [place for table in _rows_of_tables(lines) for place in reversed(table)]

    def cut(count: int) -> str:
        gone = set(rows[:count])
        left_out = f"**{count:,} of {len(rows):,} rows are left out**: the summary of a step has at most 1 MiB."
        kept = [line for place, line in enumerate(lines) if place not in gone]
        return "\n".join([f"{left_out} {remedy}", "", *kept])

    count = bisect_left(range(len(rows) + 1), 1, key=lambda count: _size(cut(count)) <= room)
    if count <= len(rows):
        return cut(count)
    sentence = f"**The table is left out**: the summary of a step has at most 1 MiB. {remedy}"
    return sentence if _size(sentence) <= room else ""


def _without_padding(line: str) -> str:
    if _RULE.fullmatch(line):
        return re.sub("-{4,}", "---", line)
    return re.sub(" {2,}", " ", line)


def _rows_of_tables(lines: Sequence[str]) -> list[list[int]]:
    """Return the places of the rows of each table, that is of its lines below the rule."""
    tables: list[list[int]] = []
    in_body = False
    for place, line in enumerate(lines):
        if not line.startswith("|"):
            in_body = False
        elif in_body:
            tables[-1].append(place)
        elif _RULE.fullmatch(line):
            in_body = True
            tables.append([])
    return tables


def _size(text: str) -> int:
    return len(text.encode())
