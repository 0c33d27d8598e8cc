"""The table of replicates as JSON lines: one object per row."""

from __future__ import annotations

import json

import pandas as pd


def render(table: pd.DataFrame) -> str:
    """Render a table as JSON lines. Missing numbers are null, and every other number is read back exactly."""
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows)
