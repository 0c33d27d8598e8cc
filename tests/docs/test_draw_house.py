"""The picture of the house shows the imports as they are, each room in its place."""

import itertools

import pytest
from PIL import Image

from docs.draw_house import BOX_HEIGHT, LEFT, PICTURE, WIDTH, arrange, draw, make_drawing, reduce, width_of
from tests.repository.house import MAP, Floor, House, read_house, read_imports

IMPORTS = read_imports()
DRAWING = make_drawing(read_house(MAP.read_text(encoding="utf-8")), IMPORTS)


def test_the_picture_in_the_documentation_is_of_the_imports_as_they_are():
    with Image.open(PICTURE) as image:
        assert image.text["Description"] == str(DRAWING), "draw it again: python -m docs.draw_house"


def test_every_import_is_an_arrow_or_a_path_of_arrows():
    reached = {room: {room} for floor in DRAWING.floors for room in floor}
    for floor in DRAWING.floors:
        for room, target in itertools.product(floor, reached):
            if (room, target) in DRAWING.arrows:
                reached[room] |= reached[target]
    assert {pair for pair in IMPORTS if pair[1] not in reached[pair[0]]} == set(DRAWING.exempt)


@pytest.mark.parametrize(
    ("arrows", "left"),
    [
        ("ab", "ab"),
        ("ab bc ac", "ab bc"),
        ("ab bc cd ad", "ab bc cd"),
        ("ab ac bd cd", "ab ac bd cd"),
        ("ab ac ad bd cd", "ab ac bd cd"),
    ],
)
def test_an_arrow_that_follows_from_others_is_left_out(arrows, left):
    assert reduce({tuple(arrow) for arrow in arrows.split()}) == {tuple(arrow) for arrow in left.split()}


def test_no_box_covers_another_or_crosses_a_wall():
    places, _ = arrange(DRAWING)
    for number, floor in enumerate(DRAWING.floors):
        boxes = sorted((places[room][0] - width_of(DRAWING, room) / 2, width_of(DRAWING, room)) for room in floor)
        assert all(begin + width < after for (begin, width), (after, _) in itertools.pairwise(boxes))
        assert boxes[0][0] > LEFT
        assert sum(boxes[-1]) < LEFT + WIDTH
        assert {places[room][1] for room in floor} == {number + 0.5}


def test_an_arrow_passes_no_box_on_its_way():
    places, passes = arrange(DRAWING)
    for x, y in itertools.chain(*passes.values()):
        for room, place in places.items():
            assert abs(place[1] - y) > BOX_HEIGHT / 2 or abs(place[0] - x) > width_of(DRAWING, room) / 2


def test_the_same_imports_give_the_same_picture():
    floors = Floor(1, "upper", ("run",)), Floor(0, "ground", ("errors", "seeds"))
    imports = {("run", "errors"), ("errors", "seeds"), ("seeds", "run")}
    drawing = make_drawing(House(floors, {}, {}), imports)

    assert drawing.arrows == [("run", "errors")]
    assert drawing.exempt == [("errors", "seeds"), ("seeds", "run")]
    assert draw(drawing) == draw(drawing)
