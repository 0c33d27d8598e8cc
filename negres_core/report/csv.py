"""The table of replicates as CSV that is safe in a spreadsheet."""

from __future__ import annotations

import pandas as pd

from negres_core.errors import show


def render(table: pd.DataFrame) -> str:
    """Render a table as CSV; nothing if it has no rows.

    Text that a spreadsheet would compute, such as "=1+1", begins with an apostrophe.
    """
    if table.empty:
        return ""
    shown = table.copy()
    for name in shown.columns:
        if not pd.api.types.is_numeric_dtype(shown[name]):
            shown[name] = [each if pd.isna(each) else show(each, "csv") for each in shown[name]]
    shown.columns = [show(name, "csv") for name in shown.columns]
    return str(shown.to_csv(index=False))
