from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import negres_core.pictures
from negres_core.errors import InputError
from negres_core.evidence import Picture
from negres_core.pictures.registry import Rendering, check_module, render_pictures

MODULES = [f"negres_core.pictures.{info.name}" for info in pkgutil.iter_modules(negres_core.pictures.__path__)]


def keep(rendering):
    return Picture(name=rendering.name, caption=rendering.caption, file="pictures/a-00000000.png", sha256="")


def render(run, keep=keep):
    notes = []
    pictures = render_pictures(run, keep=keep, note=notes.append)
    return [picture.name for picture in pictures], notes


@pytest.fixture
def drop_in(tmp_path, monkeypatch):
    """Add a file to the package, for one test only."""

    def drop(name, text):
        tmp_path.joinpath(f"{name}.py").write_text(text)
        monkeypatch.setattr(negres_core.pictures, "__path__", [*negres_core.pictures.__path__, str(tmp_path)])
        monkeypatch.delitem(sys.modules, f"negres_core.pictures.{name}", raising=False)

    return drop


def test_every_picture_in_the_package_is_found_and_rendered(new_run, drop_in):
    drop_in(
        "added",
        "from negres_core.pictures.registry import Rendering\n"
        "NAME = 'added'\n"
        "def render(run):\n    return [Rendering(NAME, f'{len(run.data)} rows', b'')]\n",
    )

    names, notes = render(new_run(fit_pictures={"control": {"a morph": np.zeros((4, 9))}}))

    assert names == ["added", "curve", "control: a morph", "histogram", "originals"]
    assert notes == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NAME = 'broken one'\ndef render(run):\n    raise ValueError('no\\n paper')\n", "broken one"),
        ("raise ValueError('no paper')", "broken_one"),
    ],
    ids=["when rendered", "when imported"],
)
def test_a_picture_that_fails_costs_only_itself_and_the_reason_is_noted(new_run, drop_in, text, name):
    drop_in("broken_one", text)

    names, notes = render(new_run())

    assert names == ["curve", "histogram", "originals"]
    assert notes == [f"the picture {name!r} is missing: ValueError: no paper"]


def test_refuses_a_picture_module_without_a_name(new_run, drop_in):
    drop_in("nameless", "def render(run):\n    return None\n")

    with pytest.raises(InputError) as refused:
        check_module(importlib.import_module("negres_core.pictures.nameless"))

    assert refused.value.wrong == "The picture module negres_core.pictures.nameless is incomplete."
    assert refused.value.received == "a module without NAME"
    assert "Define NAME" in refused.value.remedy
    names, notes = render(new_run())
    assert names == ["curve", "histogram", "originals"]
    assert [note.partition(" Received")[0] for note in notes] == [
        "the picture 'nameless' is missing: InputError: The picture module negres_core.pictures.nameless is incomplete."
    ]


def test_a_picture_that_cannot_be_kept_is_noted_too(new_run):
    def keep_on_full_disk(rendering):
        if rendering.name == "curve":
            raise OSError("no space left")
        return keep(rendering)

    assert render(new_run(), keep_on_full_disk) == (
        ["histogram", "originals"],
        ["the picture 'curve' is missing: OSError: no space left"],
    )


def test_runs_without_images_or_models_render_nothing(new_run):
    classes = new_run()
    labels = type(classes.data)(x=classes.data.x, y=np.arange(12) % 2, name="labels")

    assert render(replace(classes, data=labels)) == ([], [])
    assert render(replace(classes, models=None)) == ([], [])


def test_other_tasks_import_nothing():
    code = (
        "import sys, types; from negres_core.pictures.registry import render_pictures\n"
        "run = types.SimpleNamespace(data=types.SimpleNamespace(task='classification'), models=1)\n"
        "assert render_pictures(run, keep=None, note=print) == []\n"
        "imported = {'matplotlib', 'PIL', 'negres_core.pictures.sheet'} & set(sys.modules)\n"
        "assert not imported, imported"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_graphics_libraries_are_imported_only_for_rendering():
    code = (
        f"import sys, {', '.join(MODULES)}; imported = {{'matplotlib', 'PIL'}} & set(sys.modules); "
        "assert not imported, imported"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_repr_of_a_rendering_leaves_out_its_bytes():
    assert repr(Rendering("a", "b", b"png")) == "Rendering(name='a', caption='b')"
