"""`negres new`: a claim to start from, with the settings of pytest and the workflow that it needs."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from negres_core.commands.settings import settings_of_pytest
from negres_core.errors import InputError, show

if TYPE_CHECKING:
    import pytest

TEXT = "write an example claim to start from, which runs as it is, and a CI workflow for it"

LEDGER = "negres-ledger.jsonl"
SETTINGS = f"""[pytest]
# The ledger of registered hypotheses: commit it. Evidence is in .negres/ beside this file.
negres_ledger = {LEDGER}
"""
IGNORED = ".negres/\n__pycache__/\n"
WORKFLOW = "hypotheses.yml"

MOST_CHARACTERS = 100
"""Most characters of a name: file systems have a limit."""
_NAME = re.compile(r"_*[A-Za-z][A-Za-z0-9_]*")

_SECTIONS = {"pyproject.toml": "[tool.pytest.ini_options]", "setup.cfg": "[tool:pytest]"}
"""Where the settings of pytest are in a file that also has those of other tools."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    text = "the claim in words joined by underscores, such as dropout_helps: it names the file and the test"
    command.add_argument("name", metavar="NAME", help=text)


def run(options: argparse.Namespace) -> int:
    """Write the files that are missing, and print what to do next; return the exit status.

    Raises:
        InputError: the name cannot be that of a test, its file exists, or a file cannot be written. Then nothing is
            written.
    """
    name = check_name(options.name)
    here = Path.cwd()
    project = project_of(here)
    settings = settings_of_pytest(options)
    # Settings above the project are another project's, such as those of a home folder.
    own = settings.inipath if settings.inipath and settings.inipath.is_relative_to(project) else None
    test = (_test_folder(settings, here) if own else here) / f"test_{name}.py"
    if test.exists() or test.is_symlink():
        raise _exists(test)
    workflow = project / ".github" / "workflows" / WORKFLOW
    texts = {test: Template(_read("claim.txt")).substitute(name=name, words=name.replace("_", " ").strip())}
    others = {workflow: _read(WORKFLOW), project / ".gitignore": IGNORED}
    if own is None:
        others[project / "pytest.ini"] = SETTINGS
    missing = {path: text for path, text in others.items() if not (path.exists() or path.is_symlink())}
    write_all(texts | missing)
    for path in texts | others:
        _print("wrote" if path in texts | missing else "kept", _shown(path, here))
    for line in _to_do(project, own, here):
        _print("to do", line)
    shown = shlex.quote(_shown(test, here))
    _print("next", f"pytest {shown} --negres-smoke")
    _print("then", f"pytest {shown}")
    return 0


def check_name(name: str) -> str:
    """Return the name of a claim.

    Raises:
        InputError: it cannot be a part of the name of a Python function, or begins with "test_".
    """
    if not _NAME.fullmatch(name) or len(name) > MOST_CHARACTERS:
        raise InputError(
            "This cannot be the name of a test.",
            received=repr(name),
            remedy="Join words by underscores, as in dropout_helps: ASCII letters, digits and underscores, a letter "
            f"first, {MOST_CHARACTERS} characters at most.",
        )
    if name.lower().startswith("test_"):
        raise InputError(
            "The name must not begin with test_, which is added to the file and the test.",
            received=repr(name),
            remedy=f"Leave it out: negres new {name[5:] or 'dropout_helps'}",
        )
    return name


def project_of(folder: Path) -> Path:
    """Return the top folder of the Git repository that a folder is in; the folder itself if it is in none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def write_all(texts: Mapping[Path, str]) -> None:
    """Write new files, all of them or none, with the folders that they need.

    Args:
        texts: the text of each file.

    Raises:
        InputError: a file exists, or cannot be written.
    """
    made: list[Path] = []
    try:
        for path, text in texts.items():
            folders = [each for each in path.parents if not each.exists()]
            for folder in reversed(folders):
                folder.mkdir()
                made.append(folder)
            # The mode refuses a file that exists by now, also as a link.
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for each in reversed(made):
            with suppress(OSError):  # the first error is the one to report
                each.rmdir() if each.is_dir() else each.unlink()
        if isinstance(error, FileExistsError):
            raise _exists(path) from error
        raise InputError(
            f"A file cannot be written ({error.strerror}), so nothing was written.",
            received=str(path),
            remedy="Make the folder writable, or run the command in another one.",
        ) from error


def _exists(path: Path) -> InputError:
    return InputError(
        "The file exists already, and negres does not overwrite files. Nothing was written.",
        received=str(path),
        remedy="Choose another name, or move the file.",
    )


def _read(name: str) -> str:
    return resources.files("negres_core.commands").joinpath("templates", name).read_text(encoding="utf-8")


def _test_folder(settings: pytest.Config, here: Path) -> Path:
    """Return the folder for a test: this one, unless pytest looks for tests elsewhere."""
    folders = [settings.rootpath / each for each in settings.getini("testpaths")]
    found = [each for each in folders if each.is_dir()]
    return here if not found or any(here.is_relative_to(each) for each in found) else found[0]


def _to_do(project: Path, own: Path | None, here: Path) -> list[str]:
    """Return what files that exist lack, and negres does not touch."""
    lines = []
    requirements = project / "requirements.txt"
    if "negres" not in _text_of(requirements):
        lines.append(f"list negres, with its backend, in {_shown(requirements, here)}, which the workflow installs")
    if ".negres" not in _text_of(project / ".gitignore"):
        lines.append(f"add the line .negres/ to {_shown(project / '.gitignore', here)}")
    if own is not None and "negres_ledger" not in _text_of(own):
        value = f'"{LEDGER}"' if own.suffix == ".toml" else LEDGER
        section = _SECTIONS.get(own.name, "[pytest]")
        lines.append(f"add negres_ledger = {value} to {section} of {_shown(own, here)}")
    return lines


def _text_of(path: Path) -> str:
    """Return the text of a file; nothing if there is none, or it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _shown(path: Path, here: Path) -> str:
    return show(path.relative_to(here).as_posix() if path.is_relative_to(here) else path)


def _print(what: str, text: str) -> None:
    print(f"{what:<6} {text}")
