"""The commit: the state of a folder or a file in git."""

from __future__ import annotations

import subprocess
from pathlib import Path


def trace_commit(folder: Path, *, apart_from: str | None = None) -> tuple[str | None, bool | None]:
    """Return the checked-out commit of the repository that contains a folder, and whether tracked files differ from it.

    Args:
        folder: the folder.
        apart_from: the name of a file in the folder whose differences do not count.

    Returns:
        (None, None) outside a repository or before the first commit.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    paths = [":/", f":(exclude,literal){apart_from}"] if apart_from else []
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", *paths)
    return commit.decode().strip(), None if changes is None else bool(changes.strip())


def committed_content(path: Path) -> bytes | None:
    """Return a file's content in the last commit: empty if it does not contain the file, None outside a repository."""
    if _git(path.parent, "rev-parse", "--is-inside-work-tree") is None:
        return None
    return _git(path.parent, "show", f"HEAD:./{path.name}") or b""


def committed_contents(path: Path) -> dict[str, bytes]:
    """Return a file's content in every commit that changed it, by the commit's hash, newest first.

    Follows first parents: a merged branch counts as its merge commit.
    """
    log = _git(path.parent, "log", "--first-parent", "--format=%H", "--", f"./{path.name}") or b""
    return {commit: _git(path.parent, "show", f"{commit}:./{path.name}") or b"" for commit in log.decode().split()}


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        process = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return process.stdout if process.returncode == 0 else None
