"""Draw docs/house.png, the rooms of negres_core and the imports between them, by `python -m docs.draw_house`."""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path as Curve
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from scipy.optimize import isotonic_regression

from tests.repository.house import MAP, ROOT, House, read_house, read_imports

PICTURE = Path(__file__).with_name("house.png")

Room = str
Arrow = tuple[Room, Room]
Point = tuple[float, float]

FLOOR_HEIGHT, BOX_HEIGHT, GAP, LANE = 1.0, 0.44, 0.26, 0.2
"""Height of a floor and of a box, and the least distance between boxes and between arrows that pass a floor, inches."""
LEFT, WIDTH, MARGIN = 2.1, 17.2, 0.25
"""Width of the column of floor names, of the house, and of the space beside it, inches."""
CENTRE = LEFT + WIDTH / 2
INCH_PX = 130
SWEEPS = 40
"""Rounds in which each floor is ordered by its neighbours, to find the order with the fewest crossings."""
FLOOR_COLOURS = ("#5b6770", "#2f6f8f", "#2f7f79", "#4d8f5b", "#86923f", "#b8862d", "#c4652f", "#b24a4a", "#94497c",
                  "#68538f", "#4b5b94")  # fmt: skip
"""Colours of the floors, from the ground up."""
ARROW_COLOUR, EXEMPT_COLOUR, WALL_COLOUR = "#8d979e", "#c1392b", "#d9dde0"


@dataclass(frozen=True)
class Drawing:
    """The contents of the picture.

    Attributes:
        floors: the rooms of each floor, the ground first.
        names: the name of each floor.
        folders: the rooms that are folders.
        arrows: imports that point down, without those that follow from others.
        exempt: imports that do not point down.
    """

    floors: Sequence[Sequence[Room]]
    names: Sequence[str]
    folders: Collection[Room]
    arrows: Sequence[Arrow]
    exempt: Sequence[Arrow]

    def __str__(self) -> str:
        floors = [f"floor {number}: {' '.join(sorted(rooms))}" for number, rooms in enumerate(self.floors)]
        arrows = [f"{room} imports {target}" for room, target in [*self.arrows, *self.exempt]]
        return "\n".join([*floors, *arrows])

    def floor_of(self, room: Room) -> int:
        """Return the number of a room's floor."""
        return next(number for number, rooms in enumerate(self.floors) if room in rooms)


def make_drawing(house: House, imports: Collection[Arrow]) -> Drawing:
    """Return what to draw of a house with these imports between its rooms."""
    floors = sorted(house.floors, key=lambda floor: floor.number)
    number = house.rooms
    down = {pair for pair in imports if number[pair[1]] < number[pair[0]]}
    return Drawing(
        floors=[floor.rooms for floor in floors],
        names=[floor.name for floor in floors],
        folders={room for room in number if (ROOT / "negres_core" / room).is_dir()},
        arrows=sorted(reduce(down)),
        exempt=sorted(set(imports) - down),
    )


def reduce(arrows: Collection[Arrow]) -> set[Arrow]:
    """Leave out each arrow whose end is also reached by a path of other arrows."""
    below: dict[Room, set[Room]] = {}
    for room, target in arrows:
        below.setdefault(room, set()).add(target)

    def reached(room: Room) -> set[Room]:
        return {room}.union(*(reached(target) for target in below.get(room, ())))

    return {
        (room, target)
        for room, target in arrows
        if not any(target in reached(other) for other in below[room] - {target})
    }


def draw(drawing: Drawing) -> bytes:
    """Return the picture as a PNG file, with the drawing in words as its description."""
    settings = {"font.family": "DejaVu Sans", "text.parse_math": False}
    with style.context(["default", settings]):
        width, height = LEFT + WIDTH + MARGIN, FLOOR_HEIGHT * (len(drawing.floors) + 1)
        figure = Figure(figsize=(width, height), dpi=INCH_PX)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(-0.1, height - 0.1))
        axes.axis("off")
        _draw_floors(axes, drawing)
        places, lanes = arrange(drawing)
        for arrow in drawing.arrows:
            _draw_arrow(axes, drawing, places, lanes[arrow], arrow)
        for arrow in drawing.exempt:
            _draw_exempt(axes, drawing, places, arrow)
        for room, place in places.items():
            _draw_room(axes, drawing, room, place)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    description = PngInfo()
    description.add_text("Description", str(drawing))
    file = io.BytesIO()
    # A palette makes the file a third as large.
    Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE).save(
        file, "PNG", optimize=True, pnginfo=description
    )
    return file.getvalue()


