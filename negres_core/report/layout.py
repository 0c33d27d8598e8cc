"""The grid: rows of text under their headers, laid out for a terminal or for a page, and what stands in its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tabulate import tabulate

Style = Literal["terminal", "markdown"]
"""Of a rendering: "terminal" wraps columns to a width; "markdown" is for a page."""


def show_p(p: float) -> str:
    """Show a p-value, which is never 0."""
    return "<0.001" if p < 0.001 else f"{p:.3g}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, as in "1 repeat" or "5 repeats"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def lay_out(rows: Sequence[Sequence[str]], *, headers: Sequence[str], widths: Sequence[int], style: Style) -> str:
    """Lay out rows as a table.

    Args:
        rows: their cells, one a column; nothing in them is read as a number.
        headers: of the columns.
        widths: characters that a column may take in a terminal, which words longer than it exceed.
        style: see `Style`.
    """
    if style == "markdown":
        escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
        return tabulate(escaped, headers=headers, tablefmt="github", disable_numparse=True)
    return tabulate(
        rows,
        headers=headers,
        tablefmt="simple",
        maxcolwidths=list(widths),
        disable_numparse=True,
        break_long_words=False,
    )
