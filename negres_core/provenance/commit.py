"""Where a number came from: commit, packages, machine."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PACKAGES = ("negres", "keras", "tensorflow", "tensorflow-cpu", "jax", "numpy", "scikit-learn", "scipy")
ANALYSIS = (
    "claim.py",
    "controls/*.py",
    "decision.py",
    "design.py",
    "metrics.py",
    "seeds.py",
    "statistics/*.py",
    "verdict.py",
)
"""The modules whose code is part of what is registered; the engines answer for theirs by their contract's version."""


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
    commit, dirty = trace_commit(folder)
    driver = Path("/sys/module/nvidia/version")
    return Provenance(
        commit=commit,
        dirty=dirty,
        packages=dict(_versions()),
        python=platform.python_version(),
        platform=platform.platform(),
        backend=backend,
        device=device,
        driver=driver.read_text().strip() if driver.is_file() else None,
    )


def trace_commit(folder: Path, *, apart_from: str | None = None) -> tuple[str | None, bool | None]:
    """Return the checked-out commit of the repository that holds a folder, and whether tracked files differ from it.

    Args:
        folder: the folder.
        apart_from: the name of a file in it whose differences do not count.

    Returns:
        Two times None outside a repository, and where nothing was committed yet.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    paths = [":/", f":(exclude,literal){apart_from}"] if apart_from else []
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", *paths)
    return commit.decode().strip(), None if changes is None else bool(changes.strip())


def committed_content(path: Path) -> bytes | None:
    """Return a file's content in the last commit, empty where it has none there, or None outside a repository."""
    if _git(path.parent, "rev-parse", "--is-inside-work-tree") is None:
        return None
    return _git(path.parent, "show", f"HEAD:./{path.name}") or b""


def committed_contents(path: Path) -> dict[str, bytes]:
    """Return a file's content in every commit that changed it, by the commit's hash, newest first.

    Of a merged branch the merge counts alone, not what was before it.
    """
    log = _git(path.parent, "log", "--first-parent", "--format=%H", "--", f"./{path.name}") or b""
    return {commit: _git(path.parent, "show", f"{commit}:./{path.name}") or b"" for commit in log.decode().split()}


def digest_analysis() -> str:
    """Digest the source of all that comes from replicates to a verdict, and of what cuts the folds."""
    here = Path(__file__).parent
    paths = {path for pattern in ANALYSIS for path in here.glob(pattern)}
    digest = hashlib.sha256()
    for path in sorted(path.relative_to(here).as_posix() for path in paths):
        digest.update(f"{path}\0{(here / path).read_text(encoding='utf-8')}\0".encode())
    return digest.hexdigest()


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        ran = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return ran.stdout if ran.returncode == 0 else None
