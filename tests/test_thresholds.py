"""Every shared threshold is shared: by a control, and by a signature or the symptoms that signatures see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from negres_core import thresholds

PACKAGE = Path(thresholds.__file__).parent
NAMES = [name for name in vars(thresholds) if name.isupper()]


def names_imported_in(room):
    """Return the thresholds that the modules of a room import."""
    nodes = [node for path in (PACKAGE / room).glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    imports = [each for each in nodes if isinstance(each, ast.ImportFrom) and each.module == "negres_core.thresholds"]
    return {alias.name for each in imports for alias in each.names}


@pytest.mark.parametrize("name", NAMES)
def test_a_threshold_is_used_by_a_control_and_by_the_diagnosis(name):
    assert name in names_imported_in("controls")
    assert name in names_imported_in("diagnosis")


def test_there_are_thresholds():
    assert len(NAMES) > 5
