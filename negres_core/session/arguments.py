"""Arguments of pytest: an option's value that is also a path must not move pytest's root directory.

Before plugins are loaded, pytest takes every argument that exists as a path for a test to collect, even the value of an
option that it does not know yet, and looks for its root directory and settings there. So `--negres-evidence DIR` and
`--negres-evidence=DIR` would have different roots as soon as DIR exists.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ENVIRONMENT = "PYTEST_ADDOPTS"


def joined(arguments: Sequence[str], *, options: Container[str]) -> list[str]:
    """Return arguments in which options and their values are one, unless the value cannot be taken for a path.

    Examples:
        >>> joined(["--negres-evidence", ".", "-x"], options=["--negres-evidence"])
        ['--negres-evidence=.', '-x']
    """
    result: list[str] = []
    remaining = iter(map(str, arguments))
    for argument in remaining:
        value = next(remaining, None) if argument in options else None
        if value is None:
            result.append(argument)
        elif _exists(value.partition("::")[0]):
            result.append(f"{argument}={value}")
        else:
            result += [argument, value]
    return result


def _exists(path: str) -> bool:
    """Return whether a path exists; a text that is too long for one does not."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def run_again(config: pytest.Config, *, options: Container[str]) -> int | pytest.ExitCode | None:
    """Run pytest with joined arguments and return its exit status; return None if no argument has to be joined."""
    before = list(map(str, config.invocation_params.args))
    arguments = joined(before, options=options)
    added = os.environ.get(ENVIRONMENT, "")
    words = shlex.split(added)
    if arguments == before and joined(words, options=options) == words:
        return None
    with _environment(shlex.join(joined(words, options=options)) if added else None), _released(config):
        return pytest.main(arguments, plugins=config.invocation_params.plugins)


@contextmanager
def _environment(added: str | None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if added is not None:
            patch.setenv(ENVIRONMENT, added)
        yield


@contextmanager
def _released(config: pytest.Config) -> Iterator[None]:
    """Let the output through that pytest has been capturing since it read its arguments."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is None or not capture.is_globally_capturing():
        yield
        return
    capture.suspend_global_capture(in_=True)
    try:
        yield
    finally:
        capture.resume_global_capture()
