"""The house: the map in docs/architecture.md, and the imports of negres_core as they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "docs" / "architecture.md"
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "negres_core").rglob("*.py"))

OUTSIDE = {"benchmarks", "docs", "fixtures", "tests"}
"""Folders of the repository that negres_core never imports."""
FRAMEWORKS = {"jax", "keras", "tensorflow"}
"""Packages that only the engine imports."""


@dataclass(frozen=True)
class Floor:
    """One floor of the house.

    Attributes:
        number: how high it is; a room imports only rooms on lower floors.
        name: the name of the floor.
        rooms: modules and folders of negres_core, without `.py`.
    """

    number: int
    name: str
    rooms: tuple[str, ...]


@dataclass(frozen=True)
class House:
    """The floors of negres_core, and the exceptions to the rule that imports point down.

    Attributes:
        floors: the floors, the highest first.
        exemptions: the reason for each import that does not point down, by the importing and the imported room. Either
            may be a module in a room, such as "evidence.store"; then only that module is exempt.
        restrictions: for rooms that import less than all that lies below them, the rooms that they may import.
    """

    floors: tuple[Floor, ...]
    exemptions: dict[tuple[str, str], str]
    restrictions: dict[str, frozenset[str]]

    @property
    def rooms(self) -> dict[str, int]:
        """The number of the floor of each room."""
        return {room: floor.number for floor in self.floors for room in floor.rooms}

    def without(self, exemption: tuple[str, str]) -> House:
        """Return the house without one of its exemptions."""
        return replace(self, exemptions={pair: why for pair, why in self.exemptions.items() if pair != exemption})

    def complaints(self, module: str, source: str) -> list[str]:
        """Return what is wrong with the imports of a module.

        Args:
            module: its name inside negres_core, such as "design" or "engine.reference".
            source: its text.
        """
        names = sorted(imported_names(source))
        return [f"{name}: {complaint}" for name in names for complaint in self._complaints(module, name)]

    def _complaints(self, module: str, name: str) -> Iterator[str]:
        floors, room = self.rooms, module.partition(".")[0]
        top, _, inside = name.partition(".")
        target = inside.partition(".")[0] or "__init__"
        if top == "":
            yield "write the import in full"
        elif top in OUTSIDE:
            yield f"negres_core never imports {top}"
        elif top in FRAMEWORKS and room != "engine":
            yield f"only the engine imports {top}; pass plain arrays instead"
        elif top != "negres_core" or target == room or self._is_exempt(module, inside or target):
            return
        elif target not in floors:
            yield "it is on no floor; import the name from the module that defines it"
        elif target not in self.restrictions.get(room, floors):
            yield f"{room} sees only {', '.join(sorted(self.restrictions[room]))}"
        elif floors[target] >= floors[room]:
            yield f"{room} (floor {floors[room]}) may not import {target} (floor {floors[target]})"

    def _is_exempt(self, module: str, name: str) -> bool:
        return any(_contains(room, module) and _contains(target, name) for room, target in self.exemptions)


def read_house(page: str) -> House:
    """Read the map on the page about the architecture: its tables of floors, exemptions and restrictions."""
    floors = [
        Floor(int(number), name.strip("* "), tuple(rooms.replace("`", "").split()))
        for number, name, rooms, _ in _table(page, "floor")
    ]
    exemptions = {(room.strip("`"), target.strip("`")): why for room, target, why in _table(page, "exempt room")}
    restrictions = {
        room.strip("`"): frozenset(seen.replace("`", "").split()) for room, seen, _ in _table(page, "restricted room")
    }
    return House(tuple(floors), exemptions, restrictions)


def imported_names(source: str) -> set[str]:
    """Return the full names that a module imports when it runs, which excludes those under `if TYPE_CHECKING:`."""
    names: set[str] = set()
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            nodes += node.orelse
        else:
            nodes += ast.iter_child_nodes(node)
    return names


def name_of(module: Path) -> str:
    """Return the name of a module inside negres_core, such as "engine.reference"; that of the package is "__init__"."""
    parts = module.with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def room_of(module: Path) -> str:
    """Return the room of a module."""
    return module.with_suffix("").parts[1]


def read_imports() -> set[tuple[str, str]]:
    """Return all pairs of rooms of which the first imports the second."""
    pairs = set()
    for module in MODULES:
        for name in imported_names((ROOT / module).read_text(encoding="utf-8")):
            top, _, inside = name.partition(".")
            pair = room_of(module), inside.partition(".")[0] or "__init__"
            if top == "negres_core" and pair[0] != pair[1]:
                pairs.add(pair)
    return pairs


def _contains(room: str, name: str) -> bool:
    return f"{name}.".startswith(f"{room}.")


def _table(page: str, first_header: str) -> list[list[str]]:
    """Return the rows of the Markdown table whose first column has this header."""
    _, _, after = page.partition(f"\n| {first_header} |")
    rows = []
    for line in after.split("\n")[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    if not rows:
        raise ValueError(f"{MAP.name} has no table with the first column {first_header!r}.")
    return rows
