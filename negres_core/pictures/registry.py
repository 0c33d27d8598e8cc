"""What a picture is, and how all of them are found and drawn."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field

import negres_core.pictures
from negres_core.evidence import Picture
from negres_core.run import Run


@dataclass(frozen=True)
class Rendering:
    """One picture that was drawn.

    Attributes:
        name: what it is called.
        caption: what it shows, with its numbers.
        png: a PNG file, the same bytes whenever it is drawn.
    """

    name: str
    caption: str
    png: bytes = field(repr=False)


def render_pictures(run: Run, *, keep: Callable[[Rendering], Picture], note: Callable[[str], None]) -> list[Picture]:
    """Draw every picture of a run that reconstructs images; of another nothing is drawn, nor imported.

    A picture is a module of this package with `render(run) -> Sequence[Rendering] | None`; None where it does not apply.
    One that fails costs nothing but itself.

    Args:
        run: what was trained.
        keep: writes a picture.
        note: told of each one that fails, and why.
    """
    if run.data.task != "reconstruction" or run.models is None:
        return []
    package, pictures = negres_core.pictures, []
    for name in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        try:
            module = importlib.import_module(f"{package.__name__}.{name}")
            for rendering in module.render(run) or () if hasattr(module, "render") else ():
                pictures.append(keep(rendering))
        except Exception as error:  # whatever it is, the verdict stands
            note(f"the picture {name!r} is missing: {type(error).__name__}: {' '.join(str(error).split())}")
    return pictures