def arrange(drawing: Drawing) -> tuple[dict[Room, Point], dict[Arrow, list[Point]]]:
    """Return the place of each room, and for each arrow the places where it passes the floors between its ends.

    Floors are ordered by the barycentre of their neighbours, as in the method of Sugiyama, and then moved sideways as
    close to their neighbours as the boxes allow.
    """
    rows: list[list[str]] = [list(rooms) for rooms in drawing.floors]
    floor_of = {room: number for number, rooms in enumerate(drawing.floors) for room in rooms}
    links: list[tuple[str, str]] = []
    passes: dict[Arrow, list[str]] = {}
    for room, target in drawing.arrows:
        names = [f"{room}>{target}>{number}" for number in range(floor_of[room] - 1, floor_of[target], -1)]
        passes[room, target] = names
        for number, name in zip(range(floor_of[room] - 1, floor_of[target], -1), names, strict=True):
            rows[number].append(name)
        chain = [room, *names, target]
        links += itertools.pairwise(chain)
    rows = _order(rows, links)
    x = _spread(rows, links, drawing)
    y = {name: (number + 0.5) * FLOOR_HEIGHT for number, row in enumerate(rows) for name in row}
    places = {room: (x[room], y[room]) for room in floor_of}
    return places, {arrow: [(x[name], y[name]) for name in names] for arrow, names in passes.items()}


def _order(rows: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Return the order of each row with the fewest crossings of links that a number of sweeps finds."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(SWEEPS):
        rows = [list(row) for row in rows]
        downwards = sweep % 2 == 0
        for number in range(len(rows) - 1, -1, -1) if downwards else range(len(rows)):
            place = {name: index / len(row) for row in rows for index, name in enumerate(row)}
            neighbours = _neighbours(links, above=downwards)
            rows[number].sort(key=lambda name: np.mean([place[each] for each in neighbours.get(name, [name])]))
        if (crossings := _crossings(rows, links)) < fewest:
            best, fewest = rows, crossings
    return best


def _neighbours(links: Sequence[tuple[str, str]], *, above: bool) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for upper, lower in links:
        name, other = (lower, upper) if above else (upper, lower)
        neighbours.setdefault(name, []).append(other)
    return neighbours


def _crossings(rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]) -> int:
    place = {name: (number, index) for number, row in enumerate(rows) for index, name in enumerate(row)}
    ends = [(place[upper][0], place[upper][1], place[lower][1]) for upper, lower in links]
    return sum(
        one[0] == other[0] and (one[1] - other[1]) * (one[2] - other[2]) < 0
        for index, one in enumerate(ends)
        for other in ends[:index]
    )


def _spread(rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], drawing: Drawing) -> dict[str, float]:
    """Return the horizontal place of each name: near its neighbours, in the order of its row, without overlap."""
    rooms = {room for floor in drawing.floors for room in floor}
    both = [_neighbours(links, above=True), _neighbours(links, above=False)]
    offsets, x = [], {}
    for row in rows:
        widths = [width_of(drawing, name) + GAP if name in rooms else LANE for name in row]
        offset = np.concatenate([[0], np.cumsum([(a + b) / 2 for a, b in itertools.pairwise(widths)])])
        offsets.append(offset)
        x |= dict(zip(row, offset - offset[-1] / 2, strict=True))
    limit = WIDTH / 2 - 0.3
    for step in range(200):
        for row, offset in zip(rows[:: 1 - 2 * (step % 2)], offsets[:: 1 - 2 * (step % 2)], strict=True):
            wanted = [
                np.mean([x[other] for neighbours in both for other in neighbours.get(name, [])] or [0.0])
                for name in row
            ]
            weights = [4.0 if name in rooms else 1.0 for name in row]
            moved = isotonic_regression(np.array(wanted) - offset, weights=weights).x + offset
            low = -limit + (width_of(drawing, row[0]) / 2 if row[0] in rooms else 0)
            high = limit - (width_of(drawing, row[-1]) / 2 if row[-1] in rooms else 0)
            slack = np.clip(moved - offset, low - offset[0], high - offset[-1])
            x |= dict(zip(row, slack + offset, strict=True))
    return {name: CENTRE + float(value) for name, value in x.items()}


def _label(drawing: Drawing, room: Room) -> str:
    return f"{room}/" if room in drawing.folders else f"{room}.py"


def width_of(drawing: Drawing, room: Room) -> float:
    """Return the width of a room's box, inches."""
    return 0.113 * len(_label(drawing, room)) + 0.3


def _draw_floors(axes: Axes, drawing: Drawing) -> None:
    top = FLOOR_HEIGHT * len(drawing.floors)
    roof = [(LEFT - 0.2, top), (CENTRE, top + 0.8), (LEFT + WIDTH + 0.2, top)]
    axes.add_patch(Polygon(roof, facecolor="#eceff1", edgecolor=WALL_COLOUR, linewidth=1.5))
    axes.text(CENTRE, top + 0.3, "negres_core", ha="center", va="center", fontsize=16, weight="bold", color="#20262a")
    for number, name in enumerate(drawing.names):
        colour = "#ffffff" if number % 2 else "#f6f7f8"
        corner = LEFT, number * FLOOR_HEIGHT
        axes.add_patch(Rectangle(corner, WIDTH, FLOOR_HEIGHT, facecolor=colour, edgecolor=WALL_COLOUR))
        middle = (number + 0.5) * FLOOR_HEIGHT
        axes.text(0.42, middle, str(number), ha="right", va="center", fontsize=16, color=FLOOR_COLOURS[number],
                  weight="bold")  # fmt: skip
        axes.text(0.58, middle, name, ha="left", va="center", fontsize=12.5, color="#3a4248")


