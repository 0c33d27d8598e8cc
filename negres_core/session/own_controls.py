"""The controls of a repository's own, which its conftest.py hands over by a hook."""

from __future__ import annotations

from typing import Any

import pytest

from negres_core.errors import InputError


def pytest_negres_controls(config: pytest.Config) -> Any:
    """Return a control of one's own, or a list of them: modules or objects with NAME, WHEN and check(run).

    They run beside the controls of negres in every test below the folder of the conftest.py that defines this hook.
    """


def own_controls_of(item: pytest.Item) -> list[Any]:
    """Return the controls that the hook `pytest_negres_controls` gives for a test.

    Raises:
        InputError: the hook raised an error.
    """
    try:
        given = item.ihook.pytest_negres_controls(config=item.config)
    except Exception as error:
        raise InputError(
            "The hook pytest_negres_controls raised an error, so your own controls are not known.",
            received=f"{type(error).__name__}: {error}",
            remedy="Fix the hook in the conftest.py that defines it; the traceback above shows the line.",
        ) from error
    controls: list[Any] = []
    for each in given:
        controls += each if isinstance(each, list | tuple) else [each]
    return controls
