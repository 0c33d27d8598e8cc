"""Charts: figures of Matplotlib that no window, no user's settings and no date get into."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#4d4d4d",
    "text.parse_math": False,  # a name with two dollar signs is no formula
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw the same way whatever a user's settings are."""
    from matplotlib import style

    with style.context(["default", STYLE]), warnings.catch_warnings():
        # A name may be written in letters that the font lacks; a box in their place is no reason to warn.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def new_figure(title: str, *, height: float) -> Figure:
    """Return a figure of 1200 pixels by 100 times a height, with a title."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15)
    figure = Figure(figsize=(12, height), dpi=100, layout=layout)
    FigureCanvasAgg(figure)
    figure.suptitle(wrap(title, 84), x=0.0125, ha="left", weight="bold", fontsize=16)
    return figure


def wrap(text: str, width: int = 110) -> str:
    """Break a text into lines of so many letters."""
    return "\n".join(textwrap.wrap(text, width))


def encode(figure: Figure) -> bytes:
    """Return a figure as a PNG file, without a date or a program's name."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return file.getvalue()
