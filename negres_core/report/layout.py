"""Layout of tables for a terminal or a page, and how numbers read in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from tabulate import tabulate

from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.evidence import Evidence

Item = TypeVar("Item")
MILLION = 1e6
"""Numbers from here on are shown with an exponent."""
Style = Literal["terminal", "markdown"]
"""Style of a table: "terminal" wraps the text of columns; "markdown" has one line per row."""


def show_p(p: float) -> str:
    """Return a p-value as text, which is never 0."""
    return "<0.001" if p < 0.001 else f"{p:.3g}"


def show_number(value: float, *, sign: bool = False) -> str:
    """Return a number with four decimals, or with four digits if it has a million or more, such as operations.

    Examples:
        >>> show_number(0.25), show_number(12.0, sign=True), show_number(1.5e9)
        ('0.2500', '+12.0000', '1.5e+09')
    """
    return f"{value:{'+' if sign else ''}{'.4f' if abs(value) < MILLION else '.4g'}}"


def show_interval(ends: tuple[float, float], *, sign: bool = True) -> str:
    """Return an interval as text; for the numbers, see `show_number`.

    Examples:
        >>> show_interval((-0.5, 1.25))
        '[-0.5000, +1.2500]'
    """
    low, high = (show_number(end, sign=sign) for end in ends)
    return f"[{low}, {high}]"


def show_effect(effect: float, interval: tuple[float, float]) -> str:
    """Return an effect with its interval as text.

    Examples:
        >>> show_effect(0.25, (-0.5, 1.0))
        '+0.2500 [-0.5000, +1.0000]'
    """
    return f"{show_number(effect, sign=True)} {show_interval(interval)}"


def why_not_judged(evidence: Evidence) -> str:
    """Return in a few words why a run has no verdict."""
    return "not judged (smoke)" if evidence.smoke else "none: interrupted"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return a count with its noun, as in "1 repeat" or "5 repeats".

    Args:
        count: the count.
        noun: the noun in the singular.
        nouns: its plural, if it does not end in "s".
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def repeats_trained(evidence: Evidence) -> int | None:
    """Return how many repeats the arms were trained on, or None if a run that was interrupted does not tell.

    They are 0 in a run that a control ended before its arms were trained.
    """
    return len(evidence.differences) if evidence.status == "finished" else None


def sort_naturally(items: Iterable[Item], *, key: Callable[[Item], str]) -> list[Item]:
    """Sort items by a text in which numbers count as numbers.

    Examples:
        >>> sort_naturally(["width 100", "width 20"], key=str)
        ['width 20', 'width 100']
    """

    def parts(item: Item) -> list[str | int]:
        # Texts and numbers alternate, so that like is compared with like.
        return [int(part) if part.isdecimal() else part for part in re.split("([0-9]+)", key(item))]

    return sorted(items, key=parts)


def lay_out(rows: Sequence[Sequence[str]], *, headers: Sequence[str], widths: Sequence[int], style: Style) -> str:
    """Lay out rows as a table.

    Args:
        rows: one cell per column; text that looks like a number stays as it is. A line break in a cell is kept in a
            terminal, and becomes a space in Markdown. A name that comes from outside has to pass `show` before, so that
            it has no line break; all other control characters are shown by their codes here.
        headers: one per column; they may have line breaks, too.
        widths: the number of characters at which a terminal wraps each column. Longer words are not broken.
        style: see `Style`.
    """
    if style == "markdown":
        page = [
            [show(cell.replace("\n", " "), "markdown", most=MOST_IN_A_LINE) for cell in row] for row in (headers, *rows)
        ]
        return tabulate(page[1:], headers=page[0], tablefmt="github", disable_numparse=True)
    wrapped = [[_wrap(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return tabulate(wrapped, headers=headers, tablefmt="simple", disable_numparse=True)


def _wrap(text: str, width: int) -> str:
    text = show(text, most=MOST_IN_A_LINE, lines=True)
    lines = [textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in text.splitlines()]
    return "\n".join(line for wrapped in lines for line in wrapped)
