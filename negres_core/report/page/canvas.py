"""A canvas: marks of Matplotlib at pixels, and a figure of them for the page or for a paper.

A page has hundreds of small figures. Axes of Matplotlib, with their dozens of ticks and text boxes, take 30 ms each;
the same marks drawn straight onto a figure take 4 ms, and lie where the page wants them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from negres_core.errors import show
from negres_core.report.page.colours import INK, LINE, MUTED
from negres_core.report.page.scale import Scale, label
from negres_core.report.page.svg import Label, inline

if TYPE_CHECKING:
    from matplotlib.backends.backend_pdf import PdfPages

SETTINGS = {
    "svg.hashsalt": "negres",
    "path.simplify": False,
    "pdf.fonttype": 42,  # publishers refuse fonts of type 3
}
WIDTH = 640
"""Width of most figures, in pixels."""
MOST_LABEL = 60
"""Most characters of a text in a figure."""
PIXELS = IdentityTransform()
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
SIDES = {anchor: side for side, anchor in ANCHORS.items()}
PRINTED_FONT, PRINTED_SHARE = "DejaVu Sans", 0.82
"""The font of a printed figure, and the share of its size at which it is as wide as the fonts of a page."""
Point = tuple[float, float]


@contextmanager
def drawing() -> Iterator[None]:
    """Draw the same way whatever the user's settings are, which are as they were afterwards."""
    with style.context(["default", SETTINGS]):
        yield


