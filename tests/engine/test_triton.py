"""Triton is imported before TensorFlow, and nothing changes where one of them is missing."""

from __future__ import annotations

import importlib
import sys

import pytest

from negres_core.engine.triton import import_triton_first


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder on the import path, without TensorFlow and Triton that were imported or are waited for."""
    for name in imported():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [each for each in sys.meta_path if "negres" not in type(each).__module__])
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    write(tmp_path / "tensorflow.py", "import sys\nfound = 'triton._C.libtriton' in sys.modules")
    return tmp_path


def imported():
    """Return the names of the imported modules of both packages."""
    return [name for name in sys.modules if name.partition(".")[0] in ("tensorflow", "triton")]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def with_triton(folder, text=""):
    for name in ("__init__.py", "_C/__init__.py"):
        write(folder / "triton" / name, "")
    write(folder / "triton" / "_C" / "libtriton.py", text)


def found_by_tensorflow():
    try:
        return importlib.import_module("tensorflow").found
    finally:
        for name in imported():
            del sys.modules[name]


def test_tensorflow_finds_triton_imported(packages):
    with_triton(packages)
    import_triton_first()
    assert found_by_tensorflow()


@pytest.mark.parametrize("text", [None, "raise ImportError('no driver')"], ids=["not installed", "cannot be imported"])
def test_tensorflow_is_imported_without_triton(packages, text):
    write(packages / "triton.py", "raise ImportError('it is not here')")
    if text is not None:
        (packages / "triton.py").unlink()
        with_triton(packages, text)
    import_triton_first()
    assert not found_by_tensorflow()


def test_it_is_arranged_once_and_done_once(packages):
    before = len(sys.meta_path)
    import_triton_first()
    import_triton_first()
    assert len(sys.meta_path) == before + 1
    found_by_tensorflow()
    assert len(sys.meta_path) == before


def test_nothing_is_arranged_once_tensorflow_is_imported(packages, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    before = list(sys.meta_path)
    import_triton_first()
    assert sys.meta_path == before
