"""The house: imports point down, every module has its test, no file is too long to read in one sitting."""

from pathlib import Path

import pytest

from tests.repository.house import MAP, MODULES, ROOT, name_of, read_house, room_of

HOUSE = read_house(MAP.read_text(encoding="utf-8"))
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("negres_core", "fixtures", "benchmarks", "tests", "docs")
    for path in (ROOT / folder).rglob("*.py")
)
MOST_EXEMPTIONS = 16
MOST_LINES = 400


def read(module):
    return (ROOT / module).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_point_down(module):
    room = room_of(module)
    assert room in HOUSE.rooms, f"{module} is on no floor: put `{room}` into the map of {MAP.name}, as low as it can be"
    complaints = HOUSE.complaints(name_of(module), read(module))
    assert not complaints, "\n".join([f"{module} breaks the order of the house", *complaints])


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("statistics.estimate", "from negres_core.engine.reference import train"),
        ("statistics.estimate", "def late():\n    import negres_core.engine"),
        ("design", "from negres_core import verdict"),
        ("controls.finite", "from negres_core.engine import reference"),
        ("diagnosis.rounded", "from negres_core.controls.saturation import check"),
        ("evidence.store", "from negres_core.report.words import render"),
        ("bisection.search", "from negres_core.evidence import Store"),
        ("provenance.commit", "from negres_core.arms.recipe import Recipe"),
        ("run", "from negres_core.controls.registry import run_controls"),
        ("report.table", "from negres_core.claim import Claim"),
        ("experiment.training", "from negres_core.session.progress import show_progress"),
        ("session.fixture", "from negres_core.plugin import experiment"),
        ("cli", "from negres_core import Recipe"),
        ("cli", "import negres_core"),
        ("engine.compiled", "from . import program"),
        ("evidence.store", "import keras.ops"),
        ("plugin", "from fixtures.covertype import load"),
    ],
)
def test_a_planted_import_is_found(module, source):
    assert len(HOUSE.complaints(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "engine.compiled",
            "import keras\nfrom negres_core.engine.reference import train\nfrom negres_core.arms import recipe",
        ),
        ("design", "from negres_core.dataset import Dataset"),
        ("evidence.evidence", "def late():\n    from negres_core.report.words import render"),
        ("evidence.store", "if TYPE_CHECKING:\n    from negres_core.engine import reference"),
    ],
)
def test_an_import_that_is_allowed_passes(module, source):
    assert HOUSE.complaints(module, source) == []


def test_the_map_has_every_room_once_and_no_other():
    rooms = [room for floor in HOUSE.floors for room in floor.rooms]
    assert sorted(rooms) == sorted({room_of(module) for module in MODULES})


def test_floors_are_numbered_from_the_top_to_the_ground():
    assert [floor.number for floor in HOUSE.floors] == list(range(len(HOUSE.floors)))[::-1]


@pytest.mark.parametrize("exemption", HOUSE.exemptions, ids=" imports ".join)
def test_no_exemption_outlives_its_import(exemption):
    stricter = HOUSE.without(exemption)
    assert any(stricter.complaints(name_of(module), read(module)) for module in MODULES)


def test_exemptions_are_few_and_each_reason_is_a_sentence():
    assert len(HOUSE.exemptions) <= MOST_EXEMPTIONS
    for why in HOUSE.exemptions.values():
        assert why[0].isupper()
        assert why.endswith(".")


@pytest.mark.parametrize("room", HOUSE.restrictions)
def test_no_restriction_is_wider_than_its_room_needs(room):
    sources = [read(module) for module in MODULES if room_of(module) == room]
    for target in HOUSE.restrictions[room]:
        assert any(f"negres_core.{target}" in source for source in sources)


def test_a_page_without_a_map_is_an_error():
    with pytest.raises(ValueError, match="no table with the first column 'floor'"):
        read_house("# Architecture\n\nNo map here.\n")


@pytest.mark.parametrize("module", [module for module in MODULES if module.stem != "__init__"], ids=str)
def test_every_module_has_its_tests(module):
    mirror = Path("tests", *module.parts[1:-1], f"test_{module.name}")
    assert (ROOT / mirror).is_file(), f"{module} has no tests: write {mirror}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_can_be_read_in_one_sitting(path):
    lines = len(read(path).splitlines())
    assert lines < MOST_LINES, f"{path} has {lines} lines: it holds more than one idea; give each its own file"
