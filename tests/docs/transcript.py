"""Transcripts of terminal sessions in the documentation: parsed, and compared with what the commands print."""

from __future__ import annotations

import re
from dataclasses import dataclass

GAP = "..."
"""A line of a transcript that stands for any number of lines."""

MASKS = (
    (r"(?<![\w.])/[\w./~-]+", "/path"),
    (r"\bcpu \([^)]*\)", "cpu (name)"),
    (r"\b[0-9a-f]{8,}\b", "digest"),
    (r"\d+m \d\ds\b|\d[\d.]* s\b", "duration"),
    (r" in \d[\d.]*s( \(\d+:\d\d:\d\d\))?", " in duration"),
    (r"(?<![\w-])[+-]?\d[\d,]*(\.\d+)?(e-\d+)?|\d[\d,.]*", "#"),
    (r"<#", "#"),
    (r"# of #", "#"),  # cells: an early look decides on one backend, and the last one on another
    (r"={3,}", "==="),
    (r"-{3,}", "---"),
    (r"\s+", " "),
)
"""Parts of a line that differ between machines or backends, with what takes their place: all but the words."""


@dataclass(frozen=True)
class Step:
    """One command of a transcript, and the output that the page shows below it."""

    command: str
    output: str


def read_steps(transcript: str) -> list[Step]:
    r"""Split a transcript into its commands, which begin with `$ `, each with its output.

    >>> read_steps("$ ls\na\n$ cd a\n")
    [Step(command='ls', output='a'), Step(command='cd a', output='')]
    """
    head, *parts = re.split(r"^\$ ", transcript, flags=re.MULTILINE)
    if head.strip() or not parts:
        raise ValueError(f"a transcript begins with a command after `$ `, not with {head!r}")
    return [
        Step(command.strip(), output.strip("\n")) for command, _, output in (part.partition("\n") for part in parts)
    ]


def normalize(text: str) -> list[str]:
    """Return the lines of an output that are not blank, without what differs between machines."""
    lines = []
    for line in text.splitlines():
        for pattern, replacement in MASKS:
            line = re.sub(pattern, replacement, line)
        if line.strip():
            lines.append(line.strip())
    return lines


def mismatch(shown: str, printed: str) -> str | None:
    """Return how a shown output differs from a printed one; None if it does not, except at gaps and in masked parts."""
    lines = normalize(printed)
    place = 0
    chunks = [normalize(chunk) for chunk in re.split(rf"^{re.escape(GAP)}$", shown, flags=re.MULTILINE)]
    for number, chunk in enumerate(chunks):
        first, last = number == 0, number == len(chunks) - 1
        starts = [place] if first else range(place, len(lines) - len(chunk) + 1)
        if last and chunk and not first:
            starts = [len(lines) - len(chunk)]
        start = next((at for at in starts if lines[at : at + len(chunk)] == chunk), None)
        if start is None or (last and chunk and start + len(chunk) != len(lines)):
            return "\n".join(["the page shows", *chunk, "", "which was not printed here:", *lines])
        place = start + len(chunk)
    return None
