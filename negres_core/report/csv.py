"""The table of replicates as CSV that is safe in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negres_core.errors import show

if TYPE_CHECKING:
    import pandas as pd


MOST_IN_A_CELL = 32_767
"""Most characters that a cell of a spreadsheet holds; longer text is cut, and ends in the number that is missing."""


def render(table: pd.DataFrame) -> str:
    """Render a table as CSV; nothing if it has no rows.

    Text that a spreadsheet would compute, such as "=1+1", begins with an apostrophe.
    """
    import pandas as pd  # takes a quarter of a second, which other commands need not wait for

    if table.empty:
        return ""
    shown = table.copy()
    for name in shown.columns:
        if not pd.api.types.is_numeric_dtype(shown[name]):
            shown[name] = [each if pd.isna(each) else _cell(each) for each in shown[name]]
    shown.columns = [_cell(name) for name in shown.columns]
    return str(shown.to_csv(index=False))


def _cell(text: str) -> str:
    return show(text, "csv", most=MOST_IN_A_CELL)