def _draw_room(axes: Axes, drawing: Drawing, room: Room, place: Point) -> None:
    colour, width = FLOOR_COLOURS[drawing.floor_of(room)], width_of(drawing, room)
    is_folder = room in drawing.folders
    corner = place[0] - width / 2, place[1] - BOX_HEIGHT / 2
    shape = "round,pad=0,rounding_size=0.08"
    face = colour if is_folder else "#ffffff"
    axes.add_patch(
        FancyBboxPatch(corner, width, BOX_HEIGHT, shape, facecolor=face, edgecolor=colour, linewidth=1.6, zorder=3)
    )
    text = "#ffffff" if is_folder else "#20262a"
    axes.text(*place, _label(drawing, room), ha="center", va="center_baseline", fontsize=12.5, color=text, zorder=4)


def _draw_arrow(
    axes: Axes, drawing: Drawing, places: Mapping[Room, Point], lanes: Sequence[Point], arrow: Arrow
) -> None:
    (x0, y0), (x1, y1) = places[arrow[0]], places[arrow[1]]
    points = [(x0, y0 - BOX_HEIGHT / 2)]
    for x, y in lanes:
        points += [(x, y + BOX_HEIGHT / 2), (x, y - BOX_HEIGHT / 2)]
    points.append((x1, y1 + BOX_HEIGHT / 2))
    vertices, codes = [points[0]], [Curve.MOVETO]
    for index in range(0, len(points) - 1, 2):
        (ax, ay), (bx, by) = points[index], points[index + 1]
        middle = (ay + by) / 2
        vertices += [(ax, middle), (bx, middle), (bx, by)]
        codes += [Curve.CURVE4] * 3
        if index + 2 < len(points):
            vertices.append(points[index + 2])
            codes.append(Curve.LINETO)
    _add_curve(axes, vertices, codes, color=FLOOR_COLOURS[drawing.floor_of(arrow[0])], alpha=0.75)


def _draw_exempt(axes: Axes, drawing: Drawing, places: Mapping[Room, Point], arrow: Arrow) -> None:
    """Draw an import that does not point down: over the boxes of its floor, up to the next ones, or along a wall."""
    (x0, y0), (x1, y1) = places[arrow[0]], places[arrow[1]]
    half0, half1 = width_of(drawing, arrow[0]) / 2, width_of(drawing, arrow[1]) / 2
    if y0 == y1:
        side = 1 if x1 > x0 else -1
        start, end, high = x0 + side * half0 * 0.5, x1 - side * half1 * 0.5, y0 + BOX_HEIGHT
        vertices = [(start, y0 + BOX_HEIGHT / 2), (start, high), (end, high), (end, y0 + BOX_HEIGHT / 2)]
        codes = [Curve.MOVETO, *[Curve.CURVE4] * 3]
    elif y1 - y0 <= 2 * FLOOR_HEIGHT:
        side = max(
            (-0.6, 0.6), key=lambda side: _clearance(drawing, places, (x0 + side * half0, x1 + side * half1), y0, y1)
        )
        start, end = (x0 + side * half0, y0 + BOX_HEIGHT / 2), (x1 + side * half1, y1 - BOX_HEIGHT / 2)
        bend = 0.6 * (end[1] - start[1])
        vertices = [start, (start[0], start[1] + bend), (end[0], end[1] - bend), end]
        codes = [Curve.MOVETO, *[Curve.CURVE4] * 3]
    else:
        wall = LEFT + 0.15
        start, end = x0 - half0, x1 - half1
        vertices = [
            (start, y0),
            (wall, y0),
            (wall, y0 + 0.5),
            (wall, y1 - 0.5),
            (wall, y1),
            (wall + 0.6, y1),
            (end, y1),
        ]
        codes = [Curve.MOVETO, Curve.CURVE3, Curve.CURVE3, Curve.LINETO, Curve.CURVE3, Curve.CURVE3, Curve.LINETO]
    _add_curve(axes, vertices, codes, color=EXEMPT_COLOUR, linestyle=(0, (4, 2.5)))


def _clearance(
    drawing: Drawing, places: Mapping[Room, Point], ends: Collection[float], lowest: float, highest: float
) -> float:
    """Return how far the boxes between two floors are from the middle between two ends."""
    middle = float(np.mean(list(ends)))
    between = [(room, x) for room, (x, y) in places.items() if lowest < y < highest]
    return min((abs(x - middle) - width_of(drawing, room) / 2 for room, x in between), default=0.0)


def _add_curve(axes: Axes, vertices: list[Point], codes: list[int], **looks: Any) -> None:
    arrow = FancyArrowPatch(path=Curve(vertices, codes), arrowstyle="-|>,head_length=5,head_width=2.6", **looks)
    arrow.set(linewidth=1.3, zorder=2, capstyle="round")
    axes.add_patch(arrow)


def main() -> None:
    """Draw the house."""
    PICTURE.write_bytes(draw(make_drawing(read_house(MAP.read_text(encoding="utf-8")), read_imports())))


if __name__ == "__main__":
    main()
