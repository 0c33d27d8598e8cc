"""A terminal for the documentation: it runs the commands of a page in a folder, pytest and negres in this process."""

from __future__ import annotations

import configparser
import contextlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from negres_core.cli import main, make_parser
from negres_core.commands.settings import QUIET

ROOT = Path(__file__).parents[2]
PROGRAMS = ("git", "ls")
"""Programs that run in a process of their own."""

OPTIONS = ("-p", "no:hypothesispytest", "--negres-controls=cheap")
"""Options of every session. Without small runs it takes a quarter of the time, and prints the same."""

SETTINGS = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "COLUMNS": "100",
}


def words_of(command: str) -> list[str]:
    """Split a command, without the prompt, variables in front and a comment behind.

    >>> words_of("$ KERAS_BACKEND=jax pytest -k 'a or b'    # two tests")
    ['pytest', '-k', 'a or b']
    """
    words = shlex.split(command.removeprefix("$ "), comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        del words[0]
    return words


def check(command: str) -> None:
    """Raise ValueError unless a command, or each one of several joined by `&&`, exists and takes these arguments."""
    if " && " in command:
        for part in command.split(" && "):
            check(part)
        return
    program, *arguments = words_of(command)
    checks = {"pytest": _check_pytest, "negres": _check_negres, "tox": _check_tox, "python": _check_python}
    if program in checks:
        checks[program](arguments)
    elif program not in (*PROGRAMS, "pip", "export"):
        raise ValueError(f"the documentation has an unknown command: {command}")


def run(command: str, folder: Path) -> str:
    """Run a command in a folder; return what it printed, errors included."""
    program, *arguments = words_of(command)
    if program == "pytest":
        return _run_here(lambda: pytest.main([*OPTIONS, *arguments]), folder)
    if program == "negres":
        return _run_here(lambda: main(arguments), folder)
    if program not in PROGRAMS:
        raise ValueError(f"a transcript has a command that cannot be run: {command}")
    settings = os.environ | SETTINGS | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=settings, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.stdout.decode()


def _run_here(function, folder: Path) -> str:
    output = io.StringIO()
    with (
        contextlib.chdir(folder),
        pytest.MonkeyPatch.context() as patch,
        _modules_forgotten(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        for name in (
            "CI",
            "GITHUB_ACTIONS",
            "GITHUB_STEP_SUMMARY",
            "NEGRES_DATA",
            "PYTEST_XDIST_WORKER",
            "PYTEST_ADDOPTS",
        ):
            patch.delenv(name, raising=False)
        # pytest imports test files through a hook and a path of its own.
        patch.setattr(sys, "meta_path", [*sys.meta_path])
        patch.setattr(sys, "path", [*sys.path])
        with contextlib.suppress(SystemExit):
            function()
    return output.getvalue()


@contextlib.contextmanager
def _modules_forgotten(folder: Path) -> Iterator[None]:
    """Forget modules of a folder afterwards: its files change from one session to the next."""
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]


def _check_pytest(arguments: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "meta_path", [*sys.meta_path])
        try:
            pytest.Config.fromdictargs({}, [*QUIET, "--noconftest", "--capture=no", *arguments])
        except pytest.UsageError as error:
            raise ValueError(f"pytest has no such option: {arguments}: {error}") from error


def _check_negres(arguments: list[str]) -> None:
    with contextlib.redirect_stderr(io.StringIO()) as complaint:
        try:
            options, others = make_parser().parse_known_args(arguments)
        except SystemExit as error:
            if error.code:
                raise ValueError(f"negres takes no such arguments: {arguments}: {complaint.getvalue()}") from error
            return
    if others and not options.for_pytest:
        raise ValueError(f"negres {options.command} takes no such arguments: {others}")
    _check_pytest(others)


def _check_tox(arguments: list[str]) -> None:
    ours, _, theirs = " ".join(arguments).partition(" -- ")
    names = ours.removeprefix("-e ").split(",") if ours else []
    settings = configparser.ConfigParser()
    settings.read(ROOT / "tox.ini")
    known = re.findall(r"\w+", " ".join(settings.sections()))
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"tox.ini has no such environments: {unknown}")
    _check_pytest(shlex.split(theirs))


def _check_python(arguments: list[str]) -> None:
    match arguments:
        case ["-m", "pip", "install", *packages]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            named = re.findall(r"(?:negres|\.)\[([\w,]+)\]", " ".join(packages))
            if unknown := set(",".join(named).split(",")) - {"", *extras}:
                raise ValueError(f"negres has no such extras: {unknown}")
        case ["-m", module, *_]:
            if importlib.util.find_spec(module) is None:
                raise ValueError(f"there is no module {module}")
        case [script, *_] if (ROOT / script).exists():
            pass
        case _:
            raise ValueError(f"python cannot run {arguments}")
