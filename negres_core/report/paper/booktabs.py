"""Tables in the style of booktabs: floats over the whole width; a long table has several."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from negres_core.report.paper.latex import escape

LINE_LENGTH = 105
"""About as many characters of a table's font fit into the width of the text."""
MOST_LINES = 50
"""Most lines of a table, which cannot be broken over pages."""
_MINUS = re.compile(r"(?<![\w.])-(?=[\d.])")


class Column(NamedTuple):
    """A column.

    Attributes:
        header: its header.
        width: its share of the width of the text; None if it is as wide as its numbers, and right-aligned.
    """

    header: str
    width: float | None = None


class Cell(NamedTuple):
    """A cell.

    Attributes:
        tex: its content in LaTeX.
        length: about how many characters it prints.
    """

    tex: str
    length: int


def text_cell(text: str, marks: str = "") -> Cell:
    """Return a cell of text, with marks in mathematics behind it."""
    return Cell(escape(text) + (f"$^{{{marks}}}$" if marks else ""), len(text))


def number_cell(text: str) -> Cell:
    """Return a cell of numbers, with minus signs and not hyphens."""
    return Cell(escape(_MINUS.sub("\N{MINUS SIGN}", text)), len(text))


def write_floats(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, caption: str, short: str, label: str
) -> str:
    """Return a table in LaTeX.

    Args:
        columns: the columns.
        rows: the cells of each row.
        caption: in LaTeX.
        short: the caption of further tables, if one is not enough; plain text without the full stop.
        label: by which the first table is referred to; those of others end in "-2" and so on.
    """
    parts: list[list[Sequence[Cell]]] = [[]]
    lines = 0
    for row in rows:
        more = max(_lines(cell, column) for cell, column in zip(row, columns, strict=True))
        if parts[-1] and lines + more > MOST_LINES:
            parts.append([])
            lines = 0
        parts[-1].append(row)
        lines += more
    tables = [_float(columns, parts[0], caption=caption, label=label)]
    for number, part in enumerate(parts[1:], 2):
        tables.append(_float(columns, part, caption=f"{escape(short)}, continued.", label=f"{label}-{number}"))
    return "\n".join(tables)


def _lines(cell: Cell, column: Column) -> int:
    return 1 if column.width is None else max(1, math.ceil(cell.length / (column.width * LINE_LENGTH)))


def _float(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, caption: str, label: str) -> str:
    widths = "".join("r" if each.width is None else rf"p{{{each.width}\textwidth}}" for each in columns)
    body = "\\addlinespace[2pt]\n".join(f"{_line(columns, row)}\n" for row in rows)
    lines = [
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        r"\medskip",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{4pt}",
        rf"\begin{{tabular}}{{@{{}}{widths}@{{}}}}",
        r"\toprule",
        " & ".join(escape(each.header) for each in columns) + r" \tabularnewline",
        r"\midrule",
        body.rstrip("\n"),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table*}",
        "",
    ]
    return "\n".join(lines)


def _line(columns: Sequence[Column], row: Sequence[Cell]) -> str:
    cells = (
        cell.tex if column.width is None else rf"\raggedright {cell.tex}"
        for cell, column in zip(row, columns, strict=True)
    )
    return " & ".join(cells) + r" \tabularnewline"
