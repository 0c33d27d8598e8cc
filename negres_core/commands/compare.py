"""`negres compare`: what changed between two evidence folders."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from negres_core.commands.reading import Reader
from negres_core.errors import InputError
from negres_core.evidence import Summaries
from negres_core.report import changes
from negres_core.report.change import Change, change_of
from negres_core.report.layout import Style

TEXT = "compare two evidence folders: flipped verdicts, changed effects, times, environments"
FLIP, SURPRISE, SLOWER = 3, 4, 5
"""The exit status if a verdict flipped, a surprise is new, or an arm became slower, and --fail-on asks for it."""


@dataclass(frozen=True)
class FailOn:
    """What makes the command fail.

    Attributes:
        flip: whether another verdict does.
        surprise: whether a new surprise does.
        slower: the ratio of seconds above which an arm is too slow; infinite if no ratio is.
    """

    flip: bool = False
    surprise: bool = False
    slower: float = math.inf

    @classmethod
    def of(cls, given: Sequence[str]) -> FailOn:
        """Return what the option asks for.

        Raises:
            InputError: it asks for something else.
        """
        flip = surprise = False
        slower = math.inf
        for word in (part.strip() for each in given for part in each.split(",")):
            name, _, number = word.partition(":")
            if word == "flip":
                flip = True
            elif word == "surprise":
                surprise = True
            elif name == "slower" and (ratio := _ratio(number)) is not None:
                slower = min(slower, ratio)
            else:
                raise InputError(
                    "--fail-on takes flip, surprise, or slower with a ratio above 1.",
                    received=word,
                    remedy="Give, for example, --fail-on flip,surprise,slower:1.2",
                )
        return cls(flip, surprise, slower)

    def status(self, found: Sequence[Change]) -> int:
        """Return the exit status of the first reason that applies, in the order flip, surprise, slower; 0 for none."""
        if self.flip and any(each.is_flip for each in found):
            return FLIP
        if self.surprise and any(each.is_new_surprise for each in found):
            return SURPRISE
        return SLOWER if any(ratio > self.slower for each in found for ratio in each.times.values()) else 0


def _ratio(text: str) -> float | None:
    """Return a finite number above 1, or None."""
    try:
        ratio = float(text)
    except ValueError:
        return None
    return ratio if 1 < ratio < math.inf else None


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    add = command.add_argument
    add("before", metavar="BEFORE", type=Path, help="the evidence folder of the first run")
    add("after", metavar="AFTER", type=Path, help="the evidence folder of the second run")
    add("-k", metavar="WORDS", default="", help="only hypotheses whose test id contains WORDS")
    add("--markdown", action="store_true", help="print Markdown")
    add("--html", metavar="FILE", type=Path, help="also write the comparison as one HTML page to FILE")
    text = (
        f"flip, surprise or slower:RATIO, several separated by commas: exit with {FLIP} if a verdict flipped, with "
        f"{SURPRISE} if a surprise is new, with {SLOWER} if an arm takes more than RATIO times as long"
    )
    add("--fail-on", metavar="WHAT", action="append", default=[], help=text)


def run(options: argparse.Namespace, reader: Reader, *, note: Callable[[str], None]) -> int:
    """Print the comparison, and write its page; return the exit status.

    Args:
        options: the arguments of the command.
        reader: reads the folders.
        note: called with a sentence that is not the result.

    Raises:
        InputError: an option is wrong, or the page cannot be written.
        EvidenceError: a folder is missing or has no evidence.
    """
    fail_on = FailOn.of(options.fail_on)
    names = (str(options.before), str(options.after))
    (first, some), (second, others) = (reader.read(each, words=options.k) for each in (options.before, options.after))
    before, after = ({each.hypothesis: each for each in records} for records in (some, others))
    with Summaries(first) as earlier, Summaries(second) as later:
        read = (earlier.read, later.read)
        found = [change_of(before[name], after[name], read=read) for name in before if name in after]
    missing = (
        [each for name, each in before.items() if name not in after],
        [each for name, each in after.items() if name not in before],
    )
    style: Style = "markdown" if options.markdown else "terminal"
    print(changes.render(found, missing=missing, names=names, style=style))
    if options.html is not None:
        from negres_core.report.page import comparison
        from negres_core.report.page.write import save_page

        slower = fail_on.slower if math.isfinite(fail_on.slower) else comparison.SLOWER
        page = comparison.render(found, missing=missing, names=names, slower=slower)
        note(f"the page is {save_page(options.html, page)}")
    return fail_on.status(found)