class Canvas:
    """A figure under construction. Pixels are counted from the upper left corner; 72 are an inch.

    Args:
        height: in pixels.
        width: in pixels.
    """

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.height, self.width = height, width
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self._figure.patch.set_visible(False)
        self._marks = 0
        self._texts: list[Label] = []
        FigureCanvasSVG(self._figure)

    def line(
        self, x: Sequence[float], y: Sequence[float], colour: str, *, width: float = 1.0, dashed: bool = False
    ) -> None:
        """Draw a line through points."""
        line = Line2D(x, self._up(y), color=colour, linewidth=width, transform=PIXELS)
        if dashed:
            line.set_dashes((4, 3))
        line.set_solid_capstyle("butt")
        self._place(line)

    def marks(
        self,
        x: Sequence[float],
        y: Sequence[float],
        colour: str,
        *,
        marker: str = "o",
        size: float = 5.0,
        open: bool = False,
    ) -> None:
        """Draw a marker at each point; an open one is not filled."""
        self._place(
            Line2D(
                x,
                self._up(y),
                linestyle="",
                marker=marker,
                markersize=size,
                markeredgecolor=colour,
                markerfacecolor="none" if open else colour,
                markeredgewidth=1.0 if open else 0.0,
                transform=PIXELS,
            )
        )

    def lines(self, ends: Iterable[tuple[Point, Point]], colour: str, *, width: float) -> None:
        """Draw separate lines as one mark, each between two points."""
        vertices = [(x, self.height - y) for pair in ends for x, y in pair]
        codes = [Path.MOVETO, Path.LINETO] * (len(vertices) // 2)
        self._add(vertices, codes, edgecolor=colour, facecolor="none", linewidth=width)

    def box(self, x: Point, y: Point, colour: str, *, opacity: float = 1.0) -> None:
        """Fill a rectangle between two pixels in each direction."""
        self.boxes([(x, y)], colour, opacity=opacity)

    def boxes(self, boxes: Iterable[tuple[Point, Point]], colour: str, *, opacity: float = 1.0) -> None:
        """Fill rectangles as one mark, each between two pixels in each direction."""
        vertices = [
            (x, self.height - y)
            for (left, right), (top, bottom) in boxes
            for x, y in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        ]
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * (len(vertices) // 5)
        more = {} if opacity == 1 else {"alpha": opacity}
        self._add(vertices, codes, edgecolor="none", facecolor=colour, **more)

    def _add(self, vertices: Sequence[Point], codes: Sequence[Any], **style: Any) -> None:
        if vertices:
            self._place(PathPatch(Path(vertices, codes), transform=PIXELS, **style))

    def area(
        self, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str, *, opacity: float
    ) -> None:
        """Fill the area between two lines."""
        points = [*zip(x, self._up(low), strict=True), *reversed([*zip(x, self._up(high), strict=True)])]
        self._place(Polygon(points, closed=True, facecolor=colour, edgecolor="none", alpha=opacity, transform=PIXELS))

    def text(
        self,
        x: float,
        y: float,
        text: object,
        colour: str = INK,
        *,
        size: float = 12.0,
        align: Literal["left", "center", "right"] = "left",
        bold: bool = False,
        most: int = MOST_LABEL,
    ) -> None:
        """Write a text on one line, vertically centred; longer text is cut."""
        # Written straight into the SVG: Matplotlib would measure each text with fonts that the page does not use.
        place = {"x": f"{x:.2f}", "y": f"{y + 0.36 * size:.2f}", "text-anchor": ANCHORS[align]}
        style = {"fill": colour, "font-size": f"{size:g}"} | ({"font-weight": "600"} if bold else {})
        self._texts.append((show(text, most=most), place | style))

    def axis(self, scale: Scale, y: float, *, sign: bool = False, most: int = 6, above: float | None = None) -> None:
        """Draw a horizontal axis at a height, with its ticks below and thin lines up to `above`."""
        ticks = scale.ticks(most)
        places = [scale.at(tick) for tick in ticks]
        if above is not None:
            self.lines((((x, above), (x, y)) for x in places), LINE, width=0.5)
        self.lines((((x, y), (x, y + 4)) for x in places), MUTED, width=0.75)
        for x, tick in zip(places, ticks, strict=True):
            self.text(x, y + 13, label(tick, ticks, sign=sign), MUTED, size=11, align="center")
        self.line((scale.start, scale.end), (y, y), MUTED, width=0.75)

    def side_axis(self, scale: Scale, x: float, *, most: int = 4, to: float, sign: bool = False) -> None:
        """Draw a vertical axis at the left, with thin lines to the right end `to`."""
        ticks = scale.ticks(most)
        self.lines((((x, y), (to, y)) for y in map(scale.at, ticks)), LINE, width=0.5)
        for tick in ticks:
            y = scale.at(tick)
            self.text(x - 6, y, label(tick, ticks, sign=sign), MUTED, size=11, align="right")

    def finish(self, *, id: str, title: str, description: str) -> Markup:
        """Return the figure for a page; for the arguments, see `inline`."""
        file = io.BytesIO()
        self._figure.savefig(file, format="svg", metadata={"Date": None})
        return inline(file.getvalue(), self._texts, id=id, title=title, description=description)

    def print_on(self, pages: PdfPages) -> None:
        """Add the figure to a PDF as its next page, as wide and high as the canvas, at 72 pixels to an inch."""
        for text, known in self._texts:
            self._figure.text(
                float(known["x"]) / self.width,
                1 - float(known["y"]) / self.height,
                with_glyphs(text),
                color=known["fill"],
                fontsize=float(known["font-size"]) * PRINTED_SHARE,
                fontweight=int(known.get("font-weight", "400")),
                fontfamily=PRINTED_FONT,
                horizontalalignment=SIDES[known["text-anchor"]],
                verticalalignment="baseline",
                parse_math=False,
                zorder=self._marks + 1,
            )
        pages.savefig(self._figure)  # type: ignore[no-untyped-call]

    def _place(self, mark: Artist) -> None:
        """Draw a mark above all that are there."""
        self._marks += 1
        mark.set_zorder(self._marks)
        self._figure.add_artist(mark)

    def _up(self, y: Sequence[float]) -> list[float]:
        return [self.height - each for each in y]


def with_glyphs(text: str) -> str:
    """Return text in which characters that the font of printed figures lacks are shown by their codes."""
    if text.isascii():
        return text
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont(PRINTED_FONT))
    known = ((each, font.get_char_index(ord(each))) for each in text)
    return "".join(each if index else each.encode("unicode_escape").decode("ascii") for each, index in known)
