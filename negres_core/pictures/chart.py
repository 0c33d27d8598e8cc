"""Charts: Matplotlib figures that depend on no window, no user settings and no date."""

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
    "text.parse_math": False,  # a name with two dollar signs is not a formula
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw the same way whatever the user's settings are."""
    from matplotlib import style

    with style.context(["default", STYLE]), warnings.catch_warnings():
        # A name may contain characters that the font lacks. They are drawn as boxes; no warning is needed.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def new_figure(title: str, *, height: float) -> Figure:
    """Return a figure with a title, 1200 pixels wide and 100 times `height` pixels high."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15)
    figure = Figure(figsize=(12, height), dpi=100, layout=layout)
    FigureCanvasAgg(figure)
    figure.suptitle(wrap(title, 84), x=0.0125, ha="left", weight="bold", fontsize=16)
    return figure


def wrap(text: str, width: int = 110) -> str:
    """Break a text into lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(text, width))


def encode(figure: Figure) -> bytes:
    """Return a figure as a PNG file, without a date or the name of a program."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return file.getvalue()
