from __future__ import annotations

import pkgutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import negres_core.pictures
from negres_core.evidence import Picture
from negres_core.pictures.registry import Rendering, render_pictures

MODULES = [f"negres_core.pictures.{info.name}" for info in pkgutil.iter_modules(negres_core.pictures.__path__)]


def keep(drawing):
    return Picture(name=drawing.name, caption=drawing.caption, file="pictures/a-00000000.png", sha256="")


def drawn(run, keep=keep):
    notes = []
    pictures = render_pictures(run, keep=keep, note=notes.append)
    return [picture.name for picture in pictures], notes


@pytest.fixture
def drop_in(tmp_path, monkeypatch):
    """Drop a file into the package, for this test alone."""

    def drop(name, text):
        tmp_path.joinpath(f"{name}.py").write_text(text)
        monkeypatch.setattr(negres_core.pictures, "__path__", [*negres_core.pictures.__path__, str(tmp_path)])
        monkeypatch.delitem(sys.modules, f"negres_core.pictures.{name}", raising=False)

    return drop


def test_every_picture_is_found_by_its_place_and_drawn(new_run, drop_in):
    drop_in(
        "added",
        "from negres_core.pictures.registry import Rendering\n"
        "def render(run):\n    return [Rendering('added', f'{len(run.data)} rows', b'')]\n",
    )

    names, notes = drawn(new_run(drawings={"control": {"a morph": np.zeros((4, 9))}}))

    assert names == ["added", "curve", "control: a morph", "histogram", "originals"]
    assert notes == []


@pytest.mark.parametrize(
    "fault", ["def render(run):\n    raise ValueError('no\\n paper')\n", "raise ValueError('no paper')"]
)
def test_a_picture_that_fails_costs_itself_alone_and_says_why(new_run, drop_in, fault):
    drop_in("broken_one", fault)

    names, notes = drawn(new_run())

    assert names == ["curve", "histogram", "originals"]
    assert notes == ["the picture 'broken_one' is missing: ValueError: no paper"]


def test_a_picture_that_cannot_be_kept_is_noted_too(new_run):
    def full(drawing):
        if drawing.name == "curve":
            raise OSError("no space left")
        return keep(drawing)

    assert drawn(new_run(), full) == (
        ["histogram", "originals"],
        ["the picture 'curve' is missing: OSError: no space left"],
    )


def test_what_is_no_image_is_not_drawn(new_run):
    classes = new_run()
    labels = type(classes.data)(x=classes.data.x, y=np.arange(12) % 2, name="labels")

    assert drawn(replace(classes, data=labels)) == ([], [])
    assert drawn(replace(classes, models=None)) == ([], [])


def test_of_another_task_nothing_is_imported():
    code = (
        "import sys, types; from negres_core.pictures.registry import render_pictures\n"
        "run = types.SimpleNamespace(data=types.SimpleNamespace(task='classification'), models=1)\n"
        "assert render_pictures(run, keep=None, note=print) == []\n"
        "found = {'matplotlib', 'PIL', 'negres_core.pictures.sheet'} & set(sys.modules)\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_module_imports_a_library_of_graphics_until_it_draws():
    code = (
        f"import sys, {', '.join(MODULES)}; found = {{'matplotlib', 'PIL'}} & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_drawing_is_shown_without_its_bytes():
    assert repr(Rendering("a", "b", b"png")) == "Rendering(name='a', caption='b')"
