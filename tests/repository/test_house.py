"""The house: imports point down, every module has its test, no file outgrows one sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "negres_core").rglob("*.py"))
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("negres_core", "fixtures", "benchmarks", "tests", "docs")
    for path in (ROOT / folder).rglob("*.py")
)

# A module, or a package with all its modules, imports the layers below its own.
LAYERS = {
    part: layer
    for layer, parts in enumerate(
        (
            "arrays errors",
            "bisection claim code configuration dataset design fit inputs metrics prospect provenance recipe seeds "
            "smoke statistics verdict",
            "evidence",
            "controls diagnosis engine pictures report",
            "decision experiment foresight progress registration training trials",
            "bisecting cli plugin terminal",
            "__init__",  # the public names are for users: no module imports from it
        )
    )
    for part in parts.split()
}
# The imports inside a layer.
SIDEWAYS = {
    ("bisecting", "plugin"): "what the plugin says of a test's evidence is read",
    ("bisection", "configuration"): "configurations are bisected",
    ("cli", "bisecting"): "a command bisects",
    ("design", "dataset"): "a design cuts a data set",
    ("design", "seeds"): "a fold is derived from a seed",
    ("diagnosis", "controls"): "a diagnosis looks at a run as controls do",
    ("engine", "controls"): "a second look at a model is taken for controls",
    ("experiment", "decision"): "an experiment ends in one",
    ("experiment", "foresight"): "and in what was foreseen",
    ("experiment", "registration"): "after it was registered,",
    ("experiment", "training"): "and trains what it lacks before",
    ("experiment", "trials"): "after it has tried the pipeline",
    ("fit", "metrics"): "a fit may have metrics of its own",
    ("inputs", "dataset"): "inputs are a data set's",
    ("inputs", "design"): "prepared for a cell",
    ("inputs", "recipe"): "the way a recipe says",
    ("metrics", "claim"): "a claim says which metric is meant",
    ("metrics", "dataset"): "and a data set's task which there are",
    ("pictures", "controls"): "pictures are drawn of what was controlled",
    ("plugin", "terminal"): "the plugin speaks on a terminal",
    ("prospect", "claim"): "a claim may be out of reach",
    ("prospect", "design"): "of a design",
    ("prospect", "statistics"): "by its statistics",
    ("recipe", "fit"): "a recipe may end in a fit",
    ("smoke", "dataset"): "a smoke run shrinks the data",
    ("smoke", "design"): "the design",
    ("smoke", "recipe"): "and the recipe,",
    ("smoke", "seeds"): "the same way each time",
    ("trials", "training"): "trials are trained like any run",
    ("verdict", "claim"): "a verdict judges a claim",
    ("verdict", "statistics"): "by its estimate",
}
# A layer that sees less than all below it.
ONLY = {"report": {"errors", "evidence", "statistics"}}
OUTSIDE = {"benchmarks", "fixtures", "tests"}
FRAMEWORKS = {"jax", "keras", "tensorflow"}


def imported(source: str) -> set[str]:
    """The full names that a module imports when it runs; under `if TYPE_CHECKING:` it does not."""
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


def complaints(part: str, source: str) -> list[str]:
    """What is wrong with the imports of a module in one part (module or package) of negres_core."""
    wrong = []
    for name in sorted(imported(source)):
        top, target = [*name.split("."), ""][:2]
        if top == "":
            wrong.append(f"{name}: write the import in full")
        elif top in OUTSIDE:
            wrong.append(f"{name}: negres_core never imports {top}")
        elif top in FRAMEWORKS and part != "engine":
            wrong.append(f"{name}: only the engine touches {top}; pass what you need of it as plain arrays")
        elif top != "negres_core" or target == part:
            continue
        elif target not in LAYERS:
            wrong.append(f"{name}: no layer has it; import a name from the module that defines it")
        elif target not in ONLY.get(part, LAYERS):
            wrong.append(f"{name}: {part} sees only {', '.join(sorted(ONLY[part]))}")
        elif LAYERS[target] >= LAYERS[part] and (part, target) not in SIDEWAYS:
            wrong.append(f"{name}: {part} (layer {LAYERS[part]}) may not import {target} (layer {LAYERS[target]})")
    return wrong


def part_of(module: Path) -> str:
    return module.with_suffix("").parts[1]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_point_down(module):
    part = part_of(module)
    assert part in LAYERS, f"{module} has no layer: give {part!r} one in LAYERS, as low as its imports allow"
    wrong = complaints(part, (ROOT / module).read_text())
    assert not wrong, "\n".join([f"{module} breaks the order of the house", *wrong])


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("statistics", "from negres_core.engine.reference import train"),
        ("statistics", "def late():\n    import negres_core.engine"),
        ("design", "from negres_core import verdict"),
        ("controls", "from negres_core.engine import reference"),
        ("report", "from negres_core.claim import Claim"),
        ("experiment", "from negres_core.plugin import experiment"),
        ("cli", "from negres_core import Recipe"),
        ("engine", "from . import compiled"),
        ("evidence", "import keras.ops"),
        ("plugin", "from fixtures.covertype import load"),
    ],
)
def test_a_planted_import_is_found(part, source):
    assert len(complaints(part, source)) == 1


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("engine", "import keras\nfrom negres_core.engine.reference import train\nfrom negres_core import recipe"),
        ("design", "from negres_core.dataset import Dataset"),
        ("evidence", "if TYPE_CHECKING:\n    from negres_core.engine import reference"),
    ],
)
def test_an_import_that_is_allowed_passes(part, source):
    assert complaints(part, source) == []


@pytest.mark.parametrize(("part", "target"), SIDEWAYS)
def test_no_exemption_outlives_its_import(part, target):
    sources = [(ROOT / module).read_text() for module in MODULES if part_of(module) == part]
    assert any(f"{name}.".startswith(f"negres_core.{target}.") for source in sources for name in imported(source))


@pytest.mark.parametrize("module", [module for module in MODULES if module.stem != "__init__"], ids=str)
def test_every_module_has_its_tests(module):
    mirror = Path("tests", *module.parts[1:-1], f"test_{module.name}")
    assert (ROOT / mirror).is_file(), f"{module} has no tests: write {mirror}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_is_read_in_one_sitting(path):
    lines = len((ROOT / path).read_text().splitlines())
    assert lines < 400, f"{path} has {lines} lines: it holds more than one idea; give each its own file"
