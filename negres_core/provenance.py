"""Where a number came from: commit, packages, machine."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PACKAGES = ("negres", "keras", "tensorflow", "tensorflow-cpu", "jax", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Provenance:
    """What was running.

    Attributes:
        commit: hash of the checked-out commit, or None outside a repository.
        dirty: whether tracked files differed from it, or None outside a repository.
        packages: versions of the packages that bear on numbers, as far as they are installed.
        python: the interpreter's version.
        platform: operating system and architecture.
        backend: Keras' backend.
        device: the processor that trained.
        driver: the GPU driver's version, or None.
    """

    commit: str | None
    dirty: bool | None
    packages: dict[str, str]
    python: str
    platform: str
    backend: str
    device: str
    driver: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


def trace_provenance(folder: Path, *, backend: str, device: str) -> Provenance:
    """Describe this process, and the repository that holds a folder."""
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no") if commit else None
    driver = Path("/sys/module/nvidia/version")
    return Provenance(
        commit=commit,
        dirty=None if changes is None else bool(changes),
        packages=dict(_versions()),
        python=platform.python_version(),
        platform=platform.platform(),
        backend=backend,
        device=device,
        driver=driver.read_text().strip() if driver.is_file() else None,
    )


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        ran = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None
