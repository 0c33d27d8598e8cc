"""Find the modules that render pictures, and keep what they render."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Protocol, runtime_checkable

import negres_core.pictures
from negres_core.errors import InputError
from negres_core.evidence import Picture
from negres_core.run.run import Run


@dataclass(frozen=True)
class Rendering:
    """One picture that was rendered.

    Attributes:
        name: name of the picture.
        caption: what it shows, with its numbers.
        png: a PNG file, the same bytes whenever it is rendered.
    """

    name: str
    caption: str
    png: bytes = field(repr=False)


@runtime_checkable
class PictureModule(Protocol):
    """A module of this package that renders one kind of picture.

    Attributes:
        NAME: name of the picture, or of the kind of pictures.
    """

    NAME: str

    def render(self, run: Run) -> Sequence[Rendering] | None:
        """Return the pictures of a run, or None if there is nothing to show."""


def render_pictures(run: Run, *, keep: Callable[[Rendering], Picture], note: Callable[[str], None]) -> list[Picture]:
    """Render every picture of a run on images, or on labels of pixels. For other runs nothing is rendered or imported.

    A module is for reconstructions unless it names another `TASK`. A picture that fails costs only itself.

    Args:
        run: the trained arms.
        keep: writes a picture, and returns its record.
        note: called with a message if a picture fails.
    """
    if run.data.task not in ("reconstruction", "segmentation") or run.data.y.ndim != 4 or run.models is None:
        return []
    pictures: list[Picture] = []
    # Each module is imported by itself: one that cannot be imported costs only its own picture.
    for name in sorted(info.name for info in pkgutil.iter_modules(negres_core.pictures.__path__)):
        label = name
        try:
            module = importlib.import_module(f"{negres_core.pictures.__name__}.{name}")
            if not hasattr(module, "render") or getattr(module, "TASK", "reconstruction") != run.data.task:
                continue
            picture_module = check_module(module)
            label = picture_module.NAME
            for rendering in picture_module.render(run) or ():
                pictures.append(keep(rendering))
        except Exception as error:  # no failure of a picture may cost the verdict
            note(f"the picture {label!r} is missing: {type(error).__name__}: {' '.join(str(error).split())}")
    return pictures


def check_module(module: ModuleType) -> PictureModule:
    """Return a module that defines `render`, as a `PictureModule`.

    Raises:
        InputError: it lacks another name of `PictureModule`.
    """
    if not isinstance(module, PictureModule):
        raise InputError(
            f"The picture module {module.__name__} is incomplete.",
            received="a module without NAME",
            remedy="Define NAME, the name of its picture, as a string.",
        )
    return module
