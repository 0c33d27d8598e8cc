"""Colours of the page's figures: one for each meaning, which the style sheet exchanges for the dark page."""

from __future__ import annotations

INK, MUTED, LINE, SHADE = "#1d2228", "#5b6570", "#c3cad1", "#e8ecef"
"""Text and estimates; remarks and axes; thin lines; areas, such as what lies within the margin."""
ARMS = {"treatment": "#0072b2", "control": "#d55e00"}
"""Blue and vermilion, as in all pictures: colour-blind people can tell them apart (Okabe & Ito 2008)."""
VERDICTS = {
    "supported": "#007a5e",
    "refuted": "#a3296f",
    "inconclusive": "#6b7280",
    "invalid": "#8a6100",
}
"""No verdict is told by its colour alone: beside it always stands its word, or its mark."""
MARKS = {"supported": "o", "refuted": "s", "inconclusive": "D", "invalid": "X"}
"""Markers of Matplotlib."""
